//! The shard of a partition key: which of 32 independent lines a fact is followed in.

/// How many shards there are, for ever.
pub const SHARDS: i16 = 32;

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The shard of `partition_key`, from 0 to 31: the 64-bit FNV-1a hash of its UTF-8 bytes, modulo 32.
///
/// Stored with every fact, so it must never change.
pub fn shard_of(partition_key: &str) -> i16 {
    let remainder = fnv1a(FNV_OFFSET, partition_key.as_bytes()) % 32;
    i16::try_from(remainder).unwrap_or_default() // Below 32 by construction.
}

/// A hash of a stream's name, for this process's own bookkeeping.
pub(crate) fn stream_hash(aggregate: &str, id: &str) -> u64 {
    fnv1a(
        fnv1a(fnv1a(FNV_OFFSET, aggregate.as_bytes()), &[0]),
        id.as_bytes(),
    )
}

fn fnv1a(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shard_of_a_key_never_changes() {
        // Golden values: a change here would tear streams out of their lines.
        let golden = [
            ("", 5),
            ("a", 12),
            ("foobar", 8),
            ("00000000-0000-0000-0000-000000000000", 17),
            ("018f2b6e-7b1a-7c3d-9e4f-0123456789ab", 17),
            ("f47ac10b-58cc-4372-a567-0e02b2c3d479", 0),
            ("больной", 2),
        ];
        for (key, shard) in golden {
            assert_eq!(shard_of(key), shard, "{key:?}");
        }
    }

    #[test]
    fn the_hash_is_fnv_1a_as_published() {
        // From the reference test suite of the hash's authors.
        assert_eq!(fnv1a(FNV_OFFSET, b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(FNV_OFFSET, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(FNV_OFFSET, b"foobar"), 0x8594_4171_f739_67e8);
    }

    proptest! {
        #[test]
        fn every_key_has_one_shard_within_bounds(key in ".*") {
            let shard = shard_of(&key);
            prop_assert!((0..SHARDS).contains(&shard));
            prop_assert_eq!(shard, shard_of(&key.clone()));
        }
    }
}

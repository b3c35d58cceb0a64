//! One stored fact as bytes that no other fact has, and their leaf hash.
//!
//! The encoding is injective: columns stand in the order of the table, numbers are big-endian and as wide as their column,
//! each text follows its length in bytes (8 bytes), and the one nullable column follows a byte that says whether it is
//! there. The version is the last byte of the domain: an entry of another version can never be one of this.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::hash::{Hash, LEAF_PREFIX};

/// What every entry begins with: what it is, and in which version.
pub const LEAF_DOMAIN: [u8; 16] = *b"tot.notary.leaf\x01";

/// One row of the table `events`, every column as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow<'a> {
    /// The stored type of its aggregate.
    pub aggregate_type: &'a str,
    /// Which one of them; with the type it names the stream.
    pub aggregate_id: &'a str,
    /// Its number within its stream, from 1.
    pub sequence: i64,
    /// What kind of fact it is.
    pub event_type: &'a str,
    /// In which version of that kind.
    pub event_version: &'a str,
    /// The exact text of the column; never parsed.
    pub payload: &'a str,
    /// The exact text of the column; never parsed.
    pub metadata: &'a str,
    /// Where it stands in the log: dense, from 1.
    pub position: i64,
    /// The shard of its partition key.
    pub shard: i16,
    /// What it is partitioned by.
    pub partition_key: &'a str,
    /// When its batch was committed, in microseconds since the Unix epoch.
    pub recorded_at_us: i64,
    /// The command, on its first fact only.
    pub command_id: Option<Uuid>,
}

/// The leaf hash of a fact: SHA-256 over `0x00` and its [`entry`].
///
/// `previous` is the leaf hash of the fact before it in its stream, [`Hash::ZERO`] for the first.
pub fn leaf_hash(row: &EventRow<'_>, previous: &Hash) -> Hash {
    let mut hasher = Sha256::new_with_prefix([LEAF_PREFIX]);
    write(row, previous, |bytes| hasher.update(bytes));
    Hash::from_bytes(hasher.finalize().into())
}

/// The bytes that [`leaf_hash`] hashes, for those who want to see them.
pub fn entry(row: &EventRow<'_>, previous: &Hash) -> Vec<u8> {
    let mut entry = Vec::new();
    write(row, previous, |bytes| entry.extend_from_slice(bytes));
    entry
}

fn write(row: &EventRow<'_>, previous: &Hash, mut out: impl FnMut(&[u8])) {
    out(&LEAF_DOMAIN);
    write_text(row.aggregate_type, &mut out);
    write_text(row.aggregate_id, &mut out);
    out(&row.sequence.to_be_bytes());
    write_text(row.event_type, &mut out);
    write_text(row.event_version, &mut out);
    write_text(row.payload, &mut out);
    write_text(row.metadata, &mut out);
    out(&row.position.to_be_bytes());
    out(&row.shard.to_be_bytes());
    write_text(row.partition_key, &mut out);
    out(&row.recorded_at_us.to_be_bytes());
    match row.command_id {
        None => out(&[0]),
        Some(id) => {
            out(&[1]);
            out(id.as_bytes());
        }
    }
    out(previous.as_bytes());
}

fn write_text(text: &str, out: &mut impl FnMut(&[u8])) {
    // No usize is wider than 64 bits.
    out(&(text.len() as u64).to_be_bytes());
    out(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A fact that owns its columns.
    #[derive(Clone, Debug, PartialEq)]
    struct Row {
        texts: [String; 7],
        numbers: [i64; 3],
        shard: i16,
        command_id: Option<Uuid>,
        previous: [u8; 32],
    }

    impl Row {
        fn entry(&self) -> Vec<u8> {
            entry(&self.row(), &Hash::from_bytes(self.previous))
        }

        fn row(&self) -> EventRow<'_> {
            let [
                aggregate_type,
                aggregate_id,
                event_type,
                event_version,
                payload,
                metadata,
                partition_key,
            ] = self.texts.each_ref().map(String::as_str);
            let [sequence, position, recorded_at_us] = self.numbers;
            EventRow {
                aggregate_type,
                aggregate_id,
                sequence,
                event_type,
                event_version,
                payload,
                metadata,
                position,
                shard: self.shard,
                partition_key,
                recorded_at_us,
                command_id: self.command_id,
            }
        }
    }

    /// Texts and numbers that look like each other, so that only the lengths keep them apart.
    fn row() -> impl Strategy<Value = Row> {
        let text = proptest::string::string_regex("[\0\u{1}a]{0,2}").unwrap();
        let number = prop_oneof![Just(0_i64), Just(1), Just(-1), any::<i64>()];
        let id = proptest::option::of(any::<u128>().prop_map(Uuid::from_u128));
        (
            proptest::array::uniform7(text),
            proptest::array::uniform3(number),
            any::<i16>(),
            id,
            any::<[u8; 32]>(),
        )
            .prop_map(|(texts, numbers, shard, command_id, previous)| Row {
                texts,
                numbers,
                shard,
                command_id,
                previous,
            })
    }

    fn plain() -> Row {
        Row {
            texts: ["booking", "booking_1", "BookingRequested", "2", "{}", "{ }", "1"].map(str::to_owned),
            numbers: [1, 7, 1_796_000_000_000_001],
            shard: 3,
            command_id: None,
            previous: [0; 32],
        }
    }

    /// Reads an entry back, which is possible because no two facts have the same one.
    fn decode(entry: &[u8]) -> Row {
        let mut rest = entry.strip_prefix(&LEAF_DOMAIN).unwrap();
        let mut take = |count: usize| {
            let (taken, after) = rest.split_at(count);
            rest = after;
            taken
        };
        let text = |take: &mut dyn FnMut(usize) -> Vec<u8>| {
            let length = u64::from_be_bytes(take(8).try_into().unwrap());
            String::from_utf8(take(usize::try_from(length).unwrap())).unwrap()
        };
        let mut take = |count: usize| take(count).to_vec();
        let number = |bytes: Vec<u8>| i64::from_be_bytes(bytes.try_into().unwrap());
        let (aggregate_type, aggregate_id) = (text(&mut take), text(&mut take));
        let sequence = number(take(8));
        let [event_type, event_version, payload, metadata] = std::array::from_fn(|_| text(&mut take));
        let position = number(take(8));
        let shard = i16::from_be_bytes(take(2).try_into().unwrap());
        let partition_key = text(&mut take);
        let recorded_at_us = number(take(8));
        let command_id = (take(1) == [1]).then(|| Uuid::from_slice(&take(16)).unwrap());
        let previous = take(32).try_into().unwrap();
        assert!(rest.is_empty());
        Row {
            texts: [
                aggregate_type,
                aggregate_id,
                event_type,
                event_version,
                payload,
                metadata,
                partition_key,
            ],
            numbers: [sequence, position, recorded_at_us],
            shard,
            command_id,
            previous,
        }
    }

    proptest! {
        #[test]
        fn an_entry_can_be_read_back(row in row()) {
            prop_assert_eq!(decode(&row.entry()), row);
        }

        #[test]
        fn two_facts_have_two_entries(one in row(), other in row()) {
            prop_assert_eq!(one == other, one.entry() == other.entry());
        }

        #[test]
        fn a_leaf_hash_is_that_of_the_entry(row in row()) {
            let hash = leaf_hash(&row.row(), &Hash::from_bytes(row.previous));
            prop_assert_eq!(hash, Hash::of_leaf(&row.entry()));
        }
    }

    #[test]
    fn every_column_is_hashed() {
        let mut rows = vec![plain()];
        let mut changed = |change: &dyn Fn(&mut Row)| {
            let mut row = plain();
            change(&mut row);
            rows.push(row);
        };
        for text in 0..7 {
            changed(&|row| row.texts[text].push(' '));
        }
        for number in 0..3 {
            changed(&|row| row.numbers[number] += 1);
        }
        changed(&|row| row.shard += 1);
        changed(&|row| row.command_id = Some(Uuid::nil()));
        changed(&|row| row.command_id = Some(Uuid::max()));
        changed(&|row| row.previous[31] = 1);
        let hashes = rows.iter().map(|row| Hash::of_leaf(&row.entry()));
        assert_eq!(
            hashes.collect::<std::collections::BTreeSet<_>>().len(),
            rows.len()
        );
    }

    /// A hash that was signed once must come out for ever.
    #[test]
    fn a_known_fact_keeps_its_leaf_hash() {
        let row = Row {
            command_id: Some(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001)),
            ..plain()
        };
        assert_eq!(
            leaf_hash(&row.row(), &Hash::ZERO).to_string(),
            "bca7bb4c5afe91d1a364b83d2df981283b8941fff3d76720c171b358f724c581"
        );
    }
}

//! The leaf hashes that the follower wrote, read back by position.

use std::collections::HashMap;
use std::ops::Range;

use notary::Hash;
use sqlx::PgConnection;

use crate::error::AuditError;

const HASH_BYTES: usize = 32;

/// The leaves of a range of positions as they are stored; where there are none, nothing.
#[derive(Debug)]
pub struct Leaves {
    from: i64,
    /// The hash, the position of the fact before it in its stream, and the noted time.
    stored: Vec<Option<Leaf>>,
    /// Where a row begins within the one before it.
    overlaps: Vec<i64>,
}

/// A row of leaves: its first position, then a hash, a position and a time for each.
type BatchRow = (i64, Vec<u8>, Vec<i64>, Vec<i64>);
/// One of them, by its position.
type LeafRow = (i64, Vec<u8>, Option<i64>, Option<i64>);

/// One leaf as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its hash.
    pub hash: Hash,
    /// The position of the fact before it in its stream; 0 for the first.
    pub previous: i64,
    /// When the fact had been recorded, in microseconds since the Unix epoch.
    pub recorded_us: i64,
}

impl Leaves {
    /// Reads them.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn read(connection: &mut PgConnection, positions: Range<i64>) -> sqlx::Result<Self> {
        let length = usize::try_from(positions.end - positions.start).unwrap_or(0);
        let mut leaves = Self {
            from: positions.start,
            stored: vec![None; length],
            overlaps: Vec::new(),
        };
        let batches: Vec<BatchRow> = sqlx::query_as(
            "select first_position, hashes, previous_positions, recorded_us from notary_leaves \
             where first_position <= $2 and first_position >= coalesce( \
                 (select max(first_position) from notary_leaves where first_position <= $1), $1) \
             order by first_position",
        )
        .bind(positions.start)
        .bind(positions.end)
        .fetch_all(connection)
        .await?;
        let mut end = i64::MIN;
        for (first, hashes, previous, recorded) in batches {
            // One that begins where these positions do is looked at with those before them.
            if first < end && (first > positions.start || positions.start == 1) {
                leaves.overlaps.push(first);
            }
            end = end.max(first.saturating_add(i64::try_from(previous.len()).unwrap_or(i64::MAX)));
            let hashes = hashes.chunks_exact(HASH_BYTES).filter_map(as_hash);
            let hints = previous.into_iter().zip(recorded);
            for ((hash, (previous, recorded_us)), position) in hashes.zip(hints).zip(first..) {
                if let Some(place) = leaves.place(position)
                    && let Some(slot) = leaves.stored.get_mut(place)
                {
                    *slot = Some(Leaf {
                        hash,
                        previous,
                        recorded_us,
                    });
                }
            }
        }
        Ok(leaves)
    }

    /// Where rows begin within those before them, up to the position behind these: rows are dense and disjoint.
    pub fn overlaps(&self) -> &[i64] {
        &self.overlaps
    }

    /// The leaf at a position, if it is one of these and stored.
    pub fn at(&self, position: i64) -> Option<Leaf> {
        self.stored.get(self.place(position)?).copied().flatten()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<Leaf>> {
        self.stored.iter().copied()
    }

    fn place(&self, position: i64) -> Option<usize> {
        usize::try_from(position.checked_sub(self.from)?).ok()
    }
}

/// How many facts have a leaf: the size of the tree.
///
/// # Errors
/// What Postgres answers.
pub async fn size(connection: &mut PgConnection) -> sqlx::Result<i64> {
    let last: Option<i64> = sqlx::query_scalar(
        "select first_position + cardinality(previous_positions) - 1 from notary_leaves \
         order by first_position desc limit 1",
    )
    .fetch_optional(connection)
    .await?;
    Ok(last.unwrap_or(0))
}

/// The leaf hashes at these positions, in one round trip; those that are not stored are left out.
///
/// # Errors
/// What Postgres answers.
pub async fn hashes_at(connection: &mut PgConnection, positions: &[i64]) -> sqlx::Result<HashMap<i64, Hash>> {
    if positions.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<(i64, Vec<u8>)> = sqlx::query_as(
        "select asked.position, substr(l.hashes, ((asked.position - l.first_position) * 32 + 1)::int, 32) \
         from unnest($1::bigint[]) as asked (position) \
         cross join lateral (select first_position, hashes from notary_leaves \
                             where first_position <= asked.position order by first_position desc limit 1) l \
         where (asked.position - l.first_position) * 32 < octet_length(l.hashes)",
    )
    .bind(positions)
    .fetch_all(connection)
    .await?;
    let found = found.into_iter();
    Ok(found
        .filter_map(|(position, bytes)| Some((position, as_hash(&bytes)?)))
        .collect())
}

/// The leaves at these positions with all that is noted of them; those that are not stored are left out.
///
/// # Errors
/// What Postgres answers.
pub async fn at(connection: &mut PgConnection, positions: &[i64]) -> sqlx::Result<HashMap<i64, Leaf>> {
    let found: Vec<LeafRow> = sqlx::query_as(
        "select asked.position, substr(l.hashes, ((asked.position - l.first_position) * 32 + 1)::int, 32), \
                l.previous_positions[asked.position - l.first_position + 1], \
                l.recorded_us[asked.position - l.first_position + 1] \
         from unnest($1::bigint[]) as asked (position) \
         cross join lateral (select * from notary_leaves \
                             where first_position <= asked.position order by first_position desc limit 1) l \
         where (asked.position - l.first_position) * 32 < octet_length(l.hashes)",
    )
    .bind(positions)
    .fetch_all(connection)
    .await?;
    let leaf = |(position, hash, previous, recorded_us): LeafRow| {
        let leaf = Leaf {
            hash: as_hash(&hash)?,
            previous: previous?,
            recorded_us: recorded_us?,
        };
        Some((position, leaf))
    };
    Ok(found.into_iter().filter_map(leaf).collect())
}

/// The leaf hashes of a range, all of them.
///
/// # Errors
/// What Postgres answers, or that one is missing.
pub async fn hashes(connection: &mut PgConnection, positions: Range<i64>) -> Result<Vec<Hash>, AuditError> {
    let (from, to) = (positions.start, positions.end - 1);
    let leaves = Leaves::read(connection, positions).await?;
    let hashes: Option<Vec<Hash>> = leaves.iter().map(|leaf| leaf.map(|leaf| leaf.hash)).collect();
    hashes.ok_or(AuditError::LeavesMissing { from, to })
}

/// 32 bytes as a hash.
pub fn as_hash(bytes: &[u8]) -> Option<Hash> {
    Some(Hash::from_bytes(bytes.try_into().ok()?))
}

//! One range of positions: every row hashed and compared with its leaf, and the leaves' part of the tree.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use notary::tree::NodeId;
use notary::{Frontier, Hash, leaf_hash};
use sqlx::PgConnection;

use crate::leaves::{self, Leaf, Leaves};
use crate::row::{Rows, StoredRow};

/// Two to the power of this many positions make a range: a node of the tree.
pub const RANGE_LEVEL: u8 = 16;
const RANGE: u64 = 1 << RANGE_LEVEL;
/// The level of stored nodes within a range.
const NODE_LEVEL: u8 = 8;
/// So many rows that are not as they were are looked at closely; beyond, they are counted.
pub const SUSPECTS_MAX: usize = 2_000;
/// After so many rows the progress is told.
const TELL_EVERY: u64 = 1_024;

/// What is not as it was, before anybody knows why.
#[derive(Debug, Default)]
pub struct Suspects {
    /// Hashed positions without a row.
    pub missing: Vec<i64>,
    /// Rows that do not have the leaf hash of their position.
    pub mismatched: Vec<StoredRow>,
    /// Rows where none can be: below the first position, or twice at one.
    pub extra: Vec<StoredRow>,
    /// Rows behind a hole in what is not hashed: facts of elsewhere, or genuine ones.
    pub behind_hole: Vec<StoredRow>,
    /// Rows without a position.
    pub unplaced: Vec<StoredRow>,
    /// Rows as they were hashed, recorded before the one before them.
    pub out_of_order: Vec<i64>,
    /// Hashed positions whose leaves are gone: from, to.
    pub without_leaf: Vec<(i64, i64)>,
    /// Where rows of leaves begin within those before them.
    pub overlapping: Vec<i64>,
    /// Facts as they were hashed, beside whose hash another time is noted.
    pub noted_otherwise: Vec<i64>,
    /// Stored nodes that are gone or not the ones above the leaves.
    pub nodes: Vec<NodeId>,
    /// How many more there were.
    pub more: u64,
}

/// What came of a range.
pub struct RangeResult {
    /// Which one.
    pub number: u64,
    /// Rows read.
    pub rows: u64,
    /// What is not as it was.
    pub suspects: Suspects,
    /// The tree of the range's leaves.
    pub frontier: Frontier,
    /// Its root hash when only as many leaves were there as a head covers, by the head's size, ascending.
    pub at_heads: Vec<(u64, Hash)>,
}

/// The part of the tree that the range is; the tree has `size` leaves.
pub fn positions(number: u64, size: u64) -> Range<i64> {
    let from = number * RANGE;
    let until = size.min(from.saturating_add(RANGE));
    position(from)..position(until)
}

/// How many ranges there are.
pub const fn count(size: u64) -> u64 {
    size.div_ceil(RANGE)
}

fn position(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX - 1) + 1
}

/// Verifies a range of the tree of `size` leaves; `heads` are the sizes of heads, ascending.
///
/// # Errors
/// What Postgres answers.
pub async fn verify_range(
    connection: &mut PgConnection,
    number: u64,
    size: u64,
    heads: &[u64],
    done: &AtomicU64,
) -> sqlx::Result<RangeResult> {
    let positions = positions(number, size);
    let leaves = Leaves::read(connection, positions.clone()).await?;
    let outside: Vec<i64> = leaves
        .iter()
        .flatten()
        .map(|leaf| leaf.previous)
        .filter(|previous| *previous > 0 && !positions.contains(previous))
        .collect();
    let before = leaves::hashes_at(connection, &outside).await?;
    // When the row before the first was recorded as it was hashed: it may have been changed since.
    let last = leaves::at(connection, &[positions.start - 1]).await?;
    let mut comparison = Comparison {
        positions: positions.clone(),
        leaves: &leaves,
        before: &before,
        expected: positions.start,
        last_us: last.values().next().map_or(i64::MIN, |leaf| leaf.recorded_us),
        suspects: Suspects::default(),
    };
    // The first range looks below the first position.
    let from = if number == 0 { i64::MIN } else { positions.start };
    let (mut rows, mut read) = (Rows::between(connection, from..positions.end).await?, 0);
    while let Some(row) = rows.next().await? {
        comparison.compare(row);
        read += 1;
        if read % TELL_EVERY == 0 {
            done.fetch_add(TELL_EVERY, Ordering::Relaxed);
        }
    }
    drop(rows);
    done.fetch_add(read % TELL_EVERY, Ordering::Relaxed);
    comparison.missing_until(positions.end);
    let mut suspects = comparison.suspects;
    for first in leaves.overlaps() {
        keep(&mut suspects.overlapping, *first, &mut suspects.more);
    }
    let (frontier, at_heads, nodes) = tree(&leaves, number, heads, &mut suspects);
    compare_nodes(connection, number, &nodes, &mut suspects).await?;
    Ok(RangeResult {
        number,
        rows: read,
        suspects,
        frontier,
        at_heads,
    })
}

/// The rows of a range beside their leaves.
struct Comparison<'a> {
    positions: Range<i64>,
    leaves: &'a Leaves,
    before: &'a HashMap<i64, Hash>,
    expected: i64,
    /// The time of the last row that is as it was.
    last_us: i64,
    suspects: Suspects,
}

impl Comparison<'_> {
    fn compare(&mut self, row: StoredRow) {
        let Some(position) = row.position() else {
            return; // Looked for by itself.
        };
        if position < self.expected {
            return keep(&mut self.suspects.extra, row, &mut self.suspects.more);
        }
        self.missing_until(position);
        self.expected = position + 1;
        let Some(leaf) = self.leaves.at(position) else {
            return; // Told of the leaves.
        };
        match row.columns() {
            Ok(columns)
                if self
                    .previous(&leaf)
                    .is_some_and(|previous| leaf_hash(&columns, &previous) == leaf.hash) =>
            {
                if columns.recorded_at_us < self.last_us {
                    keep(&mut self.suspects.out_of_order, position, &mut self.suspects.more);
                }
                self.last_us = columns.recorded_at_us;
                if columns.recorded_at_us != leaf.recorded_us {
                    keep(
                        &mut self.suspects.noted_otherwise,
                        position,
                        &mut self.suspects.more,
                    );
                }
            }
            Ok(_) | Err(_) => keep(&mut self.suspects.mismatched, row, &mut self.suspects.more),
        }
    }

    /// The hash of the leaf before this one in its stream.
    fn previous(&self, leaf: &Leaf) -> Option<Hash> {
        match leaf.previous {
            0 => Some(Hash::ZERO),
            inside if self.positions.contains(&inside) => self.leaves.at(inside).map(|leaf| leaf.hash),
            outside => self.before.get(&outside).copied(),
        }
    }

    fn missing_until(&mut self, position: i64) {
        while self.expected < position {
            keep(&mut self.suspects.missing, self.expected, &mut self.suspects.more);
            self.expected += 1;
        }
    }
}

/// Keeps a suspect, or counts it where there are too many.
pub fn keep<T>(kept: &mut Vec<T>, suspect: T, more: &mut u64) {
    if kept.len() < SUSPECTS_MAX {
        kept.push(suspect);
    } else {
        *more += 1;
    }
}

type Tree = (Frontier, Vec<(u64, Hash)>, Vec<(NodeId, Hash)>);

/// The tree over the stored leaves: at its end, at each head, and its nodes that should be stored.
fn tree(leaves: &Leaves, number: u64, heads: &[u64], suspects: &mut Suspects) -> Tree {
    let from = number * RANGE;
    let (mut frontier, mut at_heads, mut nodes) = (Frontier::default(), Vec::new(), Vec::new());
    let mut gap: Option<(i64, i64)> = None;
    for (leaf, position) in leaves.iter().zip(position(from)..) {
        if leaf.is_none() {
            gap = Some((gap.map_or(position, |(first, _)| first), position));
        }
        // One that is gone makes every root above it wrong, which is told as such.
        let hash = leaf.map_or(Hash::ZERO, |leaf| leaf.hash);
        frontier.append(hash, |id, hash| {
            if id.level == NODE_LEVEL {
                let index = (from >> NODE_LEVEL) + id.index;
                nodes.push((NodeId { index, ..id }, hash));
            }
        });
        let size = from + frontier.size();
        if heads.binary_search(&size).is_ok() {
            at_heads.push((size, frontier.root()));
        }
    }
    suspects.without_leaf.extend(gap);
    (frontier, at_heads, nodes)
}

async fn compare_nodes(
    connection: &mut PgConnection,
    number: u64,
    nodes: &[(NodeId, Hash)],
    suspects: &mut Suspects,
) -> sqlx::Result<()> {
    if !suspects.without_leaf.is_empty() {
        return Ok(());
    }
    let first = i64::try_from((number * RANGE) >> NODE_LEVEL).unwrap_or(i64::MAX);
    let stored: HashMap<i64, Vec<u8>> = sqlx::query_as(
        "select index, hash from notary_nodes where level = $1 and index >= $2 and index < $2 + $3",
    )
    .bind(i16::from(NODE_LEVEL))
    .bind(first)
    .bind(i64::try_from(RANGE >> NODE_LEVEL).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?
    .into_iter()
    .collect();
    for (id, hash) in nodes {
        let index = i64::try_from(id.index).unwrap_or(i64::MAX);
        if stored
            .get(&index)
            .is_none_or(|stored| stored.as_slice() != hash.as_bytes())
        {
            keep(&mut suspects.nodes, *id, &mut suspects.more);
        }
    }
    Ok(())
}

impl Suspects {
    /// Takes those of another range, which comes later, in.
    pub fn absorb(&mut self, later: Self) {
        fn all<T>(kept: &mut Vec<T>, later: Vec<T>, more: &mut u64) {
            for suspect in later {
                keep(kept, suspect, more);
            }
        }
        self.more += later.more;
        all(&mut self.missing, later.missing, &mut self.more);
        all(&mut self.mismatched, later.mismatched, &mut self.more);
        all(&mut self.extra, later.extra, &mut self.more);
        all(&mut self.behind_hole, later.behind_hole, &mut self.more);
        all(&mut self.unplaced, later.unplaced, &mut self.more);
        all(&mut self.out_of_order, later.out_of_order, &mut self.more);
        all(&mut self.without_leaf, later.without_leaf, &mut self.more);
        all(&mut self.overlapping, later.overlapping, &mut self.more);
        all(&mut self.noted_otherwise, later.noted_otherwise, &mut self.more);
        all(&mut self.nodes, later.nodes, &mut self.more);
    }
}

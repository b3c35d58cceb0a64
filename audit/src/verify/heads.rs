//! The heads against the tree that was recomputed: stored ones, and those that somebody outside kept.

use std::collections::{BTreeMap, HashMap};

use notary::tree::NodeId;
use notary::{Frontier, Hash, SignedTreeHead};
use sqlx::PgConnection;
use uuid::Uuid;

use super::VerifyOptions;
use super::finding::{Finding, Kind};
use super::range::RANGE_LEVEL;
use crate::leaves;
use crate::nodes::is_stored;

/// The heads to be looked at, and the tree as it grows range by range.
pub struct HeadCheck {
    /// By size: what it says, and whether somebody outside kept it.
    heads: BTreeMap<u64, Vec<(SignedTreeHead, bool)>>,
    size: u64,
    /// The complete subtrees so far, greatest first: the level and hash of each.
    peaks: Vec<(NodeId, Hash)>,
    completed: Vec<(NodeId, Hash)>,
    ranges: u64,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The largest head that holds.
    pub signed: u64,
    /// The largest head that holds and that somebody outside kept.
    pub witnessed: u64,
    /// How many heads there are.
    pub count: u64,
    /// Heads of other logs.
    pub other_heads: u64,
}

impl HeadCheck {
    /// Reads the heads and believes those that a trusted key signed.
    pub fn of(stored: &[(i64, String)], options: &VerifyOptions, log_id: Uuid, size: u64) -> Self {
        let mut check = Self {
            heads: BTreeMap::new(),
            size,
            peaks: Vec::new(),
            completed: Vec::new(),
            ranges: 0,
            findings: Vec::new(),
            signed: 0,
            witnessed: 0,
            count: 0,
            other_heads: 0,
        };
        for (named, text) in stored {
            match serde_json::from_str::<SignedTreeHead>(text) {
                Ok(head) if i64::try_from(head.unverified().tree_size) == Ok(*named) => {
                    check.add(head, false, options);
                }
                Ok(_) | Err(_) => {
                    let detail = format!("the stored head of {named} facts cannot be read");
                    check
                        .findings
                        .push(Finding::of_tree(Kind::HeadUnreadable, detail));
                }
            }
        }
        for head in &options.witnessed {
            if head.unverified().log_id == log_id {
                check.add(*head, true, options);
            } else {
                check.other_heads += 1;
            }
        }
        check
    }

    fn add(&mut self, head: SignedTreeHead, outside: bool, options: &VerifyOptions) {
        self.count += 1;
        let size = head.unverified().tree_size;
        let source = source(outside);
        if let Some(first) = options.keys.first() {
            let named = options.keys.iter().find(|key| key.id() == head.key_id());
            if let Err(refusal) = head.verify(named.unwrap_or(first)) {
                let detail = format!("the {source} head of {size} facts: {refusal}");
                self.findings
                    .push(Finding::of_tree(Kind::HeadNotBelieved, detail));
                return;
            }
        }
        if size > self.size {
            let hashed = self.size;
            let detail = format!("a {source} head covers {size} facts, but only {hashed} are hashed");
            self.findings.push(Finding::of_tree(Kind::HeadBeyond, detail));
            return;
        }
        self.heads.entry(size).or_default().push((head, outside));
        if size == 0 {
            self.judge(0, Hash::of_nothing());
        }
    }

    /// The sizes at which the tree is asked for its root, ascending.
    pub fn sizes(&self) -> Vec<u64> {
        self.heads.keys().copied().collect()
    }

    /// Takes the next range in: its tree, and that tree at each head within.
    pub fn take(&mut self, frontier: &Frontier, at_heads: HashMap<u64, Frontier>) {
        let mut at_heads: Vec<(u64, Frontier)> = at_heads.into_iter().collect();
        at_heads.sort_by_key(|(size, _)| *size);
        let whole = frontier.size() == 1 << RANGE_LEVEL;
        for (size, within) in &at_heads {
            if whole && within.size() == frontier.size() {
                continue; // Once the range is a node.
            }
            let before = self.peaks.iter().map(|(_, hash)| *hash);
            let peaks = before.chain(within.peaks().iter().copied()).collect();
            let root = Frontier::from_peaks(*size, peaks).map(|frontier| frontier.root());
            self.judge(*size, root.unwrap_or(Hash::ZERO));
        }
        if !whole {
            return;
        }
        let id = NodeId {
            level: RANGE_LEVEL,
            index: self.ranges,
        };
        self.push(id, frontier.root());
        self.ranges += 1;
        let size = self.ranges << RANGE_LEVEL;
        if at_heads.last().is_some_and(|(last, _)| *last == size) {
            let peaks = self.peaks.iter().map(|(_, hash)| *hash).collect();
            let root = Frontier::from_peaks(size, peaks).map(|frontier| frontier.root());
            self.judge(size, root.unwrap_or(Hash::ZERO));
        }
    }

    /// Puts the node of a range behind those before it, and joins what it completes.
    fn push(&mut self, id: NodeId, hash: Hash) {
        let (mut id, mut hash) = (id, hash);
        self.completed.push((id, hash));
        while id.index % 2 == 1
            && let Some((_, left)) = self.peaks.pop()
        {
            hash = Hash::of_node(&left, &hash);
            id = NodeId {
                level: id.level + 1,
                index: id.index / 2,
            };
            self.completed.push((id, hash));
        }
        self.peaks.push((id, hash));
    }

    fn judge(&mut self, size: u64, root: Hash) {
        for (head, outside) in self.heads.get(&size).into_iter().flatten() {
            if head.unverified().root_hash == root {
                self.signed = self.signed.max(size);
                if *outside {
                    self.witnessed = self.witnessed.max(size);
                }
            } else {
                let signed = self.signed;
                let detail = format!(
                    "the {} head of {size} facts says another root hash: something among the positions from {} to {size} was \
                     changed together with its hashes",
                    source(*outside),
                    signed + 1
                );
                self.findings
                    .push(Finding::of_tree(Kind::HeadContradicted, detail));
            }
        }
    }

    /// Compares the nodes above ranges with the stored ones.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn compare_nodes(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let rows: Vec<(i16, i64, Vec<u8>)> =
            sqlx::query_as("select level, index, hash from notary_nodes where level >= $1")
                .bind(i16::from(RANGE_LEVEL))
                .fetch_all(connection)
                .await?;
        let key = |(level, index, hash): (i16, i64, Vec<u8>)| ((level, index), leaves::as_hash(&hash));
        let stored: HashMap<(i16, i64), Option<Hash>> = rows.into_iter().map(key).collect();
        for (id, hash) in self.completed.iter().filter(|(id, _)| is_stored(*id)) {
            let key = (i16::from(id.level), i64::try_from(id.index).unwrap_or(i64::MAX));
            if stored.get(&key).copied().flatten() != Some(*hash) {
                self.findings.push(node_changed(*id));
            }
        }
        Ok(())
    }
}

const fn source(outside: bool) -> &'static str {
    if outside { "witnessed" } else { "stored" }
}

/// That a stored node is not the one above the leaves.
pub fn node_changed(id: NodeId) -> Finding {
    let NodeId { level, index } = id;
    let position = |leaf: u64| i64::try_from(leaf).unwrap_or(i64::MAX);
    let (first, last) = (position((index << level) + 1), position((index + 1) << level));
    let detail = format!(
        "the stored node at level {level}, index {index} is not the one above the leaf hashes of the positions from {first} to \
         {last}"
    );
    Finding::at(Kind::NodeChanged, first, detail).with_other(last)
}

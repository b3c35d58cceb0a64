//! The heads against the tree that was recomputed: stored ones, and those that somebody outside kept.
//!
//! A head of another log counts like one of this log when a trusted key signed it: a database that was restored or cloned begins with
//! the past that it had under another name, and one that was rewritten and renamed does not. Only whoever verifies can say which of
//! both it is, see [`FormerLog`].

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use notary::tree::NodeId;
use notary::{Frontier, Hash, HeadRefusal, PublicKey, SignedTreeHead};
use sqlx::PgConnection;
use uuid::Uuid;

use super::VerifyOptions;
use super::finding::{Finding, Kind};
use super::other_logs::{self, FormerLog, OtherLog};
use super::range::{RANGE_LEVEL, SUSPECTS_MAX};
use crate::error::AuditError;
use crate::heads_file::each_head;
use crate::leaves;
use crate::nodes::is_stored;

/// The heads to be looked at, and the tree as it grows range by range.
pub struct HeadCheck {
    log_id: Uuid,
    keys: Vec<PublicKey>,
    former: Vec<FormerLog>,
    /// What the database says of itself, which is told and not believed.
    claimed: Vec<FormerLog>,
    /// By size, once all are there.
    heads: Vec<Kept>,
    /// The complete subtrees so far, greatest first: the level and hash of each.
    peaks: Vec<(NodeId, Hash)>,
    completed: Vec<(NodeId, Hash)>,
    ranges: u64,
    /// What was found.
    pub findings: Vec<Finding>,
    /// How much more was found.
    pub more: u64,
    /// The largest head that holds.
    pub signed: u64,
    /// The largest head that holds and that somebody outside kept.
    pub witnessed: u64,
    /// How many heads of this log, or of one that was named as a former one, somebody outside kept.
    pub known_outside: u64,
    /// How many heads there are.
    pub count: u64,
    /// Heads of other logs that somebody outside kept, whoever signed them.
    pub other_heads: u64,
    /// The other logs by a trusted key, by their identity.
    pub other_logs: BTreeMap<Uuid, OtherLog>,
}

/// What is kept of a head: there may be one for each minute of years.
#[derive(Clone, Copy)]
struct Kept {
    size: u64,
    root: Hash,
    log_id: Uuid,
    /// Whether somebody outside kept it.
    outside: bool,
    /// Whether it need not hold.
    given_up: bool,
}

impl HeadCheck {
    /// Believes what a trusted key signed.
    pub fn new(options: &VerifyOptions, log_id: Uuid) -> Self {
        let mut check = Self {
            log_id,
            keys: options.keys.clone(),
            former: options.former_logs.clone(),
            claimed: Vec::new(),
            heads: Vec::new(),
            peaks: Vec::new(),
            completed: Vec::new(),
            ranges: 0,
            findings: Vec::new(),
            more: 0,
            signed: 0,
            witnessed: 0,
            known_outside: 0,
            count: 0,
            other_heads: 0,
            other_logs: BTreeMap::new(),
        };
        for head in &options.witnessed {
            check.add(head, true);
        }
        check
    }

    /// Takes in the heads of files, one at a time.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn read_files(mut self, paths: Vec<PathBuf>) -> Result<Self, AuditError> {
        let reading = tokio::task::spawn_blocking(move || {
            for path in paths {
                each_head(&path, |head| self.add(&head, true))?;
            }
            Ok(self)
        });
        reading.await.map_err(AuditError::Interrupted)?
    }

    /// Takes in which logs the database says that it comes from.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn read_claims(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        self.claimed = other_logs::claimed(connection).await?;
        Ok(())
    }

    /// Takes in the stored heads, one at a time.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn read_stored(&mut self, connection: &mut PgConnection) -> sqlx::Result<()> {
        let read = |named: i64, text: &str| match serde_json::from_str::<SignedTreeHead>(text) {
            Ok(head) if i64::try_from(head.unverified().tree_size) == Ok(named) => self.add(&head, false),
            Ok(_) | Err(_) => {
                let detail = format!("the stored head of {named} facts cannot be read");
                self.tell(Finding::of_tree(Kind::HeadUnreadable, detail));
            }
        };
        crate::heads::each_text(connection, read).await
    }

    fn add(&mut self, head: &SignedTreeHead, outside: bool) {
        let said = head.unverified();
        let (size, log_id) = (said.tree_size, said.log_id);
        let is_other = log_id != self.log_id;
        self.other_heads += u64::from(is_other && outside);
        if !self.keys.is_empty()
            && let Err(refusal) = head.verify_with_one_of(&self.keys)
        {
            let is_foreign = is_other && outside && matches!(refusal, HeadRefusal::AnotherKey { .. });
            if !is_foreign {
                self.count += 1;
                let detail = format!("the {} head of {size} facts: {refusal}", source(outside));
                self.tell(Finding::of_tree(Kind::HeadNotBelieved, detail));
            }
            return;
        }
        self.count += 1;
        let named = self.former.iter().find(|former| former.log_id == log_id);
        self.known_outside += u64::from(outside && (!is_other || named.is_some()));
        let given_up = named.is_some_and(|former| outside && former.gave_up(size));
        if is_other {
            let named = named.is_some();
            let log = self.other_logs.entry(log_id);
            log.or_insert_with(|| OtherLog::new(log_id, named)).heads += 1;
        }
        self.heads.push(Kept {
            size,
            root: said.root_hash,
            log_id,
            outside,
            given_up,
        });
    }

    /// Judges those that the tree of `size` leaves cannot, once all heads are there.
    pub fn begin(&mut self, size: u64) {
        self.heads.sort_by_key(|head| (head.size, head.outside));
        let within = self.heads.partition_point(|head| head.size <= size);
        for head in self.heads.split_off(within) {
            let Kept { size: covers, .. } = head;
            let detail = format!(
                "a {} covers {covers} facts, but only {size} are hashed",
                self.describe(&head)
            );
            self.contradicted(&head, Kind::HeadBeyond, detail);
        }
        self.judge(0, Hash::of_nothing());
    }

    /// The sizes at which the tree is asked for its root, ascending.
    pub fn sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> = self.heads.iter().map(|head| head.size).collect();
        sizes.dedup();
        sizes
    }

    /// Takes the next range in: its tree, and the root hash that this tree had at each head within.
    pub fn take(&mut self, frontier: &Frontier, at_heads: &[(u64, Hash)]) {
        for (size, within) in at_heads {
            // The smallest subtrees are joined first.
            let before = self.peaks.iter().rev();
            let root = before.fold(*within, |right, (_, left)| Hash::of_node(left, &right));
            self.judge(*size, root);
        }
        if frontier.size() == 1 << RANGE_LEVEL {
            let id = NodeId {
                level: RANGE_LEVEL,
                index: self.ranges,
            };
            self.push(id, frontier.root());
            self.ranges += 1;
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
        let from = self.heads.partition_point(|head| head.size < size);
        let until = self.heads.partition_point(|head| head.size <= size);
        for place in from..until {
            let Some(head) = self.heads.get(place).copied() else {
                return;
            };
            if head.root == root {
                self.signed = self.signed.max(size);
                if head.outside {
                    self.witnessed = self.witnessed.max(size);
                }
                if let Some(other) = self.other_logs.get_mut(&head.log_id) {
                    other.held = other.held.max(size);
                }
                continue;
            }
            let detail = format!(
                "the {} of {size} facts says another root hash: something among the positions from {} to {size} was changed \
                 together with its hashes",
                self.describe(&head),
                self.signed + 1
            );
            self.contradicted(&head, Kind::HeadContradicted, detail);
        }
    }

    /// A head that does not hold.
    fn contradicted(&mut self, head: &Kept, kind: Kind, detail: String) {
        if let Some(other) = self.other_logs.get_mut(&head.log_id) {
            other.not_held += 1;
        }
        if head.given_up {
            return;
        }
        let claim = self.claimed.iter().find(|claim| claim.log_id == head.log_id);
        let former = match claim {
            _ if head.log_id == self.log_id => String::new(),
            Some(claim) => format!(
                "; the database says that it was restored or cloned from it: `--former-log {claim}` if somebody knows of that"
            ),
            None => format!(
                "; `--former-log {}@<position>` if the database was restored to that position, or is a clone of it",
                head.log_id
            ),
        };
        self.tell(Finding::of_tree(kind, detail + &former));
    }

    fn describe(&self, head: &Kept) -> String {
        let source = source(head.outside);
        if head.log_id == self.log_id {
            format!("{source} head")
        } else {
            format!("{source} head of the log {}", head.log_id)
        }
    }

    fn tell(&mut self, finding: Finding) {
        if self.findings.len() < SUSPECTS_MAX {
            self.findings.push(finding);
        } else {
            self.more += 1;
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
        for (id, hash) in std::mem::take(&mut self.completed) {
            let key = (i16::from(id.level), i64::try_from(id.index).unwrap_or(i64::MAX));
            if is_stored(id) && stored.get(&key).copied().flatten() != Some(hash) {
                self.tell(node_changed(id));
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

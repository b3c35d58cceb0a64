//! What a verification found, by name.

use serde::Serialize;

/// What is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The fact at this position has other bytes than were hashed.
    Changed,
    /// The fact at this position has another time than was hashed, and all else is as it was.
    Backdated,
    /// The fact of this position is gone.
    Dropped,
    /// A fact stands at this position that was never hashed.
    Inserted,
    /// The facts of these two positions stand in each other's place.
    Swapped,
    /// The fact of this position stands at another one.
    Moved,
    /// A position behind the hashed ones has no fact.
    Hole,
    /// The fact at this position was recorded before the one before it.
    OutOfOrder,
    /// The fact at this position is not the next of its stream.
    NoPredecessor,
    /// The same number of a stream stands at this position and at another one.
    Duplicate,
    /// Leaf hashes are gone.
    LeavesMissing,
    /// A row of leaf hashes begins within the one before it.
    LeavesOverlap,
    /// What is noted beside a leaf hash is not what the fact says that has this hash.
    LeafChanged,
    /// A stored node is not the one above the leaves.
    NodeChanged,
    /// A stored head cannot be read.
    HeadUnreadable,
    /// A head is not the trusted notary's.
    HeadNotBelieved,
    /// A head says another root hash than the leaves have.
    HeadContradicted,
    /// A head covers more facts than are hashed.
    HeadBeyond,
}

/// The place of a fact in its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamPlace {
    /// The stored type of its aggregate.
    pub aggregate_type: String,
    /// Which one of them.
    pub aggregate_id: String,
    /// Its number within its stream.
    pub sequence: i64,
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// Where; of a range the first position.
    pub position: Option<i64>,
    /// Where it ends, or the other position.
    pub other: Option<i64>,
    /// Whose fact it is, as far as it can be told.
    pub stream: Option<StreamPlace>,
    /// In words.
    pub detail: String,
}

impl Finding {
    /// A finding at a position.
    pub fn at(kind: Kind, position: i64, detail: impl Into<String>) -> Self {
        Self {
            kind,
            position: Some(position),
            other: None,
            stream: None,
            detail: detail.into(),
        }
    }

    /// The same, up to or with another position.
    #[must_use]
    pub fn with_other(self, other: i64) -> Self {
        Self {
            other: Some(other),
            ..self
        }
    }

    /// The same, of a fact whose place in its stream is known.
    #[must_use]
    pub fn of(self, stream: Option<StreamPlace>) -> Self {
        Self { stream, ..self }
    }

    /// A finding about a head or the tree.
    pub fn of_tree(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            position: None,
            other: None,
            stream: None,
            detail: detail.into(),
        }
    }
}

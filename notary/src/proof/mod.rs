//! The proof file: the facts of one booking and all that a stranger needs to check them, but for the key to trust.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::hash::{Hash, deserialize_maybe_uuid};
use crate::head::{HeadRefusal, SignedTreeHead, TreeHead};
use crate::key::PublicKey;
use crate::leaf::EventRow;
use crate::tree::InclusionRefusal;

mod check;
#[cfg(test)]
mod tests;

pub use check::check;

/// The versions of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// The one that this crate writes.
    #[default]
    #[serde(rename = "tot-proof/1")]
    V1,
}

/// The file. Its fields stand in the crate's page; nothing of it is believed before [`check`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFile {
    /// Its version.
    pub form: Form,
    /// What the notary says of the log that the facts are in.
    pub head: SignedTreeHead,
    /// The key that the head was signed with: a hint for finding the trusted one, never the trusted one.
    #[serde(deserialize_with = "deserialize_named_key")]
    pub public_key: PublicKey,
    /// Whole streams, the facts of all of them in the order of their positions.
    pub facts: Vec<FactProof>,
}

/// One fact, its place in its stream and in the tree. Columns are named after the table's; times end in their unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the columns of the table `events`, see `EventRow`")]
pub struct FactProof {
    pub position: i64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub metadata: String,
    pub shard: i16,
    pub partition_key: String,
    pub recorded_at_us: i64,
    #[serde(deserialize_with = "deserialize_maybe_uuid")]
    pub command_id: Option<Uuid>,
    /// The leaf hash of the fact before it in its stream; zeros for the first.
    pub previous_leaf_hash: Hash,
    /// Its own leaf hash, stated so that a checker can tell changed bytes from a wrong path.
    pub leaf_hash: Hash,
    /// `PATH(position - 1, D[tree size])`, leaf first.
    pub inclusion_path: Vec<Hash>,
}

/// Of all that may be no JSON of ours, a key with one wrong digit looks most like the file's form were unknown: it is named.
fn deserialize_named_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
    PublicKey::deserialize(deserializer)
        .map_err(|error| serde::de::Error::custom(format!("its public_key is no key of a notary ({error})")))
}

impl ProofFile {
    /// The text of the file.
    ///
    /// # Errors
    /// Never for a file that exists; the encoder's signature has one.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

impl FactProof {
    /// The proof of a stored fact.
    pub fn new(row: &EventRow<'_>, previous_leaf_hash: Hash, inclusion_path: Vec<Hash>) -> Self {
        Self {
            position: row.position,
            aggregate_type: row.aggregate_type.to_owned(),
            aggregate_id: row.aggregate_id.to_owned(),
            sequence: row.sequence,
            event_type: row.event_type.to_owned(),
            event_version: row.event_version.to_owned(),
            payload: row.payload.to_owned(),
            metadata: row.metadata.to_owned(),
            shard: row.shard,
            partition_key: row.partition_key.to_owned(),
            recorded_at_us: row.recorded_at_us,
            command_id: row.command_id,
            previous_leaf_hash,
            leaf_hash: crate::leaf_hash(row, &previous_leaf_hash),
            inclusion_path,
        }
    }

    /// Its columns.
    pub fn row(&self) -> EventRow<'_> {
        EventRow {
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
            position: self.position,
            shard: self.shard,
            partition_key: &self.partition_key,
            recorded_at_us: self.recorded_at_us,
            command_id: self.command_id,
        }
    }

    fn name(&self) -> FactName {
        FactName {
            position: self.position,
            aggregate_type: self.aggregate_type.clone(),
            aggregate_id: self.aggregate_id.clone(),
            sequence: self.sequence,
        }
    }
}

/// What a file was shown to prove: these facts stand in this log, at these places, and nothing is missing between them.
/// That a stream ends there is not shown: a later fact may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What the trusted notary says of the log.
    pub head: TreeHead,
    /// Each stream, by its name.
    pub streams: Vec<CheckedStream>,
}

/// A stream whose facts were proven from the first on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedStream {
    /// The stored type of its aggregate.
    pub aggregate_type: String,
    /// Which one of them.
    pub aggregate_id: String,
    /// How many facts were proven: those with the sequence numbers 1 to this.
    pub last_sequence: i64,
    /// Where the last of them stands in the log.
    pub last_position: i64,
}

/// Which fact a refusal is about, as the file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns of the table `events`, see `EventRow`")]
pub struct FactName {
    pub position: i64,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
}

impl fmt::Display for FactName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            position,
            aggregate_type,
            aggregate_id,
            sequence,
        } = self;
        write!(
            formatter,
            "the fact at position {position} (number {sequence} of {aggregate_type} {aggregate_id})"
        )
    }
}

/// Why a file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofRefusal {
    /// No JSON of a version that this checker knows.
    #[error("the file is in no form that this checker understands")]
    NotUnderstood(#[source] serde_json::Error),
    /// The head is not one of the trusted notary: another key, or a wrong signature.
    #[error("the tree head is not to be believed")]
    Head(#[from] HeadRefusal),
    /// The head is the trusted notary's, but the file names another key beside it.
    #[error("the file names another public key than its head was signed with")]
    MisleadingKey,
    /// There is no fact in it.
    #[error("the file holds no fact")]
    NoFacts,
    /// The first fact, in the order of the file, that is not proven.
    #[error("{fact} is not proven")]
    NotProven {
        /// Which one.
        fact: FactName,
        /// What it lacks.
        #[source]
        why: NotProven,
    },
}

/// Why one fact is not proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotProven {
    /// It does not follow the fact before it in the file: repeated, or in another order.
    #[error("facts stand in the order of their positions, and the one before it is at {before}")]
    OutOfOrder {
        /// The position of the fact before it in the file.
        before: i64,
    },
    /// One or more facts of its stream before it are not in the file.
    #[error("number {expected} of its stream is missing before it")]
    MissingSequence {
        /// The number that should have come.
        expected: i64,
    },
    /// It does not name the leaf hash of the fact before it in its stream.
    #[error("it does not follow the fact before it in its stream")]
    ChainBroken,
    /// Its columns and its previous leaf hash do not have the leaf hash that the file states.
    #[error("its bytes were changed: they have another leaf hash")]
    BytesChanged,
    /// Its leaf hash is not in the tree at its position, or there is no such position.
    #[error("its path does not lead to the signed root hash")]
    WrongPath(#[source] InclusionRefusal),
}

//! What can go wrong while the log is hashed, signed, verified or proven, as opposed to what is found.

use event_store::LogError;
use notary::tree::{ConsistencyRefusal, FrontierError, RangeError};
use notary::{HeadRefusal, ProofRefusal};

use crate::heads_lines::HeadsFileError;
use crate::row::RowError;

/// An error of the audit.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("the database cannot be used")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is numbered 1, 2, 3 …; whoever hashes it does not go on behind a hole.
    #[error("the log has no fact at position {expected}; the next one is at {found}")]
    Hole { expected: i64, found: i64 },
    #[error("number {sequence} of its stream is not there: the fact at position {position} follows nothing")]
    NoPredecessor { position: i64, sequence: i64 },
    /// Only where the primary key was dropped. What decisions take for this number is not known.
    #[error(
        "the fact at position {position} is number {sequence} of its stream, and so is the one at {other}"
    )]
    Twice {
        position: i64,
        sequence: i64,
        other: i64,
    },
    #[error("the fact at position {position} cannot be read")]
    Row {
        position: i64,
        #[source]
        source: RowError,
    },
    #[error("the leaf hashes of the positions from {from} to {to} are not all there")]
    LeavesMissing { from: i64, to: i64 },
    #[error("the node at level {level}, index {index} is not there")]
    NodeMissing { level: u8, index: u64 },
    #[error("the stored tree is not one")]
    Frontier(#[from] FrontierError),
    #[error(transparent)]
    Range(#[from] RangeError),
    /// Never signed: a notary that signs this has two histories.
    #[error(
        "the stored tree of {size} facts does not follow from the head of {signed} that was signed before"
    )]
    Forked {
        signed: u64,
        size: u64,
        #[source]
        why: ConsistencyRefusal,
    },
    #[error("a stored head cannot be read")]
    StoredHead(#[source] serde_json::Error),
    #[error("the head of {size} facts is not to be believed")]
    Head {
        size: u64,
        #[source]
        why: HeadRefusal,
    },
    #[error("no head of {0} facts was signed: `tot audit heads` lists those that were")]
    NoSuchHead(u64),
    #[error("there is no booking {0}")]
    NoSuchBooking(String),
    #[error(
        "no signed head covers position {position}; the last one covers {signed}: `tot audit head` signs one"
    )]
    NotCovered { position: i64, signed: u64 },
    /// What is stored does not prove what it should; `tot audit verify` tells more.
    #[error("what is stored proves nothing of it; `tot audit verify` tells why")]
    ProvesNothing(#[source] ProofRefusal),
    #[error(transparent)]
    Witnessed(#[from] HeadsFileError),
    #[error("the proof cannot be written")]
    ProofText(#[source] serde_json::Error),
    #[error("a part of the verification broke down")]
    Interrupted(#[source] tokio::task::JoinError),
}

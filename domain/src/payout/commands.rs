//! What can be asked of a payout. `Record…` commands tell what the gateway answered or showed.
//! `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;

use crate::ids::{AccountId, PayoutId};
use crate::money::Money;
use crate::payment::anomaly::Source;
use crate::payment::commands::{RecordNotCreated, RecordUnknown, ResolveAnomaly};
use crate::payout::events::PayoutPurpose;
use crate::people::{Actor, PrivateRef};
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum PayoutCommand {
    Request(RequestPayout),
    IntendCall(IntendPayoutCall),
    RecordRefused(RecordPayoutRefused),
    RecordUnknown(RecordUnknown),
    RecordSnapshot(RecordPayoutSnapshot),
    RecordNotCreated(RecordNotCreated),
    Abandon(Abandon),
    RecordStuck(RecordPayoutStuck),
    ResolveAnomaly(ResolveAnomaly),
    RecordReactionRefused(RecordReactionRefused),
    RecordReactionGivenUp(RecordReactionGivenUp),
}

/// Money is to be sent to its owner; it leaves the wallet in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPayout {
    pub payout_id: PayoutId,
    pub owner_id: AccountId,
    pub purpose: PayoutPurpose,
    pub amount: Money,
    pub destination: PrivateRef,
    pub by: Actor,
    pub at: Timestamp,
}

/// A request is about to be sent to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendPayoutCall {
    pub body_digest: String,
    pub at: Timestamp,
}

/// The gateway definitely refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPayoutRefused {
    pub attempt: u16,
    pub code: String,
    /// Whether another attempt may fare better: the refusal was about the platform's keys, not about this payout.
    pub again: bool,
    pub at: Timestamp,
}

/// Where a payout stands at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PayoutStage {
    Pending,
    Succeeded,
    Cancelled,
}

/// What the gateway has, whoever told us first: a reply, a notice, a look or a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPayoutSnapshot {
    /// The gateway's own id of the payout.
    pub provider_id: String,
    pub stage: PayoutStage,
    pub amount: Money,
    /// Why it was given up, in the gateway's word.
    pub code: Option<String>,
    pub source: Source,
    pub at: Timestamp,
}

/// The payout can no longer be asked for, and never was: its bank account has been erased, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandon {
    /// Why, as a stable code.
    pub code: String,
    pub at: Timestamp,
}

/// Asking does not tell what became of a request, or refusing it will not end: an operator must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordPayoutStuck {
    pub refused: bool,
    pub at: Timestamp,
}

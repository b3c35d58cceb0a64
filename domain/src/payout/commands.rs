//! What can be asked of a payout. `Record…` wishes tell what the gateway answered or showed.

use jiff::Timestamp;

use crate::booking::events::GiveUpReason;
use crate::ids::{AccountId, IntentId, PayoutId};
use crate::money::Money;
use crate::payment::anomaly::{Resolution, Source};
use crate::payout::PayoutCommand;
use crate::payout::events::PayoutPurpose;
use crate::people::{Actor, PrivateRef};

/// Money is to be sent to its owner; it leaves the wallet in the same append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The new payout.
    pub payout_id: PayoutId,
    /// Whose money it is.
    pub owner_id: AccountId,
    /// Why.
    pub purpose: PayoutPurpose,
    /// How much.
    pub amount: Money,
    /// The bank account, in the vault.
    pub destination: PrivateRef,
    /// Who asks.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// A request is about to be sent to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntendCall {
    /// A digest of what will be sent.
    pub body_digest: String,
    /// Now.
    pub at: Timestamp,
}

/// The gateway definitely refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRefused {
    /// Which attempt it was.
    pub attempt: u16,
    /// The gateway's code.
    pub code: String,
    /// Whether another attempt may fare better: the refusal was about the house's keys, not about this payout.
    pub again: bool,
    /// Now.
    pub at: Timestamp,
}

/// A request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordUnknown {
    /// Now.
    pub at: Timestamp,
}

/// Where a payout stands at the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing is decided yet.
    Pending,
    /// The money has arrived.
    Succeeded,
    /// It came to nothing.
    Cancelled,
}

/// What the gateway has, whoever told us first: a reply, a notice, a look or a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSnapshot {
    /// The gateway's own id of the payout.
    pub provider_id: String,
    /// Where it stands there.
    pub stage: Stage,
    /// How much it is about.
    pub amount: Money,
    /// Why it was given up, in the gateway's word.
    pub code: Option<String>,
    /// How the house came to see it.
    pub source: Source,
    /// Now.
    pub at: Timestamp,
}

/// The gateway has nothing of this payout, and it is too late to ask for it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordNotCreated {
    /// Now.
    pub at: Timestamp,
}

/// The payout can no longer be asked for, and never was: its bank account has been erased, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandon {
    /// Why, as a stable code.
    pub code: String,
    /// Now.
    pub at: Timestamp,
}

/// Asking does not tell what became of a request, or refusing it will not end: an operator must look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordStuck {
    /// Whether it was refused, rather than never answered.
    pub refused: bool,
    /// Now.
    pub at: Timestamp,
}

/// An operator settles an anomaly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveAnomaly {
    /// The anomaly's number within the payout.
    pub number: u32,
    /// How.
    pub resolution: Resolution,
    /// Who.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

/// A process asked for something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionRefused {
    /// The intent.
    pub intent_id: IntentId,
    /// The refusal's stable code.
    pub code: String,
    /// Now.
    pub at: Timestamp,
}

/// An operator gives an intent up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionGivenUp {
    /// The intent.
    pub intent_id: IntentId,
    /// Why.
    pub reason: GiveUpReason,
    /// Who gives it up.
    pub by: Actor,
    /// Now.
    pub at: Timestamp,
}

impl From<Request> for PayoutCommand {
    fn from(command: Request) -> Self {
        Self::Request(command)
    }
}

impl From<IntendCall> for PayoutCommand {
    fn from(command: IntendCall) -> Self {
        Self::IntendCall(command)
    }
}

impl From<RecordRefused> for PayoutCommand {
    fn from(command: RecordRefused) -> Self {
        Self::RecordRefused(command)
    }
}

impl From<RecordUnknown> for PayoutCommand {
    fn from(command: RecordUnknown) -> Self {
        Self::RecordUnknown(command)
    }
}

impl From<RecordSnapshot> for PayoutCommand {
    fn from(command: RecordSnapshot) -> Self {
        Self::RecordSnapshot(command)
    }
}

impl From<RecordNotCreated> for PayoutCommand {
    fn from(command: RecordNotCreated) -> Self {
        Self::RecordNotCreated(command)
    }
}

impl From<Abandon> for PayoutCommand {
    fn from(command: Abandon) -> Self {
        Self::Abandon(command)
    }
}

impl From<RecordStuck> for PayoutCommand {
    fn from(command: RecordStuck) -> Self {
        Self::RecordStuck(command)
    }
}

impl From<ResolveAnomaly> for PayoutCommand {
    fn from(command: ResolveAnomaly) -> Self {
        Self::ResolveAnomaly(command)
    }
}

impl From<RecordReactionRefused> for PayoutCommand {
    fn from(command: RecordReactionRefused) -> Self {
        Self::RecordReactionRefused(command)
    }
}

impl From<RecordReactionGivenUp> for PayoutCommand {
    fn from(command: RecordReactionGivenUp) -> Self {
        Self::RecordReactionGivenUp(command)
    }
}

//! What an aggregate remembers of the processes' instructions that came to nothing, so that each is told once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::IntentId;
use crate::people::Actor;

/// The instructions refused here and those an operator gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// Refused by a rule.
    pub refused: Vec<IntentId>,
    /// Given up by an operator.
    pub given_up: Vec<IntentId>,
}

/// Why an operator gave an intent up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUpReason {
    /// Somebody did it by hand.
    DoneByHand,
    /// It is no longer wanted.
    Obsolete,
    /// It was asked twice.
    Duplicate,
    /// It cannot succeed.
    Impossible,
}

/// A process asked for something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionRefused {
    /// The intent.
    pub intent_id: IntentId,
    /// The refusal's stable code.
    pub code: String,
    /// The moment of the decision, by database time.
    pub at: Timestamp,
}

/// An operator gives an intent up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionGivenUp {
    /// The intent.
    pub intent_id: IntentId,
    /// Why it is given up.
    pub reason: GiveUpReason,
    /// Who gives it up.
    pub by: Actor,
    /// The moment of the decision, by database time.
    pub at: Timestamp,
}

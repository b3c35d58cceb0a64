//! What an aggregate remembers of the processes' instructions that came to nothing, so that each is told once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::events::GiveUpReason;
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

//! What an aggregate remembers of the processes' instructions that came to nothing, so that each is told once.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::IntentId;
use crate::people::Actor;

/// The instructions refused here and those an operator gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    pub refused: Vec<IntentId>,
    pub given_up: Vec<IntentId>,
}

/// Why an operator gave an intent up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GiveUpReason {
    DoneByHand,
    Obsolete,
    Duplicate,
    Impossible,
}

impl GiveUpReason {
    pub const ALL: [Self; 4] = [
        Self::DoneByHand,
        Self::Obsolete,
        Self::Duplicate,
        Self::Impossible,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DoneByHand => "done_by_hand",
            Self::Obsolete => "obsolete",
            Self::Duplicate => "duplicate",
            Self::Impossible => "impossible",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A process asked for something that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionRefused {
    pub intent_id: IntentId,
    pub code: String,
    /// The moment of the decision, by database time.
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordReactionGivenUp {
    pub intent_id: IntentId,
    pub reason: GiveUpReason,
    pub by: Actor,
    pub at: Timestamp,
}

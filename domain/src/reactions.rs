//! What an aggregate remembers of the processes' instructions that came to nothing, so that each is told once.

use serde::{Deserialize, Serialize};

use crate::ids::IntentId;

/// The instructions refused here and those an operator gave up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// Refused by a rule.
    pub refused: Vec<IntentId>,
    /// Given up by an operator.
    pub given_up: Vec<IntentId>,
}

//! The script of webhooks: which notification is doubled, delayed, swapped, lost or forged on its way.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::outbox::Notice;
use crate::state::script::{Rule, first, named};

/// What happens to a notification on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryFault {
    /// It is sent so many times in all, each copy until it is acknowledged.
    Duplicate {
        /// How many copies in all.
        copies: u32,
    },
    /// It is sent later.
    Delay {
        /// By how many (virtual) milliseconds.
        ms: u64,
    },
    /// It is sent after the next notification has been.
    Reorder,
    /// It is never sent.
    Drop,
    /// A false copy with these fields changed is sent first.
    Forge {
        /// Merged into the body (for YooKassa `{"object": {"status": …}}`).
        patch: Value,
        /// Sent from this address; the system's choice when absent.
        #[serde(default)]
        source: Option<IpAddr>,
        /// Whether a T-Bank copy is signed again, so that its token fits.
        #[serde(default)]
        resign: bool,
    },
    /// It arrives before the reply to the request that caused it.
    BeforeReply,
}

/// One line of the script.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryFaultRule {
    /// `payment.succeeded`, `tbank.CONFIRMED`, …; `payment.*` for a family, `*` for all.
    pub event: String,
    /// The first matching notification that is hit, counted from 1.
    #[serde(default = "first")]
    pub nth: u32,
    /// How many in a row; 0 means all that follow.
    #[serde(default = "first")]
    pub times: u32,
    /// Only notifications about this object (our id of the payment, refund or payout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What happens.
    #[serde(rename = "twist")]
    pub fault: DeliveryFault,
}

impl DeliveryFaultRule {
    /// Whether it is about this notification.
    pub fn concerns(&self, notice: &Notice) -> bool {
        named(&self.event, &notice.event) && self.object.as_ref().is_none_or(|id| *id == notice.object)
    }
}

impl Rule for DeliveryFaultRule {
    type Fault = DeliveryFault;

    fn hits(&self) -> (u32, u32) {
        (self.nth, self.times)
    }

    fn fault(&self) -> &DeliveryFault {
        &self.fault
    }
}

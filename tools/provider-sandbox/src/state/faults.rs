//! The script of faults: which request meets which misfortune, told by the control surface.

use serde::{Deserialize, Serialize};

use crate::state::script::{Rule, first, named};

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is reset and nothing was done.
    ResetBefore,
    /// HTTP 500 and nothing was done.
    ErrorBefore,
    /// The request is carried out, then HTTP 500. `cancel`: the provider afterwards gives up the new payment
    /// (`internal_timeout`), as YooKassa says it tries to.
    ErrorAfter {
        /// Whether the payment is canceled behind the client's back.
        #[serde(default)]
        cancel: bool,
    },
    /// The request is carried out, then the connection is reset without a word.
    DropAfter,
    /// HTTP 202 `processing`.
    Processing {
        /// What the body says, in milliseconds.
        #[serde(default = "usual_retry_after")]
        retry_after_ms: u64,
        /// Whether the request was carried out.
        #[serde(default = "yes")]
        commit: bool,
    },
    /// HTTP 429 and nothing was done.
    TooManyRequests {
        /// What the body says, in milliseconds.
        #[serde(default = "usual_retry_after")]
        retry_after_ms: u64,
    },
    /// The right answer, late (by the real clock).
    Slow {
        /// How late, in milliseconds.
        ms: u64,
        /// Whether the request is carried out before the wait or after it.
        #[serde(default = "yes")]
        commit_first: bool,
    },
    /// The payer pays and every webhook arrives before the reply to the creation does.
    PaidBeforeReply,
}

fn usual_retry_after() -> u64 {
    1_800
}

fn yes() -> bool {
    true
}

/// One line of the script.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// `payments.create`, `tbank.Init`, …; `payments.*` for a family, `*` for all.
    pub operation: String,
    /// The first matching request that is hit, counted from 1.
    #[serde(default = "first")]
    pub nth: u32,
    /// How many in a row are hit; 0 means all that follow.
    #[serde(default = "first")]
    pub times: u32,
    /// Only requests whose body contains this text anywhere (an order number, a metadata value).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containing: Option<String>,
    /// What befalls them.
    pub fault: Fault,
}

impl Rule for FaultRule {
    type Fault = Fault;

    fn hits(&self) -> (u32, u32) {
        (self.nth, self.times)
    }

    fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl FaultRule {
    /// Whether it is about a request with this operation and body.
    pub fn concerns(&self, operation: &str, body: &[u8]) -> bool {
        named(&self.operation, operation)
            && self
                .containing
                .as_ref()
                .is_none_or(|text| String::from_utf8_lossy(body).contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultRule};
    use crate::state::script::Script;

    fn rule(operation: &str, nth: u32, times: u32, fault: Fault) -> FaultRule {
        FaultRule {
            operation: operation.into(),
            nth,
            times,
            containing: None,
            fault,
        }
    }

    fn strike(script: &mut Script<FaultRule>, operation: &str, body: &[u8]) -> Option<Fault> {
        script.strike_one(|rule| rule.concerns(operation, body))
    }

    #[test]
    fn the_nth_request_is_hit_as_often_as_told() {
        let mut script = Script::default();
        script.add(rule("payments.create", 2, 2, Fault::DropAfter));
        let hits: Vec<bool> = (0..5)
            .map(|_| strike(&mut script, "payments.create", b"").is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(strike(&mut script, "payments.get", b""), None);
    }

    #[test]
    fn families_and_bodies_are_matched() {
        let mut script = Script::default();
        let mut family = rule("payments.*", 1, 0, Fault::ErrorBefore);
        family.containing = Some("order-7".into());
        script.add(family);
        assert_eq!(strike(&mut script, "payments.capture", b"order-8"), None);
        assert_eq!(
            strike(&mut script, "payments.capture", b"{order-7}"),
            Some(Fault::ErrorBefore)
        );
        assert_eq!(strike(&mut script, "refunds.create", b"order-7"), None);
    }
}

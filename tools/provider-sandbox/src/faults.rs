//! The script of faults: which request meets which misfortune, told by the control surface.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

fn first() -> u32 {
    1
}

/// The rules in the order they were told, with what each has seen.
#[derive(Debug, Default)]
pub struct FaultScript {
    rules: Vec<Live>,
}

#[derive(Debug, Serialize)]
struct Live {
    #[serde(flatten)]
    rule: FaultRule,
    seen: u32,
    hit: u32,
}

impl FaultScript {
    /// Adds a rule after the others.
    pub fn add(&mut self, rule: FaultRule) {
        self.rules.push(Live {
            rule,
            seen: 0,
            hit: 0,
        });
    }

    /// Forgets all rules.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// The rules with their counters, for reading.
    pub fn describe(&self) -> Value {
        serde_json::to_value(&self.rules).unwrap_or_default()
    }

    /// What befalls this request: the first rule that hits. Every matching rule counts it as seen.
    pub fn strike(&mut self, operation: &str, body: &[u8]) -> Option<Fault> {
        let mut struck = None;
        for live in &mut self.rules {
            if !live.rule.concerns(operation, body) {
                continue;
            }
            live.seen += 1;
            let spent = live.rule.times != 0 && live.hit >= live.rule.times;
            if struck.is_none() && live.seen >= live.rule.nth && !spent {
                live.hit += 1;
                struck = Some(live.rule.fault);
            }
        }
        struck
    }
}

impl FaultRule {
    fn concerns(&self, operation: &str, body: &[u8]) -> bool {
        named(&self.operation, operation)
            && self
                .containing
                .as_ref()
                .is_none_or(|text| String::from_utf8_lossy(body).contains(text.as_str()))
    }
}

/// Whether a pattern (`*`, `family.*` or a whole name) means this name.
pub fn named(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(family) => name.starts_with(family),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultRule, FaultScript};

    fn rule(operation: &str, nth: u32, times: u32, fault: Fault) -> FaultRule {
        FaultRule {
            operation: operation.into(),
            nth,
            times,
            containing: None,
            fault,
        }
    }

    #[test]
    fn the_nth_request_is_hit_as_often_as_told() {
        let mut script = FaultScript::default();
        script.add(rule("payments.create", 2, 2, Fault::DropAfter));
        let hits: Vec<bool> = (0..5)
            .map(|_| script.strike("payments.create", b"").is_some())
            .collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert_eq!(script.strike("payments.get", b""), None);
    }

    #[test]
    fn families_and_bodies_are_matched() {
        let mut script = FaultScript::default();
        let mut family = rule("payments.*", 1, 0, Fault::ErrorBefore);
        family.containing = Some("order-7".into());
        script.add(family);
        assert_eq!(script.strike("payments.capture", b"order-8"), None);
        assert_eq!(
            script.strike("payments.capture", b"{order-7}"),
            Some(Fault::ErrorBefore)
        );
        assert_eq!(script.strike("refunds.create", b"order-7"), None);
    }
}

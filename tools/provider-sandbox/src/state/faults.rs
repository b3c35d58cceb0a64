//! What scripts can do to a request, and to a notification on its way.

use std::net::IpAddr;

use serde::Deserialize;
use serde_json::Value;

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The connection is reset and nothing was done.
    ResetBefore,
    /// HTTP 500 and nothing was done.
    ErrorBefore,
    /// The request is carried out, then HTTP 500. `cancel`: YooKassa afterwards gives up the new payment
    /// (`internal_timeout`), as it says it tries to.
    ErrorAfter {
        #[serde(default)]
        cancel: bool,
    },
    /// The request is carried out, then the connection is reset without a word.
    DropAfter,
    /// HTTP 202 `processing`, whether the request was carried out or not.
    Processing {
        #[serde(default = "usual_retry_after")]
        retry_after_ms: u64,
        #[serde(default = "yes")]
        commit: bool,
    },
    /// HTTP 429 and nothing was done.
    TooManyRequests {
        #[serde(default = "usual_retry_after")]
        retry_after_ms: u64,
    },
    /// The right answer, late by so many milliseconds of the real clock; carried out before the wait or after it.
    Slow {
        ms: u64,
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

/// What happens to a notification on its way.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryFault {
    /// It is sent so many times in all, each copy until it is acknowledged.
    Duplicate { copies: u32 },
    /// It is sent so many (virtual) milliseconds later.
    Delay { ms: u64 },
    /// It is sent after the next notification has been.
    Reorder,
    /// It is never sent.
    Drop,
    /// A false copy is sent first, with `patch` merged into the body, and from another address if one is told.
    Forge {
        patch: Value,
        #[serde(default)]
        source: Option<IpAddr>,
    },
    /// It arrives before the reply to the request that caused it.
    BeforeReply,
}

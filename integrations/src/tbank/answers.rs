//! What a reply of T-Bank means. Refusals come with HTTP 200; another status comes from something in between.

use std::time::Duration;

use commands::ports::{ProviderReply, RefusalKind, Refused, UnknownReason};
use reqwest_tls::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::wire::Text;
use crate::http::{Reply, unreadable};
use crate::scrub::scrub;

const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);

/// The bank's codes for wrong keys, blocked terminals and methods that are not switched on.
const MISCONFIGURED: [&str; 10] = [
    "202", "204", "205", "331", "501", "648", "2015", "3001", "3019", "3038",
];
/// The bank's codes for "there is no such payment or order".
const NOT_FOUND: [&str; 6] = ["63", "255", "325", "335", "407", "914"];
/// The bank's codes for failures of its own: whether something happened before them is not said.
const FAULTS: [&str; 8] = ["3", "21", "401", "402", "515", "999", "3040", "9999"];
/// 9999 stands for failures and for wrong parameters alike; these words tell the latter, which is definite.
const PARAMETERS: &str = "Неверные параметры";

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "Success")]
    success: Flag,
    #[serde(rename = "ErrorCode")]
    error_code: Text,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "Details")]
    details: Option<String>,
}

/// The bank writes truth values as such or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Plain(bool),
    Written(String),
}

impl Flag {
    fn is_set(&self) -> bool {
        match self {
            Self::Plain(yes) => *yes,
            Self::Written(text) => text.eq_ignore_ascii_case("true"),
        }
    }
}

pub(super) fn classify<T: DeserializeOwned>(outcome: Result<Reply, UnknownReason>) -> ProviderReply<T> {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(because) => return ProviderReply::Unknown(because),
    };
    match reply.status {
        200 => said(&reply.body),
        408 => ProviderReply::Unknown(UnknownReason::Status(408)),
        429 => ProviderReply::Throttled {
            retry_after: retry_after(&reply),
        },
        401 | 403 => in_between(reply.status, RefusalKind::Misconfigured),
        400..=499 => in_between(reply.status, RefusalKind::OurBug),
        status => ProviderReply::Unknown(UnknownReason::Status(status)),
    }
}

fn said<T: DeserializeOwned>(body: &[u8]) -> ProviderReply<T> {
    let envelope: Envelope = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) => return ProviderReply::Unknown(unreadable(&error)),
    };
    let code = envelope.error_code.0;
    if envelope.success.is_set() && code == "0" {
        return match serde_json::from_slice(body) {
            Ok(object) => ProviderReply::Accepted(object),
            Err(error) => ProviderReply::Unknown(unreadable(&error)),
        };
    }
    let is = |codes: &[&str]| codes.contains(&code.as_str());
    let parameters = envelope
        .message
        .as_deref()
        .is_some_and(|words| words.starts_with(PARAMETERS));
    if is(&FAULTS) && !parameters {
        return ProviderReply::Unknown(UnknownReason::ProviderError(code));
    }
    let kind = if is(&MISCONFIGURED) {
        RefusalKind::Misconfigured
    } else if is(&NOT_FOUND) {
        RefusalKind::NotFound
    } else {
        RefusalKind::Rejected
    };
    let words = [envelope.message, envelope.details]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(": ");
    ProviderReply::Refused(Refused {
        kind,
        code,
        description: scrub(&words),
    })
}

fn in_between<T>(status: u16, kind: RefusalKind) -> ProviderReply<T> {
    ProviderReply::Refused(Refused {
        kind,
        code: format!("http_{status}"),
        description: String::new(),
    })
}

fn retry_after(reply: &Reply) -> Duration {
    let seconds = reply
        .headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    seconds
        .map_or(RETRY_AFTER_DEFAULT, Duration::from_secs)
        .min(RETRY_AFTER_MAX)
}

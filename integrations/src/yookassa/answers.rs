//! What a reply of YooKassa means: done, definitely not done, not now, or unknown.

use std::time::Duration;

use commands::ports::{ProviderReply, RefusalKind, Refused, UnknownReason};
use reqwest_tls::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{Reply, unreadable};
use crate::scrub::scrub;

/// How long to wait after a 429 that does not say.
const RETRY_AFTER_DEFAULT: Duration = Duration::from_secs(1);
/// No advice to wait longer is followed; the caller's own plan decides beyond it.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// What the refusal of a reused key is called here; YooKassa calls it `invalid_request`, like everything else.
const KEY_REUSED: &str = "idempotence_key_duplicated";

#[derive(Default, Deserialize)]
struct ErrorBody {
    code: Option<String>,
    description: Option<String>,
    parameter: Option<String>,
    /// Milliseconds.
    retry_after: Option<u64>,
}

pub(super) fn classify<T: DeserializeOwned>(outcome: Result<Reply, UnknownReason>) -> ProviderReply<T> {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(because) => return ProviderReply::Unknown(because),
    };
    match reply.status {
        200 => match serde_json::from_slice(&reply.body) {
            Ok(object) => ProviderReply::Accepted(object),
            Err(error) => ProviderReply::Unknown(unreadable(&error)),
        },
        202 => ProviderReply::Unknown(UnknownReason::Processing {
            retry_after: error_body(&reply).retry_after.map(waiting),
        }),
        401 | 403 => refused(&reply, RefusalKind::Misconfigured),
        404 | 410 => refused(&reply, RefusalKind::NotFound),
        405 | 415 => refused(&reply, RefusalKind::OurBug),
        // A proxy that ran out of patience says nothing about what stands behind it.
        408 => ProviderReply::Unknown(UnknownReason::Status(408)),
        429 => ProviderReply::Throttled {
            retry_after: retry_after(&reply),
        },
        400..=499 => refused(&reply, RefusalKind::Rejected),
        status => ProviderReply::Unknown(UnknownReason::Status(status)),
    }
}

fn refused<T>(reply: &Reply, kind: RefusalKind) -> ProviderReply<T> {
    let error = error_body(reply);
    let parameter = error.parameter.as_deref().unwrap_or_default();
    let description = error.description.as_deref().unwrap_or_default();
    let reused = reply.status == 400
        && (parameter.eq_ignore_ascii_case("Idempotence-Key")
            || description.eq_ignore_ascii_case("Idempotence key duplicated"));
    if reused {
        return ProviderReply::Refused(Refused {
            kind: RefusalKind::OurBug,
            code: KEY_REUSED.to_owned(),
            description: scrub(description),
        });
    }
    let said = match parameter {
        "" => scrub(description),
        parameter => scrub(&format!("{parameter}: {description}")),
    };
    ProviderReply::Refused(Refused {
        kind,
        code: error.code.unwrap_or_else(|| format!("http_{}", reply.status)),
        description: said,
    })
}

/// The body of a refusal; a proxy's page of HTML says nothing.
fn error_body(reply: &Reply) -> ErrorBody {
    serde_json::from_slice(&reply.body).unwrap_or_default()
}

fn retry_after(reply: &Reply) -> Duration {
    let in_header = reply.headers.get(RETRY_AFTER).and_then(|value| {
        let seconds = value.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
    });
    let in_body = error_body(reply).retry_after.map(waiting);
    in_body.or(in_header).unwrap_or(RETRY_AFTER_DEFAULT)
}

fn waiting(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds).min(RETRY_AFTER_MAX)
}

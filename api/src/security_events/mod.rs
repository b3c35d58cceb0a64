//! What a request leaves in the audit trail beside its answer. Admins' acts and reads of personal data stand there before anybody is
//! answered; all else is written a moment later, and no request waits for it.

pub mod bursts;
pub mod operations;
pub mod origin;
pub mod sign_in;

use std::hash::Hash;

use axum::response::{IntoResponse, Response};
use commands::policy::Permission;
use domain::ids::AccountId;
use domain::people::Role;
use identity::{AuditTarget, NewSecurityEvent, OperatorAct, SecurityEvent};
use uuid::Uuid;

use crate::app::App;
use crate::base_path::BASE;
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use origin::RequestOrigin;

/// The longest name in a path that is told, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Has an event recorded soon, and counts it.
pub fn note(app: &App, event: NewSecurityEvent) {
    count(event.event);
    written_soon(app, event);
}

/// The same, where only the first of this key in a minute is recorded; each is counted.
pub fn note_first(app: &App, key: impl Hash, event: NewSecurityEvent) {
    count(event.event);
    if app.bursts().is_first((event.event, key), app.now()) {
        written_soon(app, event);
    }
}

fn written_soon(app: &App, event: NewSecurityEvent) {
    if !app.people().note_event(event, app.now()) {
        metrics::counter!("tot_audit_entries_lost_total").increment(1);
    }
}

fn count(event: SecurityEvent) {
    let labels = [
        ("kind", event.kind().as_str()),
        ("result", event.result().as_str()),
    ];
    metrics::counter!("tot_security_events_total", &labels).increment(1);
}

/// Records what staff are about to have done where no fact tells it.
///
/// # Errors
/// `unavailable`: nothing may be done then.
pub async fn record_act<P: Permission>(
    app: &App,
    caller: &Caller<P>,
    act: OperatorAct,
    target: AuditTarget,
) -> Result<(), Problem> {
    app.people().record_act(&caller.actor(), act, target).await?;
    count(SecurityEvent::ActRequested);
    caller.origin.set_told();
    Ok(())
}

/// Records what came of a request: who was refused what, and what an admin did; the answer, unless the latter cannot be recorded.
pub async fn record_outcome(app: &App, origin: &RequestOrigin, path: &str, response: Response) -> Response {
    if origin.is_told() {
        return response;
    }
    let problem = response.extensions().get::<Problem>();
    let refusal = problem.and_then(Refused::of);
    if let Some(refused) = refusal {
        refused.note(app, origin, path);
        return response;
    }
    match act_of(origin, path, &response) {
        None => response,
        Some(event) => {
            let counted = event.event;
            match app.people().record_event(event).await {
                Ok(()) => {
                    count(counted);
                    response
                }
                Err(error) => Problem::from(error).into_response(),
            }
        }
    }
}

/// A refusal for who somebody is, or for how often they ask.
#[derive(Clone, Copy)]
enum Refused {
    Access(SecurityEvent),
    FirstOfMinute(SecurityEvent),
}

impl Refused {
    fn of(problem: &Problem) -> Option<Self> {
        if problem.is_denial() {
            return Some(Self::Access(SecurityEvent::AccessNotTheirs));
        }
        // An expired token is every app's daily life, and one that is missing tells of nobody.
        if problem.code() == Code::InvalidToken {
            Some(Self::FirstOfMinute(SecurityEvent::TokenForged))
        } else if problem.code() == Code::TokenRevoked {
            Some(Self::FirstOfMinute(SecurityEvent::TokenRevoked))
        } else if problem.code() == Code::RateLimited {
            Some(Self::FirstOfMinute(SecurityEvent::RateLimited))
        } else if [
            Code::Forbidden,
            Code::SecondFactorRequired,
            Code::ForbiddenToApps,
            Code::InsufficientScope,
            Code::CrossSiteRequest,
        ]
        .contains(&problem.code())
        {
            Some(Self::Access(SecurityEvent::AccessForbidden))
        } else {
            None
        }
    }

    fn note(self, app: &App, origin: &RequestOrigin, path: &str) {
        let (Self::Access(event) | Self::FirstOfMinute(event)) = self;
        let told = NewSecurityEvent::new(event, origin.event_origin());
        let told = told.by(origin.caller());
        match self {
            Self::Access(_) => note(app, told.on(target_of(origin, path, true))),
            Self::FirstOfMinute(_) => match origin.caller() {
                Some((id, _)) => note_first(app, id, told),
                None => note_first(app, origin.address(), told),
            },
        }
    }
}

/// What an admin did, if the request is that: whatever is no question and is not about their own session.
fn act_of(origin: &RequestOrigin, path: &str, response: &Response) -> Option<NewSecurityEvent> {
    let (id, role) = origin.caller()?;
    let below = origin.route()?.strip_prefix(BASE)?;
    if role != Role::Admin || origin.only_reads() || below.starts_with("/auth/") {
        return None;
    }
    let status = response.status();
    let event = match (status.is_success(), status.is_server_error()) {
        (true, _) => SecurityEvent::ActDone,
        (false, true) => SecurityEvent::ActFailed,
        (false, false) => SecurityEvent::ActRefused,
    };
    let target = target_of(origin, path, status.is_success());
    let is_account = |target: &&AuditTarget| matches!(&*target.kind, "account" | "wallet" | "doctor");
    let subject = target.as_ref().filter(is_account);
    let subject = subject.and_then(|target| target.id.parse().ok());
    let event = NewSecurityEvent::new(event, origin.event_origin());
    Some(
        event
            .by(Some((id, role)))
            .about(subject.map(AccountId::from_uuid))
            .on(target),
    )
}

/// What the first variable of the path names: an id, or with `names` the name of something that is there. Whatever else stands in a path
/// somebody typed, and is not told.
fn target_of(origin: &RequestOrigin, path: &str, names: bool) -> Option<AuditTarget> {
    let mut collection = "";
    for (part, given) in origin.route()?.split('/').zip(path.split('/')) {
        if part.starts_with('{') {
            let id = match given.parse::<Uuid>() {
                Ok(id) => id.to_string(),
                Err(_) if names && part != "{id}" && part != "{token}" && is_name(given) => given.to_owned(),
                Err(_) => return None,
            };
            return Some(AuditTarget {
                kind: singular(collection).into(),
                id,
            });
        }
        collection = part;
    }
    None
}

fn is_name(given: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    given.len() <= NAME_CHARS_MAX && given.bytes().all(plain)
}

fn singular(collection: &str) -> String {
    let word = match collection.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => collection.strip_suffix('s').unwrap_or(collection).to_owned(),
    };
    word.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_called_by_one_of_its_collection() {
        let names = ["accounts", "anomalies", "price-lists", "projections"].map(singular);
        assert_eq!(names, ["account", "anomaly", "price_list", "projection"]);
        assert!(is_name("payment_ledger"));
        assert!(!is_name("somebody@example.com") && !is_name("+79990000000"));
    }
}

//! What payment providers tell unasked: judged by where it comes from, kept as a hint, answered at once.

pub mod tbank;
pub mod yookassa;

use std::net::IpAddr;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use commands::ports::{Hint, NoticeError, ObjectKind};
use domain::payment::provider::Provider;
use serde_json::value::RawValue;

use crate::address::Address;
use crate::app::App;
use crate::extract::body_bytes::body_bytes;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::trace::TraceId;
use crate::webhook_ports::{ReceivedNotice, comes_from};

/// Where the providers' notices go, below the API.
const WEBHOOKS: &str = "/api/v1/webhooks/";

/// Whether a request comes from a provider to the place for its notices: those are many and from few addresses, and
/// are limited by the object they are about.
pub fn is_from_provider(app: &App, path: &str, peer: IpAddr) -> bool {
    path.strip_prefix(WEBHOOKS)
        .and_then(Provider::parse)
        .and_then(|provider| app.webhook_ports().notices(provider))
        .is_some_and(|notices| comes_from(notices, peer))
}

/// Takes one notice: from the provider's networks, believed as a hint, kept, and only then answered.
async fn take(app: &App, provider: Provider, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let webhook_ports = app.webhook_ports();
    let notices = webhook_ports
        .notices(provider)
        .ok_or_else(|| Problem::plain(Code::NotFound))?;
    let Address(peer) = Address::of_parts(&parts, app);
    if !comes_from(notices, peer) {
        return Err(refused(provider, NoticeError::UnknownSource, b""));
    }
    let bytes = body_bytes(&parts.headers, body, app.settings().body_within).await?;
    let hint = notices
        .read(peer, &bytes)
        .map_err(|error| refused(provider, error, &bytes))?;
    // Without somebody to keep it the provider must tell it again.
    let notice_sink = webhook_ports
        .notice_sink()
        .ok_or_else(|| Problem::plain(Code::Unavailable))?;
    let told = ReceivedNotice {
        provider,
        crowded: app.throttles().is_crowded(provider, &hint.object_id).await,
        trace_id: TraceId::of_parts(&parts).to_string(),
        hint,
    };
    let about = about(&told.hint);
    notice_sink.keep(told).await?;
    counted(provider, about, "kept");
    Ok(notices.receipt().into_response())
}

/// A notice that is not believed: told once to the operator, without what it held.
fn refused(provider: Provider, error: NoticeError, bytes: &[u8]) -> Problem {
    let (outcome, problem) = match error {
        NoticeError::UnknownSource => ("unknown_source", Problem::plain(Code::UnknownSender)),
        NoticeError::Forged => ("forged", Problem::plain(Code::UnknownSender)),
        NoticeError::Malformed => ("malformed", malformed(bytes)),
    };
    tracing::warn!(
        provider = provider.as_str(),
        notice.outcome = outcome,
        "A notice was not believed"
    );
    counted(provider, "nothing", outcome);
    problem
}

fn malformed(bytes: &[u8]) -> Problem {
    match serde_json::from_slice::<&RawValue>(bytes) {
        Err(_) => Problem::plain(Code::MalformedJson),
        Ok(_) => Problem::invalid(vec![
            FieldProblem::new("not_a_notice", "is not in the form of the provider's notices").at(""),
        ]),
    }
}

/// What a hint is about; words of the provider's that the platform does not know are no labels.
const fn about(hint: &Hint) -> &'static str {
    match hint.object {
        ObjectKind::Payment => "payment",
        ObjectKind::Refund => "refund",
        ObjectKind::Payout => "payout",
        ObjectKind::Receipt(_) => "receipt",
        ObjectKind::Other(_) => "other",
    }
}

fn counted(provider: Provider, about: &'static str, outcome: &'static str) {
    let labels = [
        ("provider", provider.as_str()),
        ("about", about),
        ("outcome", outcome),
    ];
    metrics::counter!("tot_provider_notices_total", &labels).increment(1);
}

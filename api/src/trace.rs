//! Trace ids: taken from the caller's W3C `traceparent`, else made here.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use smol_str::{SmolStr, ToSmolStr};
use traces::TraceParent;

/// The 32 hex digits that name one request everywhere: log lines, problems, spans and the metadata of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId {
    id: traces::TraceId,
    digits: SmolStr,
}

impl TraceId {
    /// The caller's trace, when the header is well formed, else a new one.
    pub fn of(parent: Option<TraceParent>) -> Self {
        let id = parent.map_or_else(traces::TraceId::random, |parent| parent.trace_id);
        let digits = id.to_smolstr();
        Self { id, digits }
    }

    /// The one that [`crate::middleware`] gave the request.
    pub fn of_parts(parts: &Parts) -> Self {
        parts
            .extensions
            .get()
            .cloned()
            .unwrap_or_else(|| Self::of(trace_parent(&parts.headers)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.digits
    }

    /// The number.
    pub const fn id(&self) -> traces::TraceId {
        self.id
    }
}

/// What the caller says of its own trace.
pub fn trace_parent(headers: &HeaderMap) -> Option<TraceParent> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    TraceParent::parse(text)
}

/// The one that [`crate::middleware`] gave the request.
impl<S: Sync> FromRequestParts<S> for TraceId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of_parts(parts))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(traceparent: &str) -> TraceId {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        TraceId::of(trace_parent(&headers))
    }

    #[test]
    fn the_callers_trace_goes_on() {
        assert_eq!(of(&format!("00-{TRACE}-00f067aa0ba902b7-01")).as_str(), TRACE);
        assert_eq!(
            of(&format!("01-{TRACE}-00f067aa0ba902b7-01-later")).as_str(),
            TRACE
        );
    }

    #[test]
    fn a_damaged_traceparent_starts_a_new_trace() {
        let zeros = "0".repeat(32);
        for damaged in [
            String::new(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{TRACE}x-00f067aa0ba902b7-01"),
        ] {
            let made = of(&damaged);
            assert_eq!(made.as_str().len(), 32, "{damaged}");
            assert_ne!(made.as_str(), TRACE, "{damaged}");
            assert_ne!(made.as_str(), zeros, "{damaged}");
        }
    }
}

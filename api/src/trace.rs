//! Trace ids: taken from the caller's W3C `traceparent`, else made here.

use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use smol_str::SmolStr;
use uuid::Uuid;

/// The 32 hex digits that name one request everywhere: log lines, problems and the metadata of facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(SmolStr);

impl TraceId {
    /// The caller's trace id when the header is well formed, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        headers
            .get("traceparent")
            .and_then(|value| value.to_str().ok())
            .and_then(Self::parse_traceparent)
            .unwrap_or_else(Self::new)
    }

    /// The one that [`crate::middleware`] gave the request.
    pub fn of_parts(parts: &Parts) -> Self {
        parts
            .extensions
            .get()
            .cloned()
            .unwrap_or_else(|| Self::of(&parts.headers))
    }

    /// A new trace id.
    #[expect(
        clippy::disallowed_methods,
        reason = "a trace id names a request; no decision depends on it"
    )]
    fn new() -> Self {
        let mut digits = Uuid::encode_buffer();
        Self(SmolStr::new(Uuid::new_v4().simple().encode_lower(&mut digits)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `00-<trace id>-<parent id>-<flags>` (W3C Trace Context, level 1; later versions may append parts).
    fn parse_traceparent(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str, length: usize| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let zero = |part: &str| part.bytes().all(|byte| byte == b'0');
        let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        let valid =
            known && hex(trace, 32) && hex(parent, 16) && hex(flags, 2) && !zero(trace) && !zero(parent);
        valid.then(|| Self(SmolStr::new(trace)))
    }
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
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(traceparent: &str) -> TraceId {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        TraceId::of(&headers)
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

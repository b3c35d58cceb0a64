//! The ids of traces and spans, as W3C Trace Context has them, and the ids of spans that can be found again.

use std::fmt;

use uuid::Uuid;

/// A trace: 16 bytes, never all zero; written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

/// A span within its trace: 8 bytes, never all zero; written as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

/// What a `traceparent` header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace that goes on.
    pub trace_id: TraceId,
    /// The span that goes on in it.
    pub span_id: SpanId,
    /// Whether its spans are recorded, as far as whoever wrote this knows.
    pub sampled: bool,
}

impl TraceId {
    /// A new one.
    pub fn random() -> Self {
        Self(rand::random::<u128>().max(1))
    }

    /// Reads 32 lower-case hexadecimal digits, not all zero.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = lower_hex::<32>(text)?;
        let id = u128::from_str_radix(digits, 16).ok()?;
        (id != 0).then_some(Self(id))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Its lower half, by which traces are sampled.
    #[expect(clippy::cast_possible_truncation, reason = "the half that is wanted")]
    pub(crate) const fn low(self) -> u64 {
        self.0 as u64
    }
}

impl SpanId {
    pub(crate) fn random() -> Self {
        Self(rand::random::<u64>().max(1))
    }

    /// The span that appended the facts of this command, or kept this notice: known to whoever knows trace and id. Fixed for
    /// ever, because processes of two releases must find the same.
    pub fn of_cause(trace_id: TraceId, cause: Uuid) -> Self {
        let (high, low) = cause.as_u64_pair();
        let trace = Uuid::from_u128(trace_id.0).as_u64_pair();
        let id = [trace.0, trace.1, high, low]
            .into_iter()
            .fold(0, |id, part| mix(id ^ part));
        Self(id.max(1))
    }

    fn parse(text: &str) -> Option<Self> {
        let id = u64::from_str_radix(lower_hex::<16>(text)?, 16).ok()?;
        (id != 0).then_some(Self(id))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

/// The finaliser of SplitMix64: each bit of the result depends on each bit of the input.
const fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl TraceParent {
    /// Reads `00-<trace id>-<parent id>-<flags>` (W3C Trace Context, level 1; later versions may append parts).
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let version = lower_hex::<2>(version)?;
        let is_known = version != "ff" && (version != "00" || parts.next().is_none());
        let flags = u8::from_str_radix(lower_hex::<2>(flags)?, 16).ok()?;
        is_known.then_some(Self {
            trace_id: TraceId::parse(trace)?,
            span_id: SpanId::parse(span)?,
            sampled: flags & 1 == 1,
        })
    }
}

/// The text, if it is so many lower-case hexadecimal digits.
fn lower_hex<const DIGITS: usize>(text: &str) -> Option<&str> {
    let is_one = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == DIGITS && text.bytes().all(is_one)).then_some(text)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "00-{}-{}-{:02x}",
            self.trace_id,
            self.span_id,
            u8::from(self.sampled)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const COMMAND: Uuid = Uuid::from_u128(0x018f_6d2a_0001_7c3e_9a51_0242_ac12_0002);

    #[test]
    fn a_traceparent_is_written_as_it_is_read() {
        for text in [
            format!("00-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-00f067aa0ba902b7-00"),
        ] {
            assert_eq!(TraceParent::parse(&text).unwrap().to_string(), text);
        }
        let later = TraceParent::parse(&format!("01-{TRACE}-00f067aa0ba902b7-03-more")).unwrap();
        assert!(later.sampled);
        for damaged in [
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("00-{TRACE}-00f067aa0ba902b7-0"),
            format!("00-{TRACE}-00f067aa0ba902b7-+1"),
            format!("00-+{}-00f067aa0ba902b7-01", &TRACE[1..]),
        ] {
            assert_eq!(TraceParent::parse(&damaged), None, "{damaged}");
        }
    }

    /// Fixed for ever: processes of two releases must find the same span.
    #[test]
    fn the_span_of_a_command_follows_from_trace_and_command() {
        let trace = TraceId::parse(TRACE).unwrap();
        let span = SpanId::of_cause(trace, COMMAND);
        assert_eq!(span.to_string(), "26f34172ec535766");
        let other_trace = SpanId::of_cause(TraceId(trace.0 + 1), COMMAND);
        let other_command = SpanId::of_cause(trace, Uuid::from_u128(COMMAND.as_u128() + 1));
        assert!(span != other_trace && span != other_command && other_trace != other_command);
    }
}

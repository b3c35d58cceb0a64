//! Which traces are recorded: a share of all, decided by the trace's id alone, so that every process decides alike.

use crate::ids::TraceId;

/// A whole, in millionths.
const WHOLE: u32 = 1_000_000;
/// As many decimals as a share has.
const DECIMALS_MAX: usize = 6;

/// The share of traces that is recorded, from none to all, in millionths. The rule is that of OpenTelemetry's
/// `TraceIdRatioBased`: at the same share the same traces are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRatio(u32);

impl SampleRatio {
    /// Every trace.
    pub const ALL: Self = Self(WHOLE);

    /// Reads a decimal from 0 to 1 with at most six decimals, such as `0.05`.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(decimals) || decimals.len() > DECIMALS_MAX {
            return None;
        }
        let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
        let millionths: u32 = format!("{decimals:0<DECIMALS_MAX$}").parse().ok()?;
        let ratio = whole * WHOLE + millionths;
        (ratio <= WHOLE).then_some(Self(ratio))
    }

    /// Whether spans of this trace are recorded.
    pub(crate) fn takes(self, trace_id: TraceId) -> bool {
        let bound = (1_u128 << 63) * u128::from(self.0) / u128::from(WHOLE);
        u128::from(trace_id.low() >> 1) < bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_decimal_from_nothing_to_all() {
        for (text, millionths) in [
            ("0", 0),
            ("1", 1_000_000),
            ("1.0", 1_000_000),
            ("0.05", 50_000),
            ("0.000001", 1),
        ] {
            assert_eq!(SampleRatio::parse(text), Some(SampleRatio(millionths)), "{text}");
        }
        for wrong in [
            "",
            ".",
            ".5",
            "1.",
            "-1",
            "1.000001",
            "2",
            "0.0000001",
            "5 %",
            "1e-3",
            "+1",
        ] {
            assert_eq!(SampleRatio::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_trace_is_taken_by_its_lower_half_at_every_larger_share_too() {
        let trace = |low: &str| TraceId::parse(&format!("{}{low}", "f".repeat(16))).unwrap();
        let (early, middle, late) = (
            trace("0000000000000001"),
            trace("7fffffffffffffff"),
            trace("ffffffffffffffff"),
        );
        let share = |text: &str| SampleRatio::parse(text).unwrap();
        let taken = |text: &str| [early, middle, late].map(|trace| share(text).takes(trace));
        assert_eq!(taken("0"), [false, false, false]);
        assert_eq!(taken("0.000001"), [true, false, false]);
        assert_eq!(taken("0.5"), [true, true, false]);
        assert_eq!(taken("1"), [true, true, true]);
    }
}

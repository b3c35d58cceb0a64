//! Money as whole kopecks; strings with two decimals exist only on YooKassa's wire.

use serde::{Deserialize, Serialize};

/// Kopecks in a rouble.
const KOPECKS_PER_ROUBLE: i64 = 100;
/// Longer sums are nobody's honest request: ten digits of roubles.
const ROUBLE_DIGITS_MAX: usize = 10;
/// Ten thousandths in a whole: fees are told in basis points.
const BASIS_POINTS: i64 = 10_000;

/// A sum in kopecks; the only currency here is the rouble.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kopecks(pub i64);

impl Kopecks {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads YooKassa's notation: digits, and at most two decimals after a dot. `None` when it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (roubles, decimals) = text.split_once('.').unwrap_or((text, "00"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(roubles) || !digits(decimals) || roubles.len() > ROUBLE_DIGITS_MAX || decimals.len() > 2 {
            return None;
        }
        let tenths = if decimals.len() == 1 { 10 } else { 1 };
        let roubles: i64 = roubles.parse().ok()?;
        let decimals: i64 = decimals.parse().ok()?;
        Some(Self(roubles * KOPECKS_PER_ROUBLE + decimals * tenths))
    }

    /// YooKassa's notation: always a dot and two decimals.
    pub fn print(self) -> String {
        format!(
            "{}.{:02}",
            self.0 / KOPECKS_PER_ROUBLE,
            (self.0 % KOPECKS_PER_ROUBLE).abs()
        )
    }

    /// What is left after `other`; never below nothing.
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// A share of the sum in basis points, rounded half up, as fees are.
    pub fn share(self, basis_points: i64) -> Self {
        Self((self.0.saturating_mul(basis_points) + BASIS_POINTS / 2) / BASIS_POINTS)
    }
}

#[cfg(test)]
mod tests {
    use super::Kopecks;

    #[test]
    fn the_wire_notation_is_read_and_written() {
        for (text, kopecks) in [("1000.00", 100_000), ("0.01", 1), ("12", 1_200), ("12.5", 1_250)] {
            assert_eq!(Kopecks::parse(text), Some(Kopecks(kopecks)), "{text}");
        }
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1,00",
            "-1.00",
            "1.001",
            "1e3",
            " 1",
            "99999999999.00",
        ] {
            assert_eq!(Kopecks::parse(text), None, "{text}");
        }
        assert_eq!(Kopecks(150_005).print(), "1500.05");
    }

    #[test]
    fn a_fee_is_rounded_half_up() {
        assert_eq!(Kopecks(150_000).share(280), Kopecks(4_200));
        assert_eq!(Kopecks(25).share(200), Kopecks(1));
    }
}

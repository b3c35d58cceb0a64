//! Money: whole minor units with a currency, checked arithmetic, no floating point.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A currency the platform settles in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Currency {
    /// Russian rouble; the minor unit is the kopeck.
    #[default]
    #[serde(rename = "RUB")]
    Rub,
}

impl Currency {
    /// Every currency.
    pub const ALL: [Self; 1] = [Self::Rub];

    /// The ISO 4217 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Rub => "RUB",
        }
    }

    /// The currency with this ISO 4217 code.
    pub fn parse(code: &str) -> Option<Self> {
        (code == Self::Rub.code()).then_some(Self::Rub)
    }
}

/// An amount of money; may be negative where a balance may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (kopecks).
    pub minor: i64,
    /// The currency of `minor`.
    pub currency: Currency,
}

/// Why an amount could not be read or computed.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("an amount is a decimal number such as 1500.00")]
    NotDecimal,
    #[error("an amount has at most two decimals")]
    TooPrecise,
    #[error("the amounts cannot be combined")]
    OutOfRange,
}

impl Money {
    /// An amount of roubles given in kopecks.
    pub const fn kopecks(minor: i64) -> Self {
        Self {
            minor,
            currency: Currency::Rub,
        }
    }

    /// Nothing, in roubles.
    pub const ZERO: Self = Self::kopecks(0);

    /// Nothing, in the currency of this amount.
    pub const fn zero(self) -> Self {
        Self {
            minor: 0,
            currency: self.currency,
        }
    }

    /// Reads decimal text such as `1500`, `1500.5` or `1500.00`; never through a float.
    ///
    /// # Errors
    /// [`MoneyError::NotDecimal`], [`MoneyError::TooPrecise`] or [`MoneyError::OutOfRange`].
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        // 10.500 says the same as 10.5: zeros behind the second decimal carry nothing.
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 2 {
            return Err(MoneyError::TooPrecise);
        }
        let out_of_range = |_| MoneyError::OutOfRange;
        let whole: i64 = whole.parse().map_err(out_of_range)?;
        let fraction: i64 = format!("{fraction:0<2}").parse().map_err(out_of_range)?;
        let minor = whole
            .checked_mul(100)
            .and_then(|minor| minor.checked_add(fraction))
            .ok_or(MoneyError::OutOfRange)?;
        Ok(Self {
            minor: if negative { -minor } else { minor },
            currency,
        })
    }

    /// The sum.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the currencies differ or the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_add)
    }

    /// The difference; may be negative.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the currencies differ or the difference does not fit.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.combine(other, i64::checked_sub)
    }

    /// `percent` of the amount, rounded down to a whole minor unit.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when the result does not fit.
    pub fn percent_floor(self, percent: u8) -> Result<Self, MoneyError> {
        let exact = i128::from(self.minor) * i128::from(percent);
        let minor = i64::try_from(exact.div_euclid(100)).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.minor > 0
    }

    /// Whether it is nothing, in whatever currency.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The amount as decimal text with two decimals, without its currency: `1500.00`.
    pub fn decimal(self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        format!("{sign}{}.{:02}", minor / 100, minor % 100)
    }

    fn combine(self, other: Self, with: fn(i64, i64) -> Option<i64>) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::OutOfRange);
        }
        let minor = with(self.minor, other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Self {
            minor,
            currency: self.currency,
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency.code())
    }
}

//! Values from their text, as Postgres writes it with ISO dates in UTC.

use jiff::Timestamp;
use jiff::civil::Date;

/// The days of 1970-01-01 that lie between it and `date`.
pub fn days(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    date.since(Date::constant(1970, 1, 1))
        .ok()
        .map(|span| span.get_days())
}

/// A moment; `infinity` and times before the year 1 are none.
pub fn moment(text: &str) -> Option<Timestamp> {
    text.parse()
        .ok()
        .filter(|_| text.starts_with(|first: char| first.is_ascii_digit()))
}

/// A moment as every reader takes it for what it is.
pub fn rfc_3339(moment: Timestamp) -> String {
    format!("{moment:.6}")
}

/// A decimal times ten to the power of `scale`; more digits behind the point, and what is no number, are none.
pub fn unscaled(text: &str, scale: u8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let missing = usize::from(scale).checked_sub(fraction.len())?;
    let all = whole
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', missing));
    let mut sum: i128 = 0;
    for digit in all {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        sum = sum.checked_mul(10)?.checked_add(digit.into())?;
    }
    (!whole.is_empty()).then_some(if negative { -sum } else { sum })
}

/// `true` or `false`, as Postgres shortens them.
pub fn truth(text: &str) -> Option<bool> {
    match text {
        "t" => Some(true),
        "f" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_to_the_last_of_thirty_eight_digits() {
        assert_eq!(unscaled("1500.00", 2), Some(150_000));
        assert_eq!(unscaled("-0.01", 2), Some(-1));
        assert_eq!(unscaled("7", 2), Some(700));
        assert_eq!(
            unscaled("90071992547409.93", 2),
            Some(9_007_199_254_740_993),
            "2^53 + 1"
        );
        let widest = "9".repeat(38);
        assert_eq!(unscaled(&widest, 0).map(|all| all.to_string()), Some(widest));
        for wrong in ["", "-", "NaN", "Infinity", "1.005", "1e3", ".5"] {
            assert_eq!(unscaled(wrong, 2), None, "{wrong}");
        }
    }

    #[test]
    fn moments_are_utc_with_six_digits() {
        let shown = |text| moment(text).map(rfc_3339);
        let expected = Some("2026-12-01T10:00:00.500000Z".to_owned());
        assert_eq!(shown("2026-12-01 10:00:00.5+00"), expected);
        assert_eq!(
            shown("2026-12-01 13:00:00.5+03"),
            expected,
            "whatever the session's zone"
        );
        assert_eq!(shown("infinity"), None);
        assert_eq!(shown("0044-03-15 12:00:00+00 BC"), None);
        assert_eq!(
            moment("1969-12-31 23:59:59.999999+00").map(Timestamp::as_microsecond),
            Some(-1)
        );
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days("1970-01-01"), Some(0));
        assert_eq!(days("1969-12-31"), Some(-1));
        assert_eq!(days("2026-12-01"), Some(20_788));
        assert_eq!(days("infinity"), None);
    }
}

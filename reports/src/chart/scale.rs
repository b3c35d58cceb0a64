//! The axis of values: round ticks, and how they are written.

use super::figure::{Figure, ONE};

/// How many steps an axis has at most.
const STEPS_MAX: i64 = 6;

/// An axis from its lowest tick to its highest, in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The lowest tick; never above zero.
    pub low: i64,
    /// The highest tick; never below zero.
    pub high: i64,
    /// From one tick to the next.
    pub step: i64,
}

impl Scale {
    /// The axis on which all values of a figure lie.
    pub fn of(figure: &Figure) -> Self {
        let values = || figure.series.iter().flat_map(|one| one.values.iter().flatten());
        let largest = values().copied().max().unwrap_or_default().max(0);
        let smallest = values().copied().min().unwrap_or_default().min(0);
        Self::over(smallest, largest, if figure.whole { ONE } else { ONE / 10 })
    }

    /// An axis over these values in steps of 1, 2 or 5 times a power of ten, `least` at the least.
    fn over(smallest: i64, largest: i64, least: i64) -> Self {
        let mut step = least;
        let mut factors = [2, 5, 10].into_iter().cycle();
        let mut power = least;
        loop {
            let low = smallest.div_euclid(step).saturating_mul(step);
            let high = (-(-largest).div_euclid(step)).saturating_mul(step);
            let steps = high.saturating_sub(low) / step;
            let Some(next) = factors.next().and_then(|factor| power.checked_mul(factor)) else {
                return Self { low, high, step };
            };
            if steps <= STEPS_MAX {
                // Nothing to show is an axis, too.
                let high = if high == low { low + step } else { high };
                return Self { low, high, step };
            }
            step = next;
            if power.checked_mul(10) == Some(next) {
                power = next;
            }
        }
    }

    /// Where a value lies between both ends, of `length`.
    pub fn place(self, value: i64, length: i64) -> i64 {
        let span = i128::from(self.high) - i128::from(self.low);
        let from_low = i128::from(value) - i128::from(self.low);
        let place = from_low * i128::from(length) / span.max(1);
        i64::try_from(place).unwrap_or_default()
    }

    /// The ticks, the lowest first.
    pub fn ticks(self) -> impl Iterator<Item = i64> {
        let (low, step) = (self.low, self.step);
        let count = (self.high - self.low) / self.step;
        (0..=count).map(move |number| low + number * step)
    }
}

/// Hundredths as a Russian reader writes a number: thousands apart, a comma before what is behind it.
pub fn written(value: i64) -> String {
    let (whole, fraction) = (value.unsigned_abs() / 100, value.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut text = String::new();
    if value < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    if fraction > 0 {
        text.push_str(format!(",{fraction:02}").trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_every_value() {
        let ticks =
            |smallest, largest, least| Scale::over(smallest, largest, least).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0, 1_000, 100), [0, 200, 400, 600, 800, 1_000]);
        assert_eq!(ticks(0, 301, 100), [0, 100, 200, 300, 400]);
        assert_eq!(ticks(-700, 2_300, 100), [-1_000, 0, 1_000, 2_000, 3_000]);
        assert_eq!(ticks(0, 0, 100), [0, 100], "nothing at all");
        assert_eq!(ticks(0, 35, 10), [0, 10, 20, 30, 40]);
        for largest in [1, 99, 100, 12_345, 999_999, 10_000_001, i64::MAX / 2] {
            let scale = Scale::over(0, largest, 10);
            assert!(scale.high >= largest && scale.low == 0, "{scale:?}");
            assert!(scale.ticks().count() <= 7, "{scale:?}");
        }
    }

    #[test]
    fn values_lie_between_the_ends() {
        let scale = Scale {
            low: -500,
            high: 1_500,
            step: 500,
        };
        assert_eq!(
            [-500, 0, 1_500].map(|value| scale.place(value, 400)),
            [0, 100, 400]
        );
    }

    #[test]
    fn numbers_are_written_as_russians_write_them() {
        assert_eq!(written(150_000_000), "1\u{a0}500\u{a0}000");
        assert_eq!(written(-1_250), "−12,5");
        assert_eq!(written(5), "0,05");
        assert_eq!(written(0), "0");
    }
}

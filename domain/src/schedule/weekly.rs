//! Weekly rules open days: the clock's face is kept, whatever the zone does to its clocks.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use crate::people::Actor;
use crate::schedule::commands::OpenDay;
use crate::schedule::hours::{self, HoursError};

/// Days are opened at most this far ahead in one go.
pub const DAYS_MAX: usize = 400;

/// How one day of the week is worked.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyRule {
    pub weekday: Weekday,
    /// Local hours, each from a minute of the day to another (`0..=1440`, end excluded).
    pub windows: Vec<(u16, u16)>,
    pub slot_minutes: u16,
    pub buffer_before_minutes: u16,
    pub buffer_after_minutes: u16,
}

/// The days from `from` to `until` (both included, at most [`DAYS_MAX`]) on which `rules` give working hours. The first
/// rule of a weekday counts. Dates the zone skipped, and windows that fall wholly into a skipped hour, open nothing.
///
/// # Errors
/// [`HoursError::UnknownZone`] or [`HoursError::NoSuchWindow`].
pub fn days(
    rules: &[WeeklyRule],
    zone: &str,
    from: Date,
    until: Date,
    by: Actor,
    at: Timestamp,
) -> Result<Vec<OpenDay>, HoursError> {
    let mut open = Vec::new();
    let dates = std::iter::successors(Some(from), |date| date.tomorrow().ok());
    for date in dates.take_while(|date| *date <= until).take(DAYS_MAX) {
        let Some(rule) = rules.iter().find(|rule| rule.weekday == date.weekday()) else {
            continue;
        };
        let working = match working_hours(rule, zone, date) {
            Err(HoursError::NoSuchDate) => continue,
            Err(error @ (HoursError::UnknownZone | HoursError::NoSuchWindow)) => return Err(error),
            Ok(working) => working,
        };
        if working.is_empty() {
            continue;
        }
        open.push(OpenDay {
            date,
            zone: zone.to_owned(),
            working,
            slot_minutes: rule.slot_minutes,
            buffer_before_minutes: rule.buffer_before_minutes,
            buffer_after_minutes: rule.buffer_after_minutes,
            by,
            at,
        });
    }
    Ok(open)
}

fn working_hours(
    rule: &WeeklyRule,
    zone: &str,
    date: Date,
) -> Result<Vec<crate::time::TimeRange>, HoursError> {
    let mut working = Vec::new();
    for (from_minute, until_minute) in &rule.windows {
        working.extend(hours::window(date, zone, *from_minute, *until_minute)?);
    }
    Ok(working)
}

//! Local days and hours as instants: bounds of a day, windows of local time, slots. Zones come from the database
//! built into this program, so the same history is judged the same way on every machine.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use crate::schedule::Hours;
use crate::schedule::refusal::ScheduleRefusal;
use crate::time::TimeRange;

/// No visit lasts longer, minutes. Together with [`BUFFER_MINUTES_MAX`] it keeps a visit with its buffers within the
/// three dates around its UTC date, in every zone from −12 to +14 hours: claims that overlap always meet there.
pub const VISIT_MINUTES_MAX: u16 = 480;
/// No buffer is longer, minutes.
pub const BUFFER_MINUTES_MAX: u16 = 120;
/// No block is longer, hours: sixty days, one of which may last 25.
pub const BLOCK_HOURS_MAX: i64 = 60 * 24 + 1;
/// A block touches at most so many UTC dates, the one before and the one after included.
pub const BLOCK_DATES_MAX: usize = 64;
/// A slot is at least this long, minutes.
pub const SLOT_MINUTES_MIN: u16 = 5;
/// A day has at most this many working intervals.
pub const INTERVALS_MAX: usize = 24;
/// Minutes of a day on the clock's face.
pub const MINUTES_OF_DAY: u16 = 24 * 60;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Why a local time has no instant.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("there is no such time zone")]
    UnknownZone,
    /// The zone skipped this date, or it is beyond the calendar.
    #[error("this date does not exist in this time zone")]
    NoSuchDate,
    #[error("a window of a day is some of its minutes, from 0 to 1440")]
    NoSuchWindow,
}

impl From<HoursError> for ScheduleRefusal {
    fn from(error: HoursError) -> Self {
        match error {
            HoursError::UnknownZone | HoursError::NoSuchDate | HoursError::NoSuchWindow => {
                Self::NotAWorkingDay
            }
        }
    }
}

/// The whole local day, from its first instant to the first of the next.
///
/// # Errors
/// [`HoursError::UnknownZone`] or [`HoursError::NoSuchDate`].
pub fn day_bounds(date: Date, zone: &str) -> Result<TimeRange, HoursError> {
    bounds_in(date, &zone_named(zone)?)
}

/// The local date of an instant.
///
/// # Errors
/// [`HoursError::UnknownZone`].
pub fn local_date(at: Timestamp, zone: &str) -> Result<Date, HoursError> {
    Ok(zone_named(zone)?.to_datetime(at).date())
}

/// The instants of `date` whose local time lies in a window, given in minutes from midnight on the clock's face
/// (`0..=1440`, end excluded). A local time that does not exist is skipped; one that comes twice counts at its first
/// occurrence only. So there is more than one range where a clock is set back inside the window.
///
/// # Errors
/// Any [`HoursError`].
pub fn window(
    date: Date,
    zone: &str,
    from_minute: u16,
    until_minute: u16,
) -> Result<Vec<TimeRange>, HoursError> {
    if from_minute >= until_minute || until_minute > MINUTES_OF_DAY {
        return Err(HoursError::NoSuchWindow);
    }
    let zone = zone_named(zone)?;
    let bounds = bounds_in(date, &zone)?;
    let from = on_the_clock(date, from_minute)?;
    let until = on_the_clock(date, until_minute)?;
    let mut seen_until = DateTime::MIN;
    let mut ranges: Vec<TimeRange> = Vec::new();
    for stretch in even_stretches(bounds, &zone) {
        let offset = zone.to_offset(stretch.start());
        let local_end = offset.to_datetime(stretch.end());
        let first = offset.to_datetime(stretch.start()).max(seen_until).max(from);
        let last = local_end.min(until);
        seen_until = seen_until.max(local_end);
        let (Ok(start), Ok(end)) = (offset.to_timestamp(first), offset.to_timestamp(last)) else {
            return Err(HoursError::NoSuchDate);
        };
        if let Ok(range) = TimeRange::new(start, end) {
            append(&mut ranges, range);
        }
    }
    Ok(ranges)
}

/// The visits an open day offers: in each working interval, one after the other, buffers between them.
pub(super) fn visits(hours: &Hours) -> Vec<TimeRange> {
    let length = i64::from(hours.slot_minutes);
    let step = SignedDuration::from_mins(
        length + i64::from(hours.buffer_before_minutes) + i64::from(hours.buffer_after_minutes),
    );
    let mut visits = Vec::new();
    for interval in &hours.working {
        let mut start = interval.start();
        while let Ok(visit) = TimeRange::lasting(start, length) {
            if !interval.contains(visit) {
                break;
            }
            visits.push(visit);
            let Ok(next) = start.checked_add(step) else { break };
            start = next;
        }
    }
    visits
}

/// Checks the shape of a day's hours.
pub(super) fn make_a_working_day(hours: &Hours) -> Result<(), ScheduleRefusal> {
    let buffers_fit =
        hours.buffer_before_minutes <= BUFFER_MINUTES_MAX && hours.buffer_after_minutes <= BUFFER_MINUTES_MAX;
    let slots_fit = (SLOT_MINUTES_MIN..=VISIT_MINUTES_MAX).contains(&hours.slot_minutes);
    let inside = hours
        .working
        .iter()
        .all(|interval| hours.bounds.contains(*interval));
    if !buffers_fit || !slots_fit || !inside || hours.working.len() > INTERVALS_MAX {
        return Err(ScheduleRefusal::NotAWorkingDay);
    }
    if visits(hours).is_empty() {
        return Err(ScheduleRefusal::NotAWorkingDay);
    }
    let pairs = hours.working.iter().zip(hours.working.iter().skip(1));
    if pairs.into_iter().any(|(earlier, later)| earlier.overlaps(*later)) {
        return Err(ScheduleRefusal::DayOverlaps);
    }
    Ok(())
}

fn zone_named(name: &str) -> Result<TimeZone, HoursError> {
    ZONES.get(name).map_err(|_| HoursError::UnknownZone)
}

fn bounds_in(date: Date, zone: &TimeZone) -> Result<TimeRange, HoursError> {
    let next = date.tomorrow().map_err(|_| HoursError::NoSuchDate)?;
    TimeRange::new(first_instant(date, zone)?, first_instant(next, zone)?).map_err(|_| HoursError::NoSuchDate)
}

/// Midnight's first occurrence, or the moment the clock jumps over it.
fn first_instant(date: Date, zone: &TimeZone) -> Result<Timestamp, HoursError> {
    let midnight = zone.to_ambiguous_timestamp(date.to_datetime(Time::midnight()));
    let after_gap = matches!(midnight.offset(), AmbiguousOffset::Gap { .. });
    let instant = midnight.compatible().map_err(|_| HoursError::NoSuchDate)?;
    if !after_gap {
        return Ok(instant);
    }
    let beyond = instant
        .checked_add(SignedDuration::from_nanos(1))
        .map_err(|_| HoursError::NoSuchDate)?;
    Ok(zone
        .preceding(beyond)
        .next()
        .map_or(instant, |jump| jump.timestamp()))
}

fn on_the_clock(date: Date, minute: u16) -> Result<DateTime, HoursError> {
    date.to_datetime(Time::midnight())
        .checked_add(SignedDuration::from_mins(i64::from(minute)))
        .map_err(|_| HoursError::NoSuchDate)
}

/// The day cut where its clock is set.
fn even_stretches(bounds: TimeRange, zone: &TimeZone) -> Vec<TimeRange> {
    let mut stretches = Vec::new();
    let mut start = bounds.start();
    let cuts = zone
        .following(bounds.start())
        .map(|transition| transition.timestamp())
        .take_while(|cut| *cut < bounds.end())
        .chain([bounds.end()]);
    for cut in cuts {
        stretches.extend(TimeRange::new(start, cut));
        start = cut;
    }
    stretches
}

/// Ranges that touch are one: a skipped hour leaves no gap in time itself.
fn append(ranges: &mut Vec<TimeRange>, range: TimeRange) {
    match ranges.last_mut() {
        Some(last) if last.end() == range.start() => {
            if let Ok(joined) = TimeRange::new(last.start(), range.end()) {
                *last = joined;
            }
        }
        Some(_) | None => ranges.push(range),
    }
}

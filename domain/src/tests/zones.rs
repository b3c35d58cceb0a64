//! Days and windows in zones that set their clocks, judged against a minute-by-minute oracle and the history books.

use std::sync::LazyLock;

use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZoneDatabase;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::people::Role;
use crate::schedule::hours::{HoursError, day_bounds, local_date, window};
use crate::schedule::weekly::{DAYS_MAX, WeeklyRule, days};
use crate::tests::fixtures::{moment, person, range};
use crate::time::TimeRange;

const ZONES: [&str; 12] = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Tehran",
    "Europe/Moscow",
    "Europe/Kaliningrad",
    "Europe/Volgograd",
    "Asia/Yekaterinburg",
    "Asia/Kamchatka",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
];

/// The machine's own database may be older than the built-in one and tell another history.
static ZONE_DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

fn minutes(range: TimeRange) -> i64 {
    range.end().duration_since(range.start()).as_mins()
}

fn length(date: Date, zone: &str) -> i64 {
    minutes(day_bounds(date, zone).unwrap())
}

#[test]
fn days_are_as_long_as_their_zone_makes_them() {
    for (zone, day, hours) in [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 6, 1), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Asia/Tehran", date(2022, 3, 22), 23),
        ("Asia/Tehran", date(2022, 9, 21), 25),
        ("Asia/Tehran", date(2026, 3, 22), 24),
        ("Europe/Moscow", date(2011, 3, 27), 23),
        ("Europe/Moscow", date(2014, 10, 26), 25),
        ("Europe/Moscow", date(2026, 3, 29), 24),
        ("Europe/Volgograd", date(2020, 12, 27), 25),
        ("Asia/Kamchatka", date(2026, 10, 25), 24),
        ("Europe/Kaliningrad", date(2026, 3, 29), 24),
    ] {
        assert_eq!(length(day, zone), hours * 60, "{day} in {zone}");
    }
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_with_the_jump() {
    let bounds = day_bounds(date(2022, 3, 22), "Asia/Tehran").unwrap();
    assert_eq!(bounds, range("2022-03-21T20:30:00Z", "2022-03-22T19:30:00Z"));
    // 23:30 was followed by 00:30 of the next day.
    let toronto = day_bounds(date(1919, 3, 31), "America/Toronto").unwrap();
    assert_eq!(toronto.start(), moment("1919-03-31T04:30:00Z"));
}

#[test]
fn a_date_the_zone_skipped_and_a_zone_nobody_knows_have_no_bounds() {
    assert_eq!(
        day_bounds(date(2011, 12, 30), "Pacific/Apia"),
        Err(HoursError::NoSuchDate)
    );
    assert_eq!(day_bounds(Date::MAX, "UTC"), Err(HoursError::NoSuchDate));
    assert_eq!(
        day_bounds(Date::MIN, "Pacific/Kiritimati"),
        Err(HoursError::NoSuchDate)
    );
    assert_eq!(
        day_bounds(date(2026, 1, 1), "Europe/Atlantis"),
        Err(HoursError::UnknownZone)
    );
    assert_eq!(
        local_date(moment("2026-01-01T00:00:00Z"), "Mars/Olympus"),
        Err(HoursError::UnknownZone)
    );
    assert_eq!(
        local_date(moment("2026-01-01T10:00:00Z"), "Pacific/Kiritimati"),
        Ok(date(2026, 1, 2))
    );
}

#[test]
fn a_local_time_that_does_not_exist_is_skipped() {
    let berlin = |from, until| window(date(2026, 3, 29), "Europe/Berlin", from, until).unwrap();
    assert_eq!(
        berlin(0, 360),
        [range("2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z")]
    );
    assert_eq!(berlin(135, 165), []);
    assert_eq!(
        berlin(150, 240),
        [range("2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z")]
    );
    let new_york = window(date(2026, 3, 8), "America/New_York", 90, 210).unwrap();
    assert_eq!(new_york, [range("2026-03-08T06:30:00Z", "2026-03-08T07:30:00Z")]);
    let tehran = window(date(2022, 3, 22), "Asia/Tehran", 0, 120).unwrap();
    assert_eq!(tehran, [range("2022-03-21T20:30:00Z", "2022-03-21T21:30:00Z")]);
}

#[test]
fn an_ambiguous_local_time_is_its_first_occurrence() {
    let berlin = |from, until| window(date(2026, 10, 25), "Europe/Berlin", from, until).unwrap();
    assert_eq!(
        berlin(60, 240),
        [
            range("2026-10-24T23:00:00Z", "2026-10-25T01:00:00Z"),
            range("2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"),
        ]
    );
    assert_eq!(
        berlin(150, 165),
        [range("2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z")]
    );
    let new_york = window(date(2026, 11, 1), "America/New_York", 60, 120).unwrap();
    assert_eq!(new_york, [range("2026-11-01T05:00:00Z", "2026-11-01T06:00:00Z")]);
    let tehran = window(date(2022, 9, 21), "Asia/Tehran", 1_380, 1_440).unwrap();
    assert_eq!(tehran, [range("2022-09-21T18:30:00Z", "2022-09-21T19:30:00Z")]);
}

#[test]
fn a_window_is_some_minutes_of_a_day() {
    for (from, until) in [(60, 60), (120, 60), (0, 1_441)] {
        assert_eq!(
            window(date(2026, 1, 1), "UTC", from, until),
            Err(HoursError::NoSuchWindow)
        );
    }
    assert_eq!(
        window(date(2026, 1, 1), "nowhere", 0, 60),
        Err(HoursError::UnknownZone)
    );
    assert_eq!(
        window(date(2011, 12, 30), "Pacific/Apia", 0, 60),
        Err(HoursError::NoSuchDate)
    );
}

fn rule(weekday: Weekday, windows: Vec<(u16, u16)>) -> WeeklyRule {
    WeeklyRule {
        weekday,
        windows,
        slot_minutes: 30,
        buffer_before_minutes: 0,
        buffer_after_minutes: 15,
    }
}

#[test]
fn weekly_rules_open_their_weekdays() {
    let rules = [
        rule(Weekday::Monday, vec![(9 * 60, 12 * 60), (13 * 60, 17 * 60)]),
        rule(Weekday::Sunday, vec![(135, 165)]),
    ];
    let (by, at) = (person(Role::Clinic), moment("2026-03-01T00:00:00Z"));
    let opened = |from, until| days(&rules, "Europe/Berlin", from, until, by, at).unwrap();
    let march = opened(date(2026, 3, 22), date(2026, 3, 30));
    let dates: Vec<Date> = march.iter().map(|day| day.date).collect();
    // The window of Sunday the 29th falls wholly into the skipped hour.
    assert_eq!(dates, [date(2026, 3, 22), date(2026, 3, 23), date(2026, 3, 30)]);
    assert_eq!(
        march[1].working[0],
        range("2026-03-23T08:00:00Z", "2026-03-23T11:00:00Z")
    );
    assert_eq!(
        march[2].working[0],
        range("2026-03-30T07:00:00Z", "2026-03-30T10:00:00Z")
    );
    assert_eq!((march[2].working.len(), march[2].buffer_after_minutes), (2, 15));
    assert_eq!(opened(date(2026, 3, 30), date(2026, 3, 29)), []);
    let far = opened(date(2026, 1, 1), date(2036, 1, 1));
    assert!(far.last().unwrap().date <= date(2026, 1, 1) + SignedDuration::from_hours(24 * DAYS_MAX as i64));
}

#[test]
fn weekly_rules_pass_over_a_date_that_never_was_and_refuse_nonsense() {
    let (by, at) = (person(Role::Clinic), moment("2011-12-01T00:00:00Z"));
    let friday = date(2011, 12, 30);
    let open = |rules: &[WeeklyRule], zone| days(rules, zone, friday, friday, by, at);
    let rules = [rule(Weekday::Friday, vec![(540, 720)])];
    assert_eq!(open(&rules, "Pacific/Apia"), Ok(vec![]));
    assert_eq!(open(&rules, "UTC").unwrap().len(), 1);
    assert_eq!(open(&rules, "Nowhere"), Err(HoursError::UnknownZone));
    assert_eq!(
        open(&[rule(Weekday::Friday, vec![(9, 9)])], "UTC"),
        Err(HoursError::NoSuchWindow)
    );
}

/// The minutes of the day whose local time lies in the window and did not come before.
fn oracle(day: Date, zone: &str, from: u16, until: u16) -> Vec<Timestamp> {
    let tz = ZONE_DATABASE.get(zone).unwrap();
    let bounds = day_bounds(day, zone).unwrap();
    let mut seen = std::collections::HashSet::new();
    let mut chosen = Vec::new();
    let mut at = bounds.start();
    while at < bounds.end() {
        let local = tz.to_datetime(at);
        let minute = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
        if seen.insert(local) && local.date() == day && (from..until).contains(&minute) {
            chosen.push(at);
        }
        at += SignedDuration::from_mins(1);
    }
    chosen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_window_holds_exactly_the_first_occurrences_of_its_minutes(
        zone in prop::sample::select(&ZONES[..]),
        ordinal in 0i64..22_000,
        jump in any::<bool>(),
        window_of_day in (0u16..1_440, 1u16..=1_440),
    ) {
        // Half of the cases are days on which the zone sets its clock, if it ever does again.
        let tz = ZONE_DATABASE.get(zone).unwrap();
        let from_day = date(1971, 1, 1) + SignedDuration::from_hours(24 * ordinal);
        let some_instant = from_day.to_zoned(tz.clone()).unwrap().timestamp();
        let day = match tz.following(some_instant).next() {
            Some(set) if jump => tz.to_datetime(set.timestamp() - SignedDuration::from_mins(1)).date(),
            Some(_) | None => from_day,
        };
        prop_assume!(day_bounds(day, zone).is_ok());
        let (from, until) = (window_of_day.0.min(window_of_day.1 - 1), window_of_day.1);
        let ranges = window(day, zone, from, until).unwrap();
        let covered: i64 = ranges.iter().map(|range| minutes(*range)).sum();
        let expected = oracle(day, zone, from, until);
        prop_assert_eq!(i64::try_from(expected.len()).unwrap(), covered, "{} {}", day, zone);
        for at in expected {
            prop_assert!(ranges.iter().any(|range| range.holds(at)), "{at} {day} {zone}");
        }
        for pair in ranges.windows(2) {
            prop_assert!(pair[0].end() < pair[1].start());
        }
    }

    #[test]
    fn days_follow_each_other_without_gap_or_overlap(
        zone in prop::sample::select(&ZONES[..]),
        ordinal in 0i64..22_000,
    ) {
        let day = date(1971, 1, 1) + SignedDuration::from_hours(24 * ordinal);
        // Kiritimati crossed the date line and skipped a day.
        if let (Ok(bounds), Ok(next)) = (day_bounds(day, zone), day_bounds(day.tomorrow().unwrap(), zone)) {
            prop_assert_eq!(bounds.end(), next.start());
            prop_assert_eq!(local_date(bounds.start(), zone).unwrap(), day);
        }
    }
}

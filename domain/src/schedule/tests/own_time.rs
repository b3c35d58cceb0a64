//! Doctors close and lengthen their days, keep long stretches free and take them back.

use super::*;
use crate::schedule::hours::{BLOCK_DATES_MAX, BLOCK_HOURS_MAX};

fn block(days: &Days, number: u128, range: TimeRange) -> Result<DatedFacts, ScheduleRefusal> {
    let command = BlockTime {
        block_id: id(number),
        range,
        by: person(Role::Doctor),
        at: now(),
    };
    days.ask(MOSCOW, dates_spanning(range), |days| days.block(command))
}

fn unblock(days: &Days, number: u128, range: TimeRange) -> DatedFacts {
    let command = UnblockTime {
        block_id: id(number),
        by: person(Role::Doctor),
        at: now(),
    };
    days.ask(MOSCOW, dates_spanning(range), |days| days.unblock(&command))
}

fn extend(days: &Days, working: Vec<TimeRange>, at: Timestamp) -> Result<DatedFacts, ScheduleRefusal> {
    let command = ExtendDay {
        date: tenth(),
        working,
        by: person(Role::Doctor),
        at,
    };
    days.ask(MOSCOW, [tenth()], |days| days.extend(command))
}

fn close(days: &Days, at: Timestamp) -> Result<DatedFacts, ScheduleRefusal> {
    let command = CloseDay {
        date: tenth(),
        by: person(Role::Doctor),
        at,
    };
    days.ask(MOSCOW, [tenth()], |days| days.close(command))
}

#[test]
fn a_block_of_sixty_days_keeps_every_claim_out_over_midnights_and_unopened_days() {
    let mut days = open_tenth();
    let holiday = TimeRange::lasting(moment("2026-12-05T10:30:00Z"), 60 * 24 * 60).unwrap();
    days.record(block(&days, 1, holiday).unwrap());
    assert_eq!(days.hold(1, "2026-12-10T07:00:00Z"), Err(taken(vec![])));
    for at in [
        "2026-12-05T10:30:00Z",
        "2026-12-31T20:30:00Z",
        "2027-02-03T10:29:00Z",
    ] {
        let visit = TimeRange::lasting(moment(at), 60).unwrap();
        let busy = ScheduleRefusal::DoctorBusy { overdue: vec![] };
        assert_eq!(days.claim(2, visit, false), Err(busy), "{at}");
    }
    for at in ["2026-12-05T09:30:00Z", "2027-02-03T10:30:00Z"] {
        let visit = TimeRange::lasting(moment(at), 60).unwrap();
        assert!(days.claim(3, visit, false).is_ok(), "{at}");
        days.record(days.ask(MOSCOW, dates_around(visit), |days| days.release(id(3), now())));
    }
    assert_eq!(
        block(&days, 1, holiday),
        Ok(vec![]),
        "the same command twice is one command"
    );
    days.record(unblock(&days, 1, holiday));
    assert_eq!(unblock(&days, 1, holiday), vec![]);
    assert!(days.hold(1, "2026-12-10T07:00:00Z").is_ok());
    assert!(days.0.values().all(|day| day.taken().blocks.is_empty()));
}

#[test]
fn a_visit_anywhere_within_a_block_to_be_is_in_its_way() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T07:00:00Z").unwrap();
    let weeks = range("2026-12-02T00:00:00Z", "2026-12-30T00:00:00Z");
    assert_eq!(
        block(&days, 1, weeks),
        Err(taken(vec![])),
        "the hold still has its deadline"
    );
    let later = BlockTime {
        block_id: id(1),
        range: weeks,
        by: person(Role::Doctor),
        at: moment("2026-12-01T00:15:00Z"),
    };
    let answer = days.ask(MOSCOW, dates_spanning(weeks), |days| days.block(later));
    assert_eq!(
        answer,
        Err(taken(vec![id(1)])),
        "an overdue one is to be asked first"
    );
}

#[test]
fn no_block_names_more_days_than_its_bound() {
    for start in [
        "2026-12-05T00:00:00Z",
        "2026-12-05T23:30:00Z",
        "2026-12-05T12:00:00Z",
    ] {
        let longest = TimeRange::lasting(moment(start), BLOCK_HOURS_MAX * 60).unwrap();
        let dates = dates_spanning(longest);
        assert!(dates.len() <= BLOCK_DATES_MAX, "{}", dates.len());
        assert!(block(&Days::default(), 1, longest).is_ok(), "{start}");
    }
    let short = range("2026-12-10T07:00:00Z", "2026-12-10T08:00:00Z");
    assert_eq!(dates_spanning(short), dates_around(short));
}

#[test]
fn a_block_over_a_day_on_which_the_clock_is_set_covers_all_of_it() {
    for (zone, from, until) in [
        ("Europe/Berlin", date(2026, 3, 28), date(2026, 3, 30)),
        ("America/New_York", date(2026, 10, 31), date(2026, 11, 2)),
        ("Europe/Moscow", date(2014, 10, 25), date(2014, 10, 27)),
    ] {
        let first = day_bounds(from, zone).unwrap();
        let last = day_bounds(until, zone).unwrap();
        let whole = TimeRange::new(first.start(), last.end()).unwrap();
        let command = BlockTime {
            block_id: id(1),
            range: whole,
            by: person(Role::Doctor),
            at: moment("2014-01-01T00:00:00Z"),
        };
        let days = Days::default();
        let facts = days
            .ask(zone, dates_spanning(whole), |days| days.block(command))
            .unwrap();
        let dates: Vec<Date> = facts.iter().map(|(date, _)| *date).collect();
        assert_eq!(dates, [from, from.tomorrow().unwrap(), until], "{zone}");
    }
}

#[test]
fn a_day_is_given_longer_hours_and_never_shorter_ones() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T07:00:00Z").unwrap();
    let whole = |from, until| window(tenth(), MOSCOW, from, until).unwrap();
    assert_eq!(extend(&days, whole(540, 720), now()), Ok(vec![]));
    for (from, until) in [(600, 720), (540, 660), (780, 900)] {
        let answer = extend(&days, whole(from, until), now());
        assert_eq!(answer, Err(ScheduleRefusal::DayNotLonger), "{from}");
    }
    let over_midnight = vec![range("2026-12-10T06:00:00Z", "2026-12-10T22:00:00Z")];
    assert_eq!(
        extend(&days, over_midnight, now()),
        Err(ScheduleRefusal::NotAWorkingDay)
    );
    let over = moment("2026-12-10T21:00:00Z");
    assert_eq!(
        extend(&days, whole(480, 720), over),
        Err(ScheduleRefusal::InThePast)
    );
    // An interval of its own before the old one leaves the old slots where they are.
    let longer = [whole(480, 540), whole(540, 720), whole(780, 900)].concat();
    days.record(extend(&days, longer, now()).unwrap());
    let offered: Vec<_> = slots(&days.day(tenth()))
        .iter()
        .map(|slot| (slot.range.start().to_string(), slot.free))
        .collect();
    let shown: Vec<_> = offered.iter().map(|(at, free)| (at.as_str(), *free)).collect();
    assert_eq!(
        shown,
        [
            ("2026-12-10T05:00:00Z", true),
            ("2026-12-10T06:00:00Z", true),
            ("2026-12-10T07:00:00Z", false),
            ("2026-12-10T08:00:00Z", true),
            ("2026-12-10T10:00:00Z", true),
            ("2026-12-10T11:00:00Z", true),
        ]
    );
    // Two intervals that touch are one.
    days.record(extend(&days, whole(480, 900), now()).unwrap());
    let unopened = extend(&Days::default(), whole(480, 720), now());
    assert_eq!(unopened, Err(ScheduleRefusal::DayNotOpen));
}

#[test]
fn a_day_closes_only_while_nothing_claims_it() {
    let mut days = open_tenth();
    days.record(block(&days, 1, range("2026-12-10T05:00:00Z", "2026-12-10T05:30:00Z")).unwrap());
    days.hold(1, "2026-12-10T07:00:00Z").unwrap();
    let claimed = |overdue| Err(ScheduleRefusal::DayClaimed { overdue });
    assert_eq!(close(&days, now()), claimed(vec![]));
    assert_eq!(
        close(&days, moment("2026-12-01T00:15:00Z")),
        claimed(vec![id(1)]),
        "an overdue hold is to be asked first"
    );
    let visit = range("2026-12-10T07:00:00Z", "2026-12-10T07:30:00Z");
    days.record(days.ask(MOSCOW, dates_around(visit), |days| days.release(id(1), now())));
    let over = moment("2026-12-10T21:00:00Z");
    assert_eq!(close(&days, over), Err(ScheduleRefusal::InThePast));
    days.record(close(&days, now()).unwrap());
    assert_eq!(slots(&days.day(tenth())), []);
    assert_eq!(
        close(&days, now()),
        Ok(vec![]),
        "the same command twice is one command"
    );
    let closed = days.hold(2, "2026-12-10T07:00:00Z");
    assert_eq!(closed, Err(ScheduleRefusal::OutsideWorkingHours));
    assert_eq!(days.day(tenth()).taken().blocks.len(), 1, "blocks stay");
    days.open(hours(tenth(), 540, 780));
    assert!(days.hold(2, "2026-12-10T07:00:00Z").is_ok(), "it opens again");
}

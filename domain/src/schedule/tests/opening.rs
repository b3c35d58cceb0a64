//! Days open once, respect what is there, and can be kept free.

use super::*;

#[test]
fn a_day_opens_once() {
    let days = open_tenth();
    let open = |command: OpenDay| days.ask(MOSCOW, dates_beside(tenth()), |days| days.open(command));
    assert_eq!(open(hours(tenth(), 540, 720)), Ok(vec![]));
    assert_eq!(
        open(hours(tenth(), 540, 780)),
        Err(ScheduleRefusal::DayAlreadyOpen)
    );
    let elsewhere = open(hours(date(2026, 12, 20), 540, 720));
    assert_eq!(
        elsewhere,
        Err(ScheduleRefusal::NotAWorkingDay),
        "only loaded days open"
    );
}

#[test]
fn hours_that_make_no_day_are_refused() {
    let days = Days::default();
    let good = || hours(tenth(), 540, 720);
    let refused = |command: OpenDay, refusal| {
        assert_eq!(
            days.ask(MOSCOW, dates_beside(tenth()), |days| days.open(command)),
            Err(refusal)
        );
    };
    let no_day = ScheduleRefusal::NotAWorkingDay;
    refused(
        OpenDay {
            working: vec![],
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            slot_minutes: 4,
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            slot_minutes: 481,
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            slot_minutes: 181,
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            buffer_before_minutes: 121,
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            buffer_after_minutes: 121,
            ..good()
        },
        no_day.clone(),
    );
    refused(
        OpenDay {
            zone: "Europe/Atlantis".to_owned(),
            ..good()
        },
        no_day.clone(),
    );
}

#[test]
fn hours_stay_within_their_day_and_apart() {
    let days = Days::default();
    let good = || hours(tenth(), 540, 720);
    let refused = |command: OpenDay, refusal| {
        assert_eq!(
            days.ask(MOSCOW, dates_beside(tenth()), |days| days.open(command)),
            Err(refusal)
        );
    };
    let no_day = ScheduleRefusal::NotAWorkingDay;
    let over_midnight = vec![range("2026-12-10T20:00:00Z", "2026-12-10T22:00:00Z")];
    refused(
        OpenDay {
            working: over_midnight,
            ..good()
        },
        no_day,
    );
    let overlapping = vec![
        range("2026-12-10T08:00:00Z", "2026-12-10T10:00:00Z"),
        range("2026-12-10T06:00:00Z", "2026-12-10T08:00:01Z"),
    ];
    refused(
        OpenDay {
            working: overlapping,
            ..good()
        },
        ScheduleRefusal::DayOverlaps,
    );
    let over = moment("2026-12-10T21:00:00Z");
    refused(OpenDay { at: over, ..good() }, ScheduleRefusal::InThePast);
}

#[test]
fn a_new_zone_may_not_overlap_the_last_day_of_the_old_one() {
    let days = open_tenth();
    let berlin_day = |date: Date, zone: &str| {
        let command = OpenDay {
            zone: zone.to_owned(),
            working: window(date, zone, 600, 660).unwrap(),
            ..hours(tenth(), 540, 720)
        };
        let command = OpenDay { date, ..command };
        days.ask(zone, dates_beside(date), |days| days.open(command))
            .map(|facts| facts.len())
    };
    let eleventh = date(2026, 12, 11);
    assert_eq!(
        berlin_day(eleventh, "Europe/Berlin"),
        Ok(1),
        "Berlin's day begins later"
    );
    assert_eq!(
        berlin_day(eleventh, "Asia/Omsk"),
        Err(ScheduleRefusal::DayOverlaps)
    );
    assert_eq!(
        berlin_day(date(2026, 12, 9), "Europe/Berlin"),
        Err(ScheduleRefusal::DayOverlaps)
    );
}

#[test]
fn opening_respects_claims_that_are_there() {
    let mut days = Days::default();
    days.claim(1, range("2026-12-10T06:00:00Z", "2026-12-10T07:00:00Z"), false)
        .unwrap();
    days.open(hours(tenth(), 540, 720));
    let free: Vec<bool> = slots(&days.day(tenth())).iter().map(|slot| slot.free).collect();
    assert_eq!(
        free,
        [false, false, true],
        "the second slot's buffer meets the visit"
    );
    // Under another zone the claim would lie in a day whose stream does not know it.
    let mut days = Days::default();
    days.claim(1, range("2026-12-10T20:00:00Z", "2026-12-10T20:30:00Z"), false)
        .unwrap();
    let eleventh = date(2026, 12, 11);
    let command = OpenDay {
        zone: "Asia/Omsk".to_owned(),
        working: window(eleventh, "Asia/Omsk", 600, 660).unwrap(),
        ..hours(eleventh, 600, 660)
    };
    let refused = days.ask("Asia/Omsk", dates_beside(eleventh), |days| days.open(command));
    assert_eq!(refused, Err(ScheduleRefusal::DayOverlaps));
}

#[test]
fn a_block_keeps_visits_out_and_respects_those_there() {
    let mut days = open_tenth();
    let block = |days: &Days, number, range: TimeRange, at| {
        let command = BlockTime {
            block_id: id(number),
            range,
            by: person(Role::Doctor),
            at,
        };
        days.ask(MOSCOW, dates_spanning(range), |days| days.block(command))
    };
    let lunch = range("2026-12-10T07:00:00Z", "2026-12-10T08:00:00Z");
    let facts = block(&days, 1, lunch, now()).unwrap();
    days.record(facts);
    assert_eq!(block(&days, 1, lunch, now()), Ok(vec![]));
    assert_eq!(
        block(&days, 2, lunch, now()).map(|facts| facts.len()),
        Ok(1),
        "blocks may overlap"
    );
    assert_eq!(days.hold(1, "2026-12-10T07:00:00Z"), Err(taken(vec![])));
    // The buffer after the first slot ends at 06:50, and the next begins at 07:50.
    days.hold(1, "2026-12-10T06:00:00Z").unwrap();
    assert_eq!(days.hold(2, "2026-12-10T08:00:00Z"), Err(taken(vec![])));
    let early = range("2026-12-10T05:00:00Z", "2026-12-10T06:10:00Z");
    assert_eq!(block(&days, 3, early, now()), Err(taken(vec![])));
    assert_eq!(
        block(&days, 3, early, early.end()),
        Err(ScheduleRefusal::InThePast)
    );
    let whole_day = day_bounds(date(2026, 12, 12), MOSCOW).unwrap();
    assert_eq!(
        block(&days, 5, whole_day, now()).map(|facts| facts[0].0),
        Ok(date(2026, 12, 12))
    );
}

#[test]
fn a_neighbourhood_without_a_zone_claims_nothing() {
    let days = Days::default();
    let visit = range("2026-12-10T07:00:00Z", "2026-12-10T08:00:00Z");
    let command = Claim {
        booking_id: id(1),
        visit,
        keep_hours: false,
        at: now(),
    };
    let refused = days.ask("Europe/Atlantis", dates_around(visit), |days| days.claim(command));
    assert_eq!(refused, Err(ScheduleRefusal::NotAWorkingDay));
}

#[test]
fn a_claim_beside_a_date_that_never_was_stands_on_those_that_were() {
    let visit = range("2011-12-30T09:30:00Z", "2011-12-30T10:30:00Z");
    let command = Claim {
        booking_id: id(1),
        visit,
        keep_hours: false,
        at: moment("2011-12-01T00:00:00Z"),
    };
    let days = Days::default();
    let claimed = days
        .ask("Pacific/Apia", dates_around(visit), |days| days.claim(command))
        .unwrap();
    assert_eq!(claimed.appointment.days, [date(2011, 12, 29), date(2011, 12, 31)]);
}

#[test]
fn the_calendar_has_ends() {
    assert_eq!(dates_beside(Date::MAX)[2], Date::MAX);
    assert_eq!(dates_beside(Date::MIN)[0], Date::MIN);
    assert_eq!(
        DoctorDay::stream_id(doctor_id(), tenth()),
        format!("{}_2026-12-10", doctor_id())
    );
}

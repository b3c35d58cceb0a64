//! Given a doctor's days, when time is asked for, then it is given once.

mod opening;
mod own_time;
mod single;

use cqrs_es::Aggregate;
use cqrs_es::test::TestFramework;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::ids::BookingId;
use crate::people::Role;
use crate::schedule::adjacent_days::{
    AdjacentDays, Claimed, DatedFacts, dates_around, dates_around_instant, dates_beside, dates_spanning,
};
use crate::schedule::commands::{
    BlockOnDay, BlockTime, Claim, ClaimOnDay, CloseDay, CloseOnDay, ConfirmOnDay, ExtendDay, ExtendOnDay,
    HoldOnDay, HoldSlot, OpenDay, OpenOnDay, ReleaseOnDay, UnblockOnDay, UnblockTime,
};
use crate::schedule::events::DoctorDayEvent;
use crate::schedule::hours::{day_bounds, window};
use crate::schedule::refusal::ScheduleRefusal;
use crate::schedule::{DoctorDay, DoctorDayCommand, slots};
use crate::tests::fixtures::{doctor_id, id, moment, person, range};
use crate::time::TimeRange;

const MOSCOW: &str = "Europe/Moscow";

fn now() -> Timestamp {
    moment("2026-12-01T00:00:00Z")
}

fn tenth() -> Date {
    date(2026, 12, 10)
}

fn taken(overdue: Vec<BookingId>) -> ScheduleRefusal {
    ScheduleRefusal::SlotTaken { overdue }
}

/// A doctor's days by date; those never written are unopened.
#[derive(Clone, Default)]
pub(in crate::schedule) struct Days(pub std::collections::BTreeMap<Date, DoctorDay>);

impl Days {
    pub(in crate::schedule) fn day(&self, date: Date) -> DoctorDay {
        self.0.get(&date).cloned().unwrap_or_default()
    }

    pub(in crate::schedule) fn ask<T>(
        &self,
        zone: &str,
        dates: impl AsRef<[Date]>,
        ask: impl FnOnce(AdjacentDays<'_>) -> T,
    ) -> T {
        let loaded: Vec<_> = dates
            .as_ref()
            .iter()
            .map(|date| (*date, self.day(*date)))
            .collect();
        ask(AdjacentDays {
            doctor_id: doctor_id(),
            zone,
            days: loaded.iter().map(|(date, day)| (*date, day)).collect(),
        })
    }

    pub(in crate::schedule) fn record(&mut self, facts: DatedFacts) {
        for (date, fact) in facts {
            self.0.entry(date).or_default().apply(fact);
        }
    }

    fn open(&mut self, command: OpenDay) {
        let facts = self
            .ask(MOSCOW, dates_beside(command.date), |days| days.open(command))
            .unwrap();
        self.record(facts);
    }

    fn hold(&mut self, booking: u128, starts_at: &str) -> Result<Claimed, ScheduleRefusal> {
        let starts_at = moment(starts_at);
        let command = HoldSlot {
            booking_id: id(booking),
            starts_at,
            until: moment("2026-12-01T00:15:00Z"),
            at: now(),
        };
        let claimed = self.ask(MOSCOW, dates_around_instant(starts_at), |days| days.hold(command))?;
        self.record(claimed.facts.clone());
        Ok(claimed)
    }

    fn claim(
        &mut self,
        booking: u128,
        visit: TimeRange,
        keep_hours: bool,
    ) -> Result<Claimed, ScheduleRefusal> {
        let command = Claim {
            booking_id: id(booking),
            visit,
            keep_hours,
            at: now(),
        };
        let claimed = self.ask(MOSCOW, dates_around(visit), |days| days.claim(command))?;
        self.record(claimed.facts.clone());
        Ok(claimed)
    }
}

fn hours(date: Date, from: u16, until: u16) -> OpenDay {
    OpenDay {
        date,
        zone: MOSCOW.to_owned(),
        working: window(date, MOSCOW, from, until).unwrap(),
        slot_minutes: 30,
        buffer_before_minutes: 10,
        buffer_after_minutes: 20,
        by: person(Role::Clinic),
        at: now(),
    }
}

/// The tenth is open from 9 to 12 in Moscow: slots at 06:00, 07:00 and 08:00 UTC.
fn open_tenth() -> Days {
    let mut days = Days::default();
    days.open(hours(tenth(), 540, 720));
    days
}

#[test]
fn an_open_day_offers_slots_that_do_not_stand_in_each_others_way() {
    let mut days = open_tenth();
    let offered = |days: &Days| -> Vec<(String, bool)> {
        slots(&days.day(tenth()))
            .iter()
            .map(|slot| (slot.range.start().to_string(), slot.free))
            .collect()
    };
    let starts = [
        "2026-12-10T06:00:00Z",
        "2026-12-10T07:00:00Z",
        "2026-12-10T08:00:00Z",
    ];
    assert_eq!(offered(&days), starts.map(|start| (start.to_owned(), true)));
    for (booking, start) in (1..).zip(starts) {
        days.hold(booking, start).unwrap();
    }
    assert_eq!(offered(&days), starts.map(|start| (start.to_owned(), false)));
    assert_eq!(slots(&DoctorDay::default()), []);
}

#[test]
fn a_hold_takes_the_slot_with_its_buffers_until_its_deadline() {
    let claimed = open_tenth().hold(1, "2026-12-10T07:00:00Z").unwrap();
    assert_eq!(
        claimed.appointment.visit,
        range("2026-12-10T07:00:00Z", "2026-12-10T07:30:00Z")
    );
    assert_eq!(claimed.appointment.days, [tenth()]);
    let held = DoctorDayEvent::Held {
        doctor_id: doctor_id(),
        date: tenth(),
        booking_id: id(1),
        visit: claimed.appointment.visit,
        occupied: range("2026-12-10T06:50:00Z", "2026-12-10T07:50:00Z"),
        until: moment("2026-12-01T00:15:00Z"),
        at: now(),
    };
    assert_eq!(claimed.facts, [(tenth(), held)]);
}

#[test]
fn a_hold_ends_no_later_than_its_visit_begins() {
    let starts_at = moment("2026-12-10T07:00:00Z");
    let command = HoldSlot {
        booking_id: id(1),
        starts_at,
        until: moment("2026-12-10T07:10:00Z"),
        at: now(),
    };
    let days = open_tenth();
    let claimed = days
        .ask(MOSCOW, dates_around_instant(starts_at), |days| days.hold(command))
        .unwrap();
    assert!(matches!(claimed.facts[0].1, DoctorDayEvent::Held { until, .. } if until == starts_at));
}

#[test]
fn a_taken_slot_is_refused_and_names_overdue_holds() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T07:00:00Z").unwrap();
    assert_eq!(days.hold(2, "2026-12-10T07:00:00Z"), Err(taken(vec![])));
    assert_eq!(
        days.hold(1, "2026-12-10T07:00:00Z").map(|claimed| claimed.facts),
        Ok(vec![])
    );
    let starts_at = moment("2026-12-10T07:00:00Z");
    let ask = |days: &Days, at| {
        let command = HoldSlot {
            booking_id: id(2),
            starts_at,
            until: at,
            at,
        };
        days.ask(MOSCOW, dates_around_instant(starts_at), |days| days.hold(command))
    };
    // The hold may be ended from its deadline on, but it stands until somebody ends it.
    assert_eq!(ask(&days, moment("2026-12-01T00:14:59Z")), Err(taken(vec![])));
    assert_eq!(
        ask(&days, moment("2026-12-01T00:15:00Z")),
        Err(taken(vec![id(1)]))
    );
    let facts = days.ask(MOSCOW, dates_around_instant(starts_at), |days| {
        days.confirm(id(1), now())
    });
    days.record(facts);
    assert_eq!(ask(&days, moment("2026-12-01T00:15:00Z")), Err(taken(vec![])));
}

#[test]
fn overdue_holds_are_only_named_when_nothing_else_is_in_the_way() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T06:00:00Z").unwrap();
    days.hold(2, "2026-12-10T07:00:00Z").unwrap();
    let urgent = |days: &Days, until| {
        let visit = range("2026-12-10T06:00:00Z", until);
        let command = Claim {
            booking_id: id(9),
            visit,
            keep_hours: false,
            at: moment("2026-12-02T00:00:00Z"),
        };
        days.ask(MOSCOW, dates_around(visit), |days| days.claim(command))
    };
    let busy = |overdue| Err(ScheduleRefusal::DoctorBusy { overdue });
    assert_eq!(urgent(&days, "2026-12-10T08:00:00Z"), busy(vec![id(1), id(2)]));
    days.claim(3, range("2026-12-10T08:00:00Z", "2026-12-10T08:30:00Z"), true)
        .unwrap();
    assert_eq!(urgent(&days, "2026-12-10T08:00:00Z"), busy(vec![]));
    assert_eq!(urgent(&days, "2026-12-10T07:00:00Z"), busy(vec![id(1), id(2)]));
}

#[test]
fn only_slots_of_open_days_are_held() {
    let mut days = open_tenth();
    for starts_at in [
        "2026-12-10T06:30:00Z",
        "2026-12-10T09:00:00Z",
        "2026-12-11T06:00:00Z",
    ] {
        assert_eq!(
            days.hold(1, starts_at),
            Err(ScheduleRefusal::OutsideWorkingHours),
            "{starts_at}"
        );
    }
    assert_eq!(
        days.hold(1, "2026-11-30T06:00:00Z"),
        Err(ScheduleRefusal::InThePast)
    );
    let slot = days.ask(MOSCOW, dates_beside(tenth()), |days| {
        days.slot_at(moment("2026-12-10T08:00:00Z"))
    });
    assert_eq!(slot, Ok(range("2026-12-10T08:00:00Z", "2026-12-10T08:30:00Z")));
}

#[test]
fn a_claim_that_keeps_hours_is_a_slot_and_an_urgent_one_is_not() {
    let mut days = open_tenth();
    let outside = Err(ScheduleRefusal::OutsideWorkingHours);
    let longer = range("2026-12-10T07:00:00Z", "2026-12-10T07:45:00Z");
    assert_eq!(days.claim(1, longer, true), outside);
    assert_eq!(
        days.claim(1, range("2026-12-10T20:00:00Z", "2026-12-10T20:30:00Z"), true),
        outside
    );
    // Buffers are the open day's; a day that is not open has none.
    let claimed = days.claim(1, longer, false).unwrap();
    assert!(
        matches!(&claimed.facts[0].1, DoctorDayEvent::Claimed { occupied, .. }
        if *occupied == range("2026-12-10T06:50:00Z", "2026-12-10T08:05:00Z"))
    );
    let elsewhere = range("2026-12-13T07:00:00Z", "2026-12-13T08:00:00Z");
    let claimed = days.claim(2, elsewhere, false).unwrap();
    assert!(
        matches!(&claimed.facts[0].1, DoctorDayEvent::Claimed { occupied, .. } if *occupied == elsewhere)
    );
    let endless = range("2026-12-14T07:00:00Z", "2026-12-14T15:00:01Z");
    assert_eq!(days.claim(3, endless, false), outside);
}

#[test]
fn nothing_begins_in_the_past() {
    let days = open_tenth();
    let visit = range("2026-12-10T07:00:00Z", "2026-12-10T07:30:00Z");
    let claim = |keep_hours, at| {
        let command = Claim {
            booking_id: id(1),
            visit,
            keep_hours,
            at,
        };
        days.ask(MOSCOW, dates_around(visit), |days| days.claim(command))
            .map(|_| ())
    };
    assert_eq!(claim(true, visit.start()), Err(ScheduleRefusal::InThePast));
    assert_eq!(
        claim(false, visit.start()),
        Ok(()),
        "an urgent visit begins when it is assigned"
    );
    assert_eq!(claim(false, visit.end()), Err(ScheduleRefusal::InThePast));
}

#[test]
fn a_hold_is_confirmed_and_released_on_every_day_it_stands_on() {
    let mut days = Days::default();
    // 23:30 in Moscow; with its buffer the visit reaches into the eleventh.
    days.open(hours(tenth(), 1_410, 1_440));
    let claimed = days.hold(1, "2026-12-10T20:30:00Z").unwrap();
    let dates = [tenth(), date(2026, 12, 11)];
    assert_eq!(claimed.appointment.days, dates);
    let around = dates_around(claimed.appointment.visit);
    let confirmed = days.ask(MOSCOW, around, |days| days.confirm(id(1), now()));
    assert_eq!(confirmed.iter().map(|(date, _)| *date).collect::<Vec<_>>(), dates);
    days.record(confirmed);
    assert_eq!(
        days.ask(MOSCOW, around, |days| days.confirm(id(1), now())),
        [],
        "once is enough"
    );
    let next_day = range("2026-12-10T21:00:00Z", "2026-12-10T21:30:00Z");
    let busy = Err(ScheduleRefusal::DoctorBusy { overdue: vec![] });
    assert_eq!(
        days.claim(2, next_day, false),
        busy,
        "the buffer is kept over midnight, on a day never opened"
    );
    let released = days.ask(MOSCOW, around, |days| days.release(id(1), now()));
    assert_eq!(released.len(), 2);
    days.record(released);
    assert_eq!(
        days.ask(MOSCOW, around, |days| days.release(id(1), now())),
        [],
        "nothing is left to release"
    );
    assert!(days.claim(2, next_day, false).is_ok());
}

#[test]
fn a_booking_moves_within_its_days_in_one_step() {
    let mut days = open_tenth();
    days.hold(1, "2026-12-10T06:00:00Z").unwrap();
    let moved = days
        .claim(1, range("2026-12-10T07:00:00Z", "2026-12-10T07:30:00Z"), true)
        .unwrap();
    assert_eq!(moved.facts.len(), 1);
    assert_eq!(days.day(tenth()).taken().claims.len(), 1);
    let far = days
        .claim(1, range("2026-12-11T05:00:00Z", "2026-12-11T06:00:00Z"), false)
        .unwrap();
    let names: Vec<_> = far.facts.iter().map(|(_, fact)| fact.type_name()).collect();
    assert_eq!(names, ["SlotReleased", "SlotClaimed"]);
    assert_eq!(days.day(tenth()).taken().claims, []);
    assert_eq!(days.claim(1, far.appointment.visit, false).unwrap().facts, []);
}

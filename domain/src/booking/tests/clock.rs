//! The clock of a visit: every step has its time, and what nobody takes up ends by itself.

use super::*;
use crate::booking::status::EscalationReason;

const TICK: SignedDuration = SignedDuration::from_nanos(1);

fn end() -> Timestamp {
    before_start(-30)
}

fn after_end(minutes: i64) -> Timestamp {
    before_start(-30 - minutes)
}

/// What `command` meets in this state around both ends of its window.
fn is_open(
    call_type: CallType,
    state: &str,
    command: impl Fn(Timestamp) -> BookingCommand,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
) {
    let booking = fold(&history(call_type, state));
    let met = |at| outcome(&booking, command(at));
    let said = |word: &str| word == "too_early" || word == "too_late" || word == "no";
    if let Some(first) = first {
        assert_eq!(met(first - TICK), "too_early", "{call_type:?} {state}");
        assert!(!said(&met(first)), "{call_type:?} {state}: {}", met(first));
    }
    if let Some(last) = last {
        assert_eq!(met(last + TICK), "too_late", "{call_type:?} {state}");
        assert!(!said(&met(last)), "{call_type:?} {state}: {}", met(last));
    }
}

#[test]
fn a_doctor_departs_from_three_hours_before_the_start_to_the_end() {
    let command = |at| depart(at).into();
    is_open(
        CallType::Scheduled,
        "assigned",
        command,
        Some(before_start(180)),
        Some(end()),
    );
    is_open(CallType::Urgent, "assigned", command, None, Some(after_end(120)));
    let consultation = fold(&history(CallType::Consultation, "assigned"));
    assert_eq!(
        outcome(&consultation, command(start())),
        "no",
        "to a consultation nobody travels"
    );
}

#[test]
fn a_doctor_arrives_after_the_departure_or_ten_minutes_before_a_consultation() {
    let command = |at| arrive(at).into();
    for call_type in [CallType::Scheduled, CallType::Urgent] {
        is_open(call_type, "en_route", command, None, Some(end()));
        let assigned = fold(&history(call_type, "assigned"));
        assert_eq!(outcome(&assigned, command(start())), "no", "{call_type:?}");
    }
    is_open(
        CallType::Consultation,
        "assigned",
        command,
        Some(before_start(10)),
        Some(end()),
    );
}

#[test]
fn a_visit_starts_from_half_an_hour_before_its_time_to_two_hours_after_its_end() {
    let command = |at| begin(at).into();
    let (first, last) = (Some(before_start(30)), Some(after_end(120)));
    for state in ["en_route", "arrived"] {
        is_open(CallType::Scheduled, state, command, first, last);
        is_open(CallType::Urgent, state, command, None, last);
    }
    is_open(CallType::Consultation, "arrived", command, first, last);
    let consultation = fold(&history(CallType::Consultation, "assigned"));
    assert_eq!(outcome(&consultation, command(start())), "no");
}

#[test]
fn a_visit_lasts_five_minutes_at_least_and_ends_whenever_it_ends() {
    let command = |at| complete(at).into();
    is_open(
        CallType::Scheduled,
        "in_progress",
        command,
        Some(before_start(-5)),
        None,
    );
    let booking = fold(&history(CallType::Urgent, "in_progress"));
    assert_eq!(outcome(&booking, command(after_end(100_000))), "VisitCompleted");
}

#[test]
fn a_patient_is_absent_a_quarter_of_an_hour_after_start_and_arrival_and_not_for_ever() {
    let command = |at| no_show(at).into();
    for call_type in CallType::ALL {
        is_open(
            call_type,
            "arrived",
            command,
            Some(before_start(-15)),
            Some(after_end(120)),
        );
    }
    for (call_type, fee) in [(CallType::Scheduled, rub(1000)), (CallType::Urgent, rub(600))] {
        let facts = history(call_type, "no_show");
        assert_eq!(fold(&facts).agreement().unwrap().fee, Some(fee));
    }
    // Whoever comes late waits from then on.
    let late = after(
        history(CallType::Scheduled, "en_route"),
        arrive(before_start(-20)),
    );
    assert_eq!(
        outcome(&fold(&late), command(before_start(-35) - TICK)),
        "too_early"
    );
    assert_eq!(outcome(&fold(&late), command(before_start(-35))), "PatientNoShow");
}

#[test]
fn a_doctor_who_never_left_home_reports_nobody_absent() {
    for call_type in [CallType::Scheduled, CallType::Urgent] {
        for state in ["assigned", "en_route"] {
            let booking = fold(&history(call_type, state));
            assert_eq!(outcome(&booking, no_show(before_start(-16)).into()), "no");
        }
    }
}

#[test]
fn a_step_taken_anew_by_another_doctor_starts_from_nothing() {
    let facts = history(CallType::Scheduled, "arrived");
    let facts = after(
        facts,
        Unassign {
            by: person(Role::Admin),
            at: before_start(4),
        },
    );
    let facts = after(
        facts,
        Assign {
            appointment: agreed(),
            by: person(Role::Admin),
            at: before_start(3),
        },
    );
    let facts = after(facts, depart(before_start(2)));
    let booking = fold(&facts);
    assert_eq!(booking.agreement().unwrap().steps.arrived_at, None);
    assert_eq!(outcome(&booking, no_show(before_start(-15)).into()), "no");
}

#[test]
fn a_visit_started_from_the_road_records_the_arrival() {
    let facts = after(history(CallType::Scheduled, "en_route"), begin(start()));
    assert_eq!(fold(&facts).agreement().unwrap().steps.arrived_at, Some(start()));
}

#[test]
fn an_urgent_call_ends_after_an_hour_without_a_doctor() {
    let secured = history(CallType::Urgent, "secured");
    let hour = moment(ASKED) + SignedDuration::from_hours(1);
    assert_eq!(
        outcome(&fold(&secured), pass_deadline(hour - TICK).into()),
        "BookingEscalated"
    );
    let facts = after(secured, pass_deadline(hour));
    let booking = fold(&facts);
    assert_eq!(booking.status().as_str(), "expired");
    assert_eq!(booking.agreement().unwrap().fee, Some(rub(0)));
    assert_eq!(
        decide(&booking, pass_deadline(hour)),
        Ok(vec![]),
        "the same command twice is one command"
    );
    // The money that secured it is the settlement's; it neither revives the booking nor is refused.
    assert_eq!(decide(&booking, paid(20, hour)), Ok(vec![]));
    assert_eq!(outcome(&booking, paid(21, hour).into()), "LatePaymentRefused");
}

#[test]
fn the_search_for_another_doctor_has_its_own_hour() {
    let facts = after(
        history(CallType::Urgent, "assigned"),
        Unassign {
            by: person(Role::Doctor),
            at: before_start(30),
        },
    );
    let booking = fold(&facts);
    assert_eq!(
        outcome(&booking, pass_deadline(before_start(-30) - TICK).into()),
        "BookingEscalated"
    );
    assert_eq!(
        outcome(&booking, pass_deadline(before_start(-30)).into()),
        "BookingNobodyFound"
    );
}

#[test]
fn a_visit_whose_doctor_was_taken_off_ends_when_its_time_comes() {
    for call_type in [CallType::Scheduled, CallType::Consultation] {
        let secured = fold(&history(call_type, "secured"));
        assert_eq!(
            outcome(&secured, pass_deadline(start() - TICK).into()),
            "BookingEscalated"
        );
        assert_eq!(
            outcome(&secured, pass_deadline(start()).into()),
            "BookingNobodyFound"
        );
    }
}

#[test]
fn a_visit_nobody_departed_for_is_missed_a_day_after_its_end() {
    for call_type in CallType::ALL {
        let assigned = history(call_type, "assigned");
        let booking = fold(&assigned);
        assert_eq!(
            outcome(&booking, pass_deadline(after_end(24 * 60) - TICK).into()),
            "BookingEscalated"
        );
        let facts = after(assigned, pass_deadline(after_end(24 * 60)));
        let booking = fold(&facts);
        assert_eq!(booking.status().as_str(), "missed");
        assert_eq!(booking.agreement().unwrap().fee, Some(rub(0)));
        assert_eq!(outcome(&booking, pass_deadline(after_end(24 * 60)).into()), "-");
    }
    let gone = after(
        history(CallType::Scheduled, "en_route"),
        pass_deadline(after_end(100_000)),
    );
    assert_eq!(
        fold(&gone).status().as_str(),
        "en_route",
        "a doctor who set out says how it ended"
    );
}

/// The history told an operator at `first` and not before, once.
fn is_escalated(history: Vec<BookingEvent>, first: Timestamp, reason: EscalationReason) {
    assert_eq!(
        outcome(&fold(&history), pass_deadline(first - TICK).into()),
        "-",
        "{reason:?}"
    );
    let facts = after(history, pass_deadline(first));
    let booking = fold(&facts);
    assert_eq!(booking.agreement().unwrap().escalated, Some(reason));
    assert_eq!(
        outcome(&booking, pass_deadline(first).into()),
        "-",
        "{reason:?} is told once"
    );
}

#[test]
fn an_operator_is_told_of_what_gets_nowhere() {
    let ten_minutes = moment(ASKED) + SignedDuration::from_mins(10);
    is_escalated(
        history(CallType::Urgent, "secured"),
        ten_minutes,
        EscalationReason::NoDoctor,
    );
    for call_type in CallType::ALL {
        let late = after_end(120);
        is_escalated(
            history(call_type, "assigned"),
            late,
            EscalationReason::NotDeparted,
        );
        for state in ["en_route", "arrived", "in_progress"] {
            if call_type == CallType::Consultation && state == "en_route" {
                continue; // It has no journey.
            }
            is_escalated(
                history(call_type, state),
                after_end(360),
                EscalationReason::Unfinished,
            );
        }
    }
}

#[test]
fn what_an_operator_was_told_is_forgotten_once_it_moves_on() {
    let ten_minutes = moment(ASKED) + SignedDuration::from_mins(10);
    let told = after(history(CallType::Urgent, "secured"), pass_deadline(ten_minutes));
    assert!(fold(&told).agreement().unwrap().escalated.is_some());
    let assigned = after(
        told,
        Assign {
            appointment: agreed(),
            by: person(Role::Admin),
            at: ten_minutes,
        },
    );
    assert_eq!(fold(&assigned).agreement().unwrap().escalated, None);
}

#[test]
fn a_booking_of_before_the_clock_goes_on() {
    // A consultation whose doctor departed, as that was possible once, and a visit that was started without an arrival.
    let by = person(Role::Doctor);
    let departed = BookingEvent::Departed {
        by,
        at: before_start(3_000),
    };
    let started = BookingEvent::Started {
        by,
        at: before_start(2_000),
    };
    let mut facts = history(CallType::Consultation, "assigned");
    facts.push(departed);
    assert_eq!(
        outcome(&fold(&facts), begin(start()).into()),
        "DoctorArrived+VisitStarted"
    );
    facts.push(started);
    assert_eq!(outcome(&fold(&facts), complete(start()).into()), "VisitCompleted");
}

//! Moves, cancellations, absences, and what they cost.

use super::*;

#[test]
fn a_booking_without_its_doctor_waits_and_cancels_for_free() {
    let booking = fold(&history(CallType::Scheduled, "secured"));
    assert_eq!(booking.agreement().unwrap().appointment, None);
    assert_eq!(
        quote(&booking, person(Role::Patient), before_start(1)),
        Ok(rub(0))
    );
}

#[test]
fn a_completed_visit_costs_its_price() {
    let facts = history(CallType::Scheduled, "completed");
    let last = facts.last().cloned();
    assert!(matches!(last, Some(BookingEvent::Completed { due, .. }) if due == rub(2000)));
}

#[test]
fn the_quote_is_the_fee_under_the_pinned_terms() {
    let quoted = |call_type, state, role, at| quote(&fold(&history(call_type, state)), person(role), at);
    let scheduled = |minutes| {
        quoted(
            CallType::Scheduled,
            "assigned",
            Role::Patient,
            before_start(minutes),
        )
    };
    assert_eq!(scheduled(24 * 60), Ok(rub(0)));
    assert_eq!(scheduled(24 * 60 - 1), Ok(rub(600)));
    assert_eq!(scheduled(120), Ok(rub(600)));
    assert_eq!(scheduled(119), Ok(rub(1000)));
    let urgent = |state| quoted(CallType::Urgent, state, Role::Patient, start());
    assert_eq!(urgent("secured"), Ok(rub(0)));
    assert_eq!(urgent("assigned"), Ok(rub(0)));
    assert_eq!(urgent("en_route"), Ok(rub(600)));
    assert_eq!(urgent("arrived"), Ok(rub(600)));
    assert_eq!(urgent("in_progress"), Err(BookingRefusal::TooLate));
    for role in [Role::Doctor, Role::Clinic, Role::Admin] {
        assert_eq!(
            quoted(CallType::Urgent, "en_route", role, start()),
            Ok(rub(0)),
            "{role:?}"
        );
    }
    assert_eq!(
        quoted(CallType::Scheduled, "in_progress", Role::Admin, start()),
        Ok(rub(0))
    );
    assert_eq!(
        quoted(CallType::Scheduled, "in_progress", Role::Clinic, start()),
        Err(BookingRefusal::TooLate)
    );
    assert_eq!(
        quoted(CallType::Scheduled, "requested", Role::Patient, before_start(1)),
        Ok(rub(0))
    );
    assert_eq!(
        quoted(CallType::Scheduled, "cancelled", Role::Patient, start()),
        Err(BookingRefusal::NotNow { status: "cancelled" })
    );
}

#[test]
fn a_cancellation_costs_what_the_patient_agreed_to_or_is_refused() {
    let by = person(Role::Patient);
    let at = before_start(60);
    let command = |expected_fee| Cancel {
        by,
        reason: CancelReason::Recovered,
        note: Some(sealed(8)),
        expected_fee,
        at,
    };
    let given = || TestFramework::<Booking>::with(()).given(history(CallType::Scheduled, "assigned"));
    given()
        .when(command(Some(rub(600))).into())
        .then_expect_error(BookingRefusal::FeeChanged { fee: rub(1000) });
    given()
        .when(command(None).into())
        .then_expect_error(BookingRefusal::FeeChanged { fee: rub(1000) });
    given()
        .when(command(Some(rub(1000))).into())
        .then_expect_events(vec![BookingEvent::Cancelled {
            by,
            reason: CancelReason::Recovered,
            note: Some(sealed(8)),
            fee: rub(1000),
            at,
        }]);
    let cancelled = fold(&after(history(CallType::Scheduled, "assigned"), command(None)));
    assert_eq!(cancelled.agreement().unwrap().fee, Some(rub(1000)));
    assert_eq!(decide(&cancelled, command(Some(rub(1)))), Ok(vec![]));
}

#[test]
fn after_a_patients_own_move_the_fee_is_at_least_what_was_due_then() {
    let by = person(Role::Patient);
    let moved = |minutes| {
        let command = Reschedule {
            to: later(),
            by,
            at: before_start(minutes),
        };
        fold(&after(history(CallType::Scheduled, "assigned"), command))
    };
    let long_before = before_start(-1);
    assert_eq!(quote(&moved(60), by, long_before), Ok(rub(1000)));
    assert_eq!(quote(&moved(3 * 60), by, long_before), Ok(rub(600)));
    // The floor outlives further moves of the patient and the terms outgrow it.
    let again = Reschedule {
        to: agreed(),
        by,
        at: before_start(59),
    };
    let facts = decide(&moved(60), again).unwrap();
    assert!(matches!(facts[0], BookingEvent::Rescheduled { fee_floor, .. } if fee_floor == rub(1000)));
    assert_eq!(quote(&moved(3 * 60), by, before_start(-23 * 60)), Ok(rub(1000)));
}

#[test]
fn a_move_is_ahead_in_time_and_counts_once() {
    let by = person(Role::Patient);
    let assigned = fold(&history(CallType::Scheduled, "assigned"));
    let reschedule = |booking: &Booking, to, at| decide(booking, Reschedule { to, by, at });
    assert_eq!(reschedule(&assigned, agreed(), before_start(1)), Ok(vec![]));
    assert_eq!(
        reschedule(&assigned, later(), start()),
        Err(BookingRefusal::TooLate)
    );
    let past = appointment("2026-12-01T10:00:00Z", "2026-12-01T10:30:00Z");
    assert_eq!(
        reschedule(&assigned, past, moment("2026-12-01T10:00:00Z")),
        Err(BookingRefusal::InThePast)
    );
    let requested = fold(&history(CallType::Scheduled, "requested"));
    assert_eq!(
        reschedule(&requested, later(), moment(PAY_BY)),
        Err(BookingRefusal::TooLate)
    );
    let urgent = fold(&history(CallType::Urgent, "assigned"));
    let refused = Err(BookingRefusal::NotNow { status: "assigned" });
    assert_eq!(reschedule(&urgent, later(), before_start(60)), refused);
}

//! Whoever caused a change pays nothing for it: what others did to the visit is free for the patient until accepted.

use super::*;

fn unassign(role: Role, minutes: i64) -> Unassign {
    Unassign {
        by: person(role),
        at: before_start(minutes),
    }
}

fn reschedule(role: Role, to: Appointment, minutes: i64) -> Reschedule {
    Reschedule {
        to,
        by: person(role),
        at: before_start(minutes),
    }
}

fn assign(appointment: Appointment, at: Timestamp) -> Assign {
    Assign {
        appointment,
        by: person(Role::Admin),
        at,
    }
}

fn someone_else() -> Appointment {
    Appointment {
        doctor_id: id(77),
        ..agreed()
    }
}

fn due(facts: &[BookingEvent], at: Timestamp) -> Money {
    quote(&fold(facts), person(Role::Patient), at).unwrap()
}

/// A minute before the visit that `later` is: the dearest moment there is.
fn last_minute() -> Timestamp {
    later().visit.start() - SignedDuration::from_mins(1)
}

#[test]
fn a_visit_that_others_moved_is_cancelled_for_nothing_until_the_patient_accepts() {
    for role in [Role::Admin, Role::Clinic, Role::Doctor] {
        let facts = after(
            history(CallType::Scheduled, "assigned"),
            reschedule(role, later(), 60),
        );
        assert_eq!(due(&facts, last_minute()), rub(0), "{role:?}");
        let accepted = after(facts.clone(), accept(before_start(50)));
        assert_eq!(due(&accepted, last_minute()), rub(1000), "{role:?}");
        assert_eq!(
            accepted.last(),
            Some(&BookingEvent::ChangeAccepted {
                appointment: later(),
                by: person(Role::Patient),
                at: before_start(50)
            })
        );
        assert_eq!(decide(&fold(&accepted), accept(before_start(40))), Ok(vec![]));
        let moved_there = after(facts.clone(), reschedule(Role::Patient, later(), 50));
        assert_eq!(moved_there, accepted, "moving to where it is says the same");
        let insisted = reschedule(Role::Admin, later(), 50);
        assert_eq!(decide(&fold(&facts), insisted), Ok(vec![]), "{role:?}");
        // Where the patient moves it, the patient has agreed.
        let other = appointment("2026-12-12T12:00:00Z", "2026-12-12T12:30:00Z");
        let own = after(facts, reschedule(Role::Patient, other, 50));
        assert!(fold(&own).agreement().unwrap().change_to_accept().is_none());
    }
}

#[test]
fn a_visit_moved_back_to_where_it_was_agreed_costs_as_agreed() {
    let facts = after(
        history(CallType::Scheduled, "assigned"),
        reschedule(Role::Admin, later(), 60),
    );
    let facts = after(facts, reschedule(Role::Admin, agreed(), 50));
    assert_eq!(due(&facts, before_start(40)), rub(1000));
}

#[test]
fn a_doctor_who_was_replaced_or_taken_off_frees_the_patient_from_any_fee() {
    let taken_off = after(
        history(CallType::Scheduled, "assigned"),
        unassign(Role::Doctor, 60),
    );
    assert_eq!(due(&taken_off, before_start(50)), rub(0));
    let replaced = after(taken_off.clone(), assign(someone_else(), before_start(50)));
    assert_eq!(due(&replaced, before_start(40)), rub(0));
    let accepted = after(replaced, accept(before_start(45)));
    assert_eq!(due(&accepted, before_start(40)), rub(1000));
    let as_agreed = after(taken_off, assign(agreed(), before_start(50)));
    assert_eq!(due(&as_agreed, before_start(40)), rub(1000), "the same again");
}

#[test]
fn a_floor_from_an_own_move_falls_once_others_change_the_visit() {
    let moved = after(
        history(CallType::Scheduled, "assigned"),
        reschedule(Role::Patient, later(), 60),
    );
    assert_eq!(due(&moved, before_start(50)), rub(1000), "the floor");
    let changes: [BookingCommand; 2] = [
        reschedule(
            Role::Clinic,
            appointment("2026-12-13T12:00:00Z", "2026-12-13T12:30:00Z"),
            50,
        )
        .into(),
        unassign(Role::Clinic, 50).into(),
    ];
    for change in changes {
        let facts = after(moved.clone(), change);
        assert_eq!(due(&facts, before_start(40)), rub(0));
        assert_eq!(fold(&facts).agreement().unwrap().fee_floor, rub(0));
        // It does not come back with the patient's consent: that is to what comes, not to what was.
        let facts = if matches!(fold(&facts), Booking::Secured(_)) {
            after(facts, assign(later(), before_start(30)))
        } else {
            after(facts, accept(before_start(30)))
        };
        assert_eq!(due(&facts, before_start(20)), rub(0));
    }
}

#[test]
fn a_floor_that_an_old_fact_kept_through_anothers_move_falls_too() {
    let mut facts = history(CallType::Scheduled, "assigned");
    facts.push(BookingEvent::Rescheduled {
        from: Some(agreed()),
        to: later(),
        fee_floor: rub(600),
        by: person(Role::Clinic),
        at: before_start(60),
    });
    assert_eq!(due(&facts, before_start(50)), rub(0));
    let facts = after(facts, accept(before_start(40)));
    assert_eq!(due(&facts, before_start(30)), rub(0), "a day ahead, no floor");
}

#[test]
fn a_patient_who_is_not_there_for_a_doctor_others_chose_owes_nothing() {
    let facts = after(
        history(CallType::Scheduled, "assigned"),
        unassign(Role::Doctor, 60),
    );
    let replaced = after(facts, assign(someone_else(), before_start(55)));
    let absent = |facts: Vec<BookingEvent>| {
        let facts = after(facts, depart(before_start(30)));
        let facts = after(facts, arrive(before_start(5)));
        let facts = after(facts, no_show(before_start(-15)));
        fold(&facts).agreement().unwrap().fee
    };
    assert_eq!(absent(replaced.clone()), Some(rub(0)));
    assert_eq!(absent(after(replaced, accept(before_start(50)))), Some(rub(1000)));
}

#[test]
fn who_calls_urgently_agrees_to_the_first_doctor_and_not_to_the_second() {
    let first = history(CallType::Urgent, "en_route");
    assert_eq!(due(&first, before_start(20)), rub(600));
    let facts = after(first, unassign(Role::Admin, 20));
    let facts = after(facts, assign(someone_else(), before_start(15)));
    let facts = after(facts, depart(before_start(14)));
    assert_eq!(due(&facts, before_start(13)), rub(0));
    let facts = after(facts, accept(before_start(12)));
    assert_eq!(due(&facts, before_start(11)), rub(600));
}

#[test]
fn who_waits_for_a_doctor_that_never_set_out_cancels_for_nothing() {
    let tick = SignedDuration::from_nanos(1);
    for call_type in [CallType::Scheduled, CallType::Consultation] {
        let assigned = history(call_type, "assigned");
        assert_eq!(due(&assigned, start() - tick), rub(1000));
        assert_eq!(due(&assigned, start()), rub(0));
    }
    let under_way = history(CallType::Scheduled, "en_route");
    assert_eq!(due(&under_way, start()), rub(1000));
    let in_the_room = history(CallType::Consultation, "arrived");
    assert_eq!(due(&in_the_room, start()), rub(1000));
    // A floor falls as well.
    let moved = after(
        history(CallType::Scheduled, "assigned"),
        reschedule(Role::Patient, later(), 60),
    );
    assert_eq!(due(&moved, later().visit.start()), rub(0));
}

#[test]
fn a_move_cuts_the_time_to_pay_at_the_new_start() {
    let soon = appointment("2026-12-01T09:10:00Z", "2026-12-01T09:40:00Z");
    let at = moment("2026-12-01T09:05:00Z");
    let facts = after(
        history(CallType::Scheduled, "requested"),
        Reschedule {
            to: soon.clone(),
            by: person(Role::Patient),
            at,
        },
    );
    let booking = fold(&facts);
    assert_eq!(booking.agreement().unwrap().pay_by, soon.visit.start());
    let pay = |at| StartPayment {
        payment_id: id(30),
        previous_is_final: true,
        at,
    };
    assert!(decide(&booking, pay(at)).is_ok());
    assert_eq!(
        decide(&booking, pay(soon.visit.start())),
        Err(BookingRefusal::TooLate)
    );
    // Moved away again it keeps the shorter time: nothing makes an unpaid hold longer.
    let again = after(
        facts,
        Reschedule {
            to: later(),
            by: person(Role::Patient),
            at,
        },
    );
    assert_eq!(fold(&again).agreement().unwrap().pay_by, soon.visit.start());
}

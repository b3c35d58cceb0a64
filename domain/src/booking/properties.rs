//! Whatever is asked of a booking, in any order and at any time, these things stay true.

use cqrs_es::Aggregate;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::booking::commands::{
    AcceptChange, ApplyPayment, Assign, Cancel, Expire, PassDeadline, ReportVisit, RequestVisit, Reschedule,
    StartPayment, Unassign,
};
use crate::booking::decide::decide;
use crate::booking::decide::visit::VisitReport;
use crate::booking::events::{Appointment, BookingEvent, CallType, CancelReason};
use crate::booking::tests::informed;
use crate::booking::{Agreement, Booking, BookingCommand, quote};
use crate::people::{Actor, Role};
use crate::policy::cancellation::CancellationTerms;
use crate::policy::visit::VisitWindows;
use crate::tests::fixtures::{doctor_id, id, moment, patient_id, person, rub};
use crate::time::TimeRange;

fn instant(minutes: i64) -> Timestamp {
    moment("2026-12-01T00:00:00Z") + SignedDuration::from_mins(minutes)
}

fn visit(minutes: i64) -> Appointment {
    Appointment {
        doctor_id: doctor_id(),
        visit: TimeRange::lasting(instant(minutes), 30).unwrap(),
        days: vec![],
        clinic_id: None,
    }
}

/// Minutes: anywhere, and more often around the visit, where the windows are.
fn near_the_visit() -> impl Strategy<Value = i64> {
    prop_oneof![1 => 0i64..6_000, 1 => 2_200i64..2_800]
}

pub(super) fn commands() -> impl Strategy<Value = BookingCommand> {
    let role = prop_oneof![
        Just(Role::Patient),
        Just(Role::Doctor),
        Just(Role::Clinic),
        Just(Role::Admin)
    ];
    (
        0u8..17,
        near_the_visit(),
        near_the_visit(),
        20u128..24,
        role,
        any::<bool>(),
    )
        .prop_map(|(kind, at, other, payment, role, flag)| {
            let (at, by, payment_id) = (instant(at), person(role), id(payment));
            match kind {
                0 => StartPayment {
                    payment_id,
                    previous_is_final: flag,
                    at,
                }
                .into(),
                1 | 2 => ApplyPayment {
                    payment_id,
                    slot_free: flag.then(|| visit(other)),
                    at,
                }
                .into(),
                3 => Expire {
                    payment_secures: None,
                    at,
                }
                .into(),
                4 => Expire {
                    payment_secures: Some(payment_id),
                    at,
                }
                .into(),
                5 => Assign {
                    appointment: visit(other),
                    by,
                    at,
                }
                .into(),
                6..15 => of_the_visit(kind, by, at),
                15 => Reschedule {
                    to: visit(other),
                    by,
                    at,
                }
                .into(),
                _ => Cancel {
                    by,
                    reason: CancelReason::Other,
                    note: None,
                    expected_fee: None,
                    at,
                }
                .into(),
            }
        })
}

/// What is asked once there is a doctor, or should be.
fn of_the_visit(kind: u8, by: Actor, at: Timestamp) -> BookingCommand {
    let windows = VisitWindows::default();
    let reported = |report| {
        ReportVisit {
            report,
            by,
            windows,
            at,
        }
        .into()
    };
    match kind {
        6 => Unassign { by, at }.into(),
        7 => reported(VisitReport::Depart),
        8 => reported(VisitReport::Start),
        9 => reported(VisitReport::Complete),
        10 => reported(VisitReport::NoShow),
        11 => reported(VisitReport::Arrive),
        12 | 13 => PassDeadline { windows, at }.into(),
        _ => AcceptChange {
            by: person(Role::Patient),
            at,
        }
        .into(),
    }
}

/// What asks for a visit.
pub(super) fn request(call_type: CallType) -> RequestVisit {
    RequestVisit {
        booking_id: id(5),
        patient_id: patient_id(),
        call_type,
        appointment: (call_type != CallType::Urgent).then(|| visit(2_500)),
        offered: rub(2000),
        offered_version: None,
        price: rub(2000),
        tariff_version: 1,
        terms: CancellationTerms::default_for(call_type),
        pay_by: instant(500),
        details: None,
        at: instant(0),
    }
}

fn requested_booking(call_type: CallType) -> Booking {
    let mut booking = Booking::default();
    let facts = decide(&booking, request(call_type)).unwrap();
    facts.into_iter().for_each(|fact| booking.apply(fact));
    booking
}

fn check_step(before: &Booking, command: &BookingCommand, facts: &[BookingEvent], booking: &Booking) {
    assert_eq!(
        decide(booking, command.clone()),
        Ok(vec![]),
        "the same command twice is one command: {command:?}"
    );
    let agreement = booking.agreement().unwrap();
    let was = before.agreement().unwrap();
    assert!(
        was.secured_by.is_none() || agreement.secured_by == was.secured_by,
        "a visit is secured by one payment"
    );
    if let Some(secured_by) = agreement.secured_by {
        assert!(
            !agreement.refused_payments.contains(&secured_by),
            "money is kept or goes back, never both"
        );
    }
    assert!(
        was.fee_floor.minor <= agreement.fee_floor.minor || agreement.changed_by_others(),
        "a floor sinks only when others change the visit"
    );
    if let Some(starts_at) = agreement.starts_at() {
        let unpaid = matches!(booking, Booking::Requested(_));
        assert!(
            !unpaid || agreement.pay_by <= starts_at,
            "what has begun is not paid for"
        );
    }
    if let Booking::Cancelled(_) | Booking::NoShow(_) = booking {
        let free = was.changed_by_others() && before != booking;
        assert!(
            !free || agreement.fee.is_some_and(|fee| fee.is_zero()),
            "whoever caused it pays nothing"
        );
    }
    facts.iter().for_each(|fact| keeps_the_clock(was, fact));
    check_state(before, facts, booking, agreement);
}

fn check_state(before: &Booking, facts: &[BookingEvent], booking: &Booking, agreement: &Agreement) {
    if let Some(fee) = agreement.fee {
        assert!(
            (0..=agreement.price.minor).contains(&fee.minor),
            "a fee is part of the price"
        );
    }
    let over = |booking: &Booking| {
        matches!(
            booking,
            Booking::Completed(_) | Booking::Cancelled(_) | Booking::NoShow(_) | Booking::Missed(_)
        )
    };
    if over(before) {
        assert_eq!(before.status(), booking.status(), "what is over stays over");
        assert!(
            facts
                .iter()
                .all(|fact| matches!(fact, BookingEvent::LatePaymentRefused { .. }))
        );
    }
    if matches!(
        booking,
        Booking::Assigned(_) | Booking::EnRoute(_) | Booking::Arrived(_) | Booking::InProgress(_)
    ) {
        assert!(
            agreement.appointment.is_some(),
            "a doctor who comes, comes at a time"
        );
        assert!(agreement.secured_by.is_some(), "nobody comes unpaid");
    }
    if matches!(
        booking,
        Booking::Arrived(_) | Booking::InProgress(_) | Booking::NoShow(_)
    ) {
        assert!(
            agreement.steps.arrived_at.is_some(),
            "nobody is missed or treated from afar"
        );
    }
}

/// Every step is taken in the time the page allows, whatever was asked and when.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other facts have no time of their own"
)]
fn keeps_the_clock(was: &Agreement, fact: &BookingEvent) {
    let Some(visit) = was.appointment.as_ref().map(|appointment| appointment.visit) else {
        return;
    };
    let urgent = was.call_type == CallType::Urgent;
    let minutes = SignedDuration::from_mins;
    match fact {
        BookingEvent::Departed { at, .. } => {
            assert!(urgent || visit.start() - minutes(180) <= *at && *at <= visit.end());
        }
        BookingEvent::Started { at, .. } => {
            assert!(urgent || visit.start() - minutes(30) <= *at);
            assert!(*at <= visit.end() + minutes(120));
        }
        BookingEvent::Completed { at, .. } => {
            assert!(
                was.steps
                    .started_at
                    .is_some_and(|started_at| started_at + minutes(5) <= *at)
            );
        }
        BookingEvent::NoShow { at, .. } => {
            let arrived_at = was.steps.arrived_at.unwrap();
            assert!(arrived_at.max(visit.start()) + minutes(15) <= *at);
            assert!(*at <= visit.end() + minutes(120));
        }
        BookingEvent::Missed { at, .. } => assert!(visit.end() + minutes(24 * 60) <= *at),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_booking_keeps_its_promises(
        urgent in any::<bool>(),
        commands in prop::collection::vec(commands(), 1..40),
    ) {
        let mut booking = requested_booking(if urgent { CallType::Urgent } else { CallType::Scheduled });
        for command in commands {
            let before = booking.clone();
            let command = informed(&booking, command);
            let Ok(facts) = decide(&booking, command.clone()) else { continue };
            for fact in &facts {
                booking.apply(fact.clone());
            }
            check_step(&before, &command, &facts, &booking);
            if let BookingCommand::ApplyPayment(money) = &command {
                let agreement = booking.agreement().unwrap();
                let welcome = agreement.secured_by == Some(money.payment_id);
                let back = agreement.refused_payments.contains(&money.payment_id);
                prop_assert!(welcome != back, "money that arrives is kept for the visit or goes back");
            }
        }
    }

    #[test]
    fn the_quote_is_what_cancelling_records(
        commands in prop::collection::vec(commands(), 0..12),
        at in 0i64..4_000,
        patient in any::<bool>(),
    ) {
        let mut booking = requested_booking(CallType::Scheduled);
        for command in commands {
            if let Ok(facts) = decide(&booking, informed(&booking, command)) {
                facts.into_iter().for_each(|fact| booking.apply(fact));
            }
        }
        let by = person(if patient { Role::Patient } else { Role::Doctor });
        let quoted = quote(&booking, by, instant(at));
        let expected_fee = quoted.clone().ok();
        let command =
            Cancel { by, reason: CancelReason::Other, note: None, expected_fee, at: instant(at) };
        match decide(&booking, command) {
            Ok(facts) => match facts.first() {
                Some(BookingEvent::Cancelled { fee, .. }) => prop_assert_eq!(quoted, Ok(*fee)),
                other => prop_assert!(other.is_none() && matches!(booking, Booking::Cancelled(_))),
            },
            Err(refusal) => prop_assert_eq!(quoted, Err(refusal)),
        }
    }
}

//! Whatever is asked of a booking, in any order and at any time, these things stay true.

use cqrs_es::Aggregate;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::booking::commands::{
    Assign, Cancel, Complete, Depart, Expire, MoneyArrived, NoShow, Request, Reschedule, Start, StartPayment,
    Unassign,
};
use crate::booking::decide::decide;
use crate::booking::events::{Appointment, BookingEvent, CallType, CancelReason};
use crate::booking::{Booking, BookingCommand, quote};
use crate::people::Role;
use crate::policy::cancellation::CancellationTerms;
use crate::sample::{doctor_id, id, moment, patient_id, person, rub};
use crate::time::TimeRange;

fn instant(minutes: i64) -> Timestamp {
    moment("2026-12-01T00:00:00Z") + SignedDuration::from_mins(minutes)
}

fn visit(minutes: i64) -> Appointment {
    Appointment {
        doctor_id: doctor_id(),
        visit: TimeRange::lasting(instant(minutes), 30).unwrap(),
        days: vec![],
    }
}

fn wishes() -> impl Strategy<Value = BookingCommand> {
    let role = prop_oneof![
        Just(Role::Patient),
        Just(Role::Doctor),
        Just(Role::Clinic),
        Just(Role::Admin)
    ];
    (0u8..13, 0i64..4_000, 0i64..4_000, 20u128..24, role, any::<bool>()).prop_map(
        |(kind, at, other, payment, role, flag)| {
            let (at, by, payment_id) = (instant(at), person(role), id(payment));
            match kind {
                0 => StartPayment {
                    payment_id,
                    previous_is_final: flag,
                    at,
                }
                .into(),
                1 | 2 => MoneyArrived {
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
                6 => Unassign { by, at }.into(),
                7 => Depart { by, at }.into(),
                8 => Start { by, at }.into(),
                9 => Complete { by, at }.into(),
                10 => NoShow { by, at }.into(),
                11 => Reschedule {
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
        },
    )
}

fn asked(call_type: CallType) -> Booking {
    let wish = Request {
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
    };
    let mut booking = Booking::default();
    let facts = decide(&booking, wish).unwrap();
    facts.into_iter().for_each(|fact| booking.apply(fact));
    booking
}

fn check_step(before: &Booking, wish: &BookingCommand, facts: &[BookingEvent], booking: &Booking) {
    assert_eq!(
        decide(booking, wish.clone()),
        Ok(vec![]),
        "the same wish twice is one wish: {wish:?}"
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
        was.fee_floor.minor <= agreement.fee_floor.minor,
        "a floor never sinks"
    );
    if let Some(fee) = agreement.fee {
        assert!(
            (0..=agreement.price.minor).contains(&fee.minor),
            "a fee is part of the price"
        );
    }
    let over = |booking: &Booking| {
        matches!(
            booking,
            Booking::Completed(_) | Booking::Cancelled(_) | Booking::NoShow(_)
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
        Booking::Assigned(_) | Booking::EnRoute(_) | Booking::InProgress(_)
    ) {
        assert!(
            agreement.appointment.is_some(),
            "a doctor who comes, comes at a time"
        );
        assert!(agreement.secured_by.is_some(), "nobody comes unpaid");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_booking_keeps_its_promises(
        urgent in any::<bool>(),
        wishes in prop::collection::vec(wishes(), 1..40),
    ) {
        let mut booking = asked(if urgent { CallType::Urgent } else { CallType::Scheduled });
        for wish in wishes {
            let before = booking.clone();
            let Ok(facts) = decide(&booking, wish.clone()) else { continue };
            for fact in &facts {
                booking.apply(fact.clone());
            }
            check_step(&before, &wish, &facts, &booking);
            if let BookingCommand::MoneyArrived(money) = &wish {
                let agreement = booking.agreement().unwrap();
                let welcome = agreement.secured_by == Some(money.payment_id);
                let back = agreement.refused_payments.contains(&money.payment_id);
                prop_assert!(welcome != back, "money that arrives is kept for the visit or goes back");
            }
        }
    }

    #[test]
    fn the_quote_is_what_cancelling_records(
        wishes in prop::collection::vec(wishes(), 0..12),
        at in 0i64..4_000,
        patient in any::<bool>(),
    ) {
        let mut booking = asked(CallType::Scheduled);
        for wish in wishes {
            if let Ok(facts) = decide(&booking, wish) {
                facts.into_iter().for_each(|fact| booking.apply(fact));
            }
        }
        let by = person(if patient { Role::Patient } else { Role::Doctor });
        let quoted = quote(&booking, by, instant(at));
        let expected_fee = quoted.clone().ok();
        let wish =
            Cancel { by, reason: CancelReason::Other, note: None, expected_fee, at: instant(at) };
        match decide(&booking, wish) {
            Ok(facts) => match facts.first() {
                Some(BookingEvent::Cancelled { fee, .. }) => prop_assert_eq!(quoted, Ok(*fee)),
                other => prop_assert!(other.is_none() && matches!(booking, Booking::Cancelled(_))),
            },
            Err(refusal) => prop_assert_eq!(quoted, Err(refusal)),
        }
    }
}

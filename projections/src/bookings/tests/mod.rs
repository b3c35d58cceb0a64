//! A booking's line says what the domain says, however its facts arrive.

mod agenda;
mod feed;
mod filters;
mod one;
mod open_calls;
mod patients;

use std::collections::HashMap;

use domain::booking::Booking;
use domain::booking::steps::Steps;
use domain::ids::{BookingId, PaymentId};
use domain::payment::Payment;

use crate::bookings::{BookingSummary, steps};
use crate::kit::bookings::Bookings;
use crate::sql_types;

/// Compares a line with the aggregates it was folded from.
fn assert_says_what_the_domain_says(line: &BookingSummary, world: &Bookings) {
    let (_, booking) = world
        .bookings
        .iter()
        .find(|(id, _)| *id == line.booking_id)
        .expect("a known booking");
    let agreement = booking.agreement().expect("a booking asked for");
    assert_eq!(line.status, booking.status());
    assert_eq!(line.patient_id, agreement.patient_id);
    assert_eq!(line.call_type, agreement.call_type);
    assert_eq!(line.price, agreement.price);
    assert_eq!(line.fee, agreement.fee);
    assert_eq!(line.doctor_id, agreement.doctor_id());
    assert_eq!(line.clinic_id, agreement.clinic_id());
    assert_eq!(
        line.visit,
        agreement
            .appointment
            .as_ref()
            .map(|appointment| appointment.visit)
    );
    assert_eq!(
        line.payment().map(|attempt| attempt.payment_id),
        agreement.live_payment
    );
    assert_eq!(
        line.has_change_to_accept(),
        agreement.change_to_accept().is_some()
    );
    assert_eq!(line.escalation, agreement.escalated);
    let micros = |at: jiff::Timestamp| sql_types::time(at).to_jiff();
    assert_eq!(micros(line.pay_by), micros(agreement.pay_by));
    assert_eq!(micros(line.requested_at), micros(agreement.requested_at));
    assert_says_when_each_step_was_taken(line, agreement.steps);
    assert_eq!(line.version, version(world, line.booking_id));
    assert_has_doctor_only_once_assigned(line, booking);

    let payments: HashMap<PaymentId, &Payment> = world
        .payments
        .iter()
        .map(|(payment_id, _, payment)| (*payment_id, payment))
        .collect();
    let of_booking = world
        .payments
        .iter()
        .filter(|(_, booking_id, _)| *booking_id == line.booking_id);
    assert_eq!(line.payments.all().len(), of_booking.count());
    for attempt in line.payments.all() {
        let payment = payments[&attempt.payment_id];
        assert_eq!(attempt.progress.status, payment.status());
        assert_eq!(attempt.progress.checking, payment.checking());
        assert_eq!(attempt.progress.held, payment.held().minor);
        assert_eq!(attempt.progress.captured, payment.captured().minor);
        assert_eq!(attempt.progress.refunded, payment.refunded().minor);
        let terms = payment.terms().expect("a payment started");
        assert_eq!(attempt.terms, Some((terms.method, terms.amount)));
        let freed_at = payment.attempt().and_then(|attempt| attempt.freed_at);
        assert_eq!(attempt.freed_at, freed_at);
    }
}

fn assert_says_when_each_step_was_taken(line: &BookingSummary, domain: Steps) {
    for column in steps::COLUMNS {
        let micros = |at: Option<jiff::Timestamp>| at.map(|at| sql_types::time(at).to_jiff());
        let (read, decided) = (steps::get(line.steps, column), steps::get(domain, column));
        assert_eq!(micros(read), micros(decided), "{}", column.0);
    }
}

fn assert_has_doctor_only_once_assigned(line: &BookingSummary, booking: &Booking) {
    match booking {
        Booking::Absent | Booking::Requested(_) | Booking::Secured(_) | Booking::Expired(_) => {
            assert!(!line.assigned, "{booking:?}");
        }
        Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => assert!(line.assigned, "{booking:?}"),
        Booking::Cancelled(_) => {} // Before or after a doctor had it.
    }
}

fn version(world: &Bookings, booking_id: BookingId) -> i64 {
    let id = booking_id.to_string();
    let of_booking = world.history.facts.iter().filter(|fact| {
        fact.aggregate_type == <Booking as cqrs_es::Aggregate>::TYPE && fact.aggregate_id == id
    });
    of_booking
        .map(|fact| fact.sequence)
        .max()
        .expect("a booking with facts")
}

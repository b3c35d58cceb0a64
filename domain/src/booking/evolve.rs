//! Facts become state; no rule is decided here.

use crate::booking::events::BookingEvent;
use crate::booking::{Agreement, Booking};
use crate::money::Money;
use crate::reactions::Reactions;

type State = fn(Agreement) -> Booking;

/// The booking after `fact`.
pub fn evolve(booking: Booking, fact: BookingEvent) -> Booking {
    match fact {
        BookingEvent::Requested { .. } => requested(fact),
        BookingEvent::PaymentStarted { payment_id, .. } => {
            amend(booking, |agreement| agreement.live_payment = Some(payment_id))
        }
        BookingEvent::Secured { payment_id, .. } => turn(booking, Booking::Secured, |agreement| {
            agreement.live_payment = Some(payment_id);
            agreement.secured_by = Some(payment_id);
        }),
        BookingEvent::Expired { .. } => turn(booking, Booking::Expired, |_| ()),
        BookingEvent::Revived {
            payment_id,
            appointment,
            ..
        } => turn(booking, Booking::Secured, |agreement| {
            agreement.live_payment = Some(payment_id);
            agreement.secured_by = Some(payment_id);
            agreement.appointment = appointment;
        }),
        BookingEvent::LatePaymentRefused { payment_id, .. } => {
            amend(booking, |agreement| agreement.refused_payments.push(payment_id))
        }
        BookingEvent::Assigned { appointment, .. } => turn(booking, Booking::Assigned, |agreement| {
            agreement.appointment = Some(appointment);
        }),
        BookingEvent::Unassigned { .. } => turn(booking, Booking::Secured, |agreement| {
            agreement.appointment = None
        }),
        BookingEvent::Departed { .. } => turn(booking, Booking::EnRoute, |_| ()),
        BookingEvent::Started { .. } => turn(booking, Booking::InProgress, |_| ()),
        BookingEvent::Completed { .. } => turn(booking, Booking::Completed, |_| ()),
        BookingEvent::NoShow { fee, .. } => {
            turn(booking, Booking::NoShow, |agreement| agreement.fee = Some(fee))
        }
        BookingEvent::Rescheduled { to, fee_floor, .. } => amend(booking, |agreement| {
            agreement.appointment = Some(to);
            agreement.fee_floor = fee_floor;
        }),
        BookingEvent::Cancelled { fee, .. } => {
            turn(booking, Booking::Cancelled, |agreement| agreement.fee = Some(fee))
        }
        BookingEvent::Earned { share, .. } => amend(booking, |agreement| agreement.earned = Some(share)),
        BookingEvent::ReactionRefused { intent_id, .. } => {
            amend(booking, |agreement| agreement.reactions.refused.push(intent_id))
        }
        BookingEvent::ReactionGivenUp { intent_id, .. } => {
            amend(booking, |agreement| agreement.reactions.given_up.push(intent_id))
        }
    }
}

fn requested(fact: BookingEvent) -> Booking {
    let BookingEvent::Requested {
        booking_id,
        patient_id,
        call_type,
        appointment,
        price,
        tariff_version,
        terms,
        pay_by,
        details,
        at,
    } = fact
    else {
        return Booking::Absent;
    };
    Booking::Requested(Agreement {
        booking_id,
        patient_id,
        call_type,
        appointment,
        price,
        tariff_version,
        terms,
        pay_by,
        details,
        requested_at: at,
        live_payment: None,
        secured_by: None,
        refused_payments: Vec::new(),
        fee_floor: Money {
            minor: 0,
            currency: price.currency,
        },
        fee: None,
        earned: None,
        reactions: Reactions::default(),
    })
}

/// The same state with a changed agreement.
fn amend(booking: Booking, edit: impl FnOnce(&mut Agreement)) -> Booking {
    let Some((state, mut agreement)) = taken_apart(booking) else {
        return Booking::Absent;
    };
    edit(&mut agreement);
    state(agreement)
}

/// Another state with a changed agreement.
fn turn(booking: Booking, into: State, edit: impl FnOnce(&mut Agreement)) -> Booking {
    let Some((_, mut agreement)) = taken_apart(booking) else {
        return Booking::Absent;
    };
    edit(&mut agreement);
    into(agreement)
}

fn taken_apart(booking: Booking) -> Option<(State, Agreement)> {
    match booking {
        Booking::Absent => None,
        Booking::Requested(agreement) => Some((Booking::Requested, agreement)),
        Booking::Secured(agreement) => Some((Booking::Secured, agreement)),
        Booking::Assigned(agreement) => Some((Booking::Assigned, agreement)),
        Booking::EnRoute(agreement) => Some((Booking::EnRoute, agreement)),
        Booking::InProgress(agreement) => Some((Booking::InProgress, agreement)),
        Booking::Completed(agreement) => Some((Booking::Completed, agreement)),
        Booking::Cancelled(agreement) => Some((Booking::Cancelled, agreement)),
        Booking::Expired(agreement) => Some((Booking::Expired, agreement)),
        Booking::NoShow(agreement) => Some((Booking::NoShow, agreement)),
    }
}

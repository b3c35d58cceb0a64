//! Money meets a booking: in time, too late, twice, or not at all.

use jiff::Timestamp;

use crate::booking::commands::{ApplyPayment, Expire, StartPayment};
use crate::booking::decide::{Decision, not_now};
use crate::booking::events::{Appointment, BookingEvent, CallType, Unwanted};
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking};
use crate::ids::PaymentId;
use crate::people::Actor;

/// A new attempt to pay; at most one lives at a time.
pub(super) fn start_payment(booking: &Booking, command: &StartPayment) -> Decision {
    let agreement = match booking {
        Booking::Requested(agreement) => agreement,
        Booking::Secured(agreement)
        | Booking::Assigned(agreement)
        | Booking::EnRoute(agreement)
        | Booking::Arrived(agreement)
        | Booking::InProgress(agreement) => {
            return if agreement.live_payment == Some(command.payment_id) {
                Ok(vec![])
            } else {
                Err(BookingRefusal::PaymentUnderWay)
            };
        }
        // The deadline passed, whether or not somebody looked in between.
        Booking::Expired(agreement) if agreement.secured_by.is_none() => return Err(BookingRefusal::TooLate),
        Booking::Absent
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => return Err(not_now(booking)),
    };
    if agreement.live_payment == Some(command.payment_id) {
        return Ok(vec![]);
    }
    if agreement.live_payment.is_some() && !command.previous_is_final {
        return Err(BookingRefusal::PaymentUnderWay);
    }
    let has_begun = agreement
        .starts_at()
        .is_some_and(|starts_at| starts_at <= command.at);
    if agreement.pay_by <= command.at || has_begun {
        return Err(BookingRefusal::TooLate);
    }
    Ok(vec![BookingEvent::PaymentStarted {
        payment_id: command.payment_id,
        at: command.at,
    }])
}

/// Money is authorised or captured: it secures the booking, revives it, or goes back.
pub(super) fn apply_payment(booking: &Booking, command: ApplyPayment) -> Decision {
    let ApplyPayment {
        payment_id,
        slot_free,
        at,
    } = command;
    match booking {
        Booking::Absent => Err(BookingRefusal::NoSuchBooking),
        Booking::Requested(agreement) => Ok(secure(agreement, payment_id, at)),
        Booking::Expired(agreement) if agreement.refused_payments.contains(&payment_id) => Ok(vec![]),
        // It was paid and nobody was found: what secured it goes back by settlement, other money like any other.
        Booking::Expired(agreement) if agreement.secured_by.is_some() => {
            Ok(second_money(agreement, payment_id, at))
        }
        Booking::Expired(agreement) => Ok(revive(agreement, payment_id, slot_free, at)),
        Booking::Secured(agreement)
        | Booking::Assigned(agreement)
        | Booking::EnRoute(agreement)
        | Booking::Arrived(agreement)
        | Booking::InProgress(agreement)
        | Booking::Completed(agreement)
        | Booking::Cancelled(agreement)
        | Booking::NoShow(agreement)
        | Booking::Missed(agreement) => Ok(second_money(agreement, payment_id, at)),
    }
}

/// Nobody paid in time, unless somebody did.
pub(super) fn expire(booking: &Booking, command: &Expire) -> Decision {
    match booking {
        Booking::Absent => Err(BookingRefusal::NoSuchBooking),
        Booking::Requested(agreement) if command.at < agreement.pay_by => Ok(vec![]),
        Booking::Requested(agreement) => Ok(match command.payment_secures {
            Some(payment_id) => secure(agreement, payment_id, command.at),
            None => vec![BookingEvent::Expired { at: command.at }],
        }),
        Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Ok(vec![]),
    }
}

fn secure(agreement: &Agreement, payment_id: PaymentId, at: Timestamp) -> Vec<BookingEvent> {
    if agreement.starts_at().is_some_and(|starts_at| starts_at <= at) {
        // The time has come and no doctor was sent: the money may not be kept for nothing.
        return vec![BookingEvent::Expired { at }, too_late(payment_id, at)];
    }
    let mut facts = vec![BookingEvent::Secured { payment_id, at }];
    facts.extend(assigned_at_once(agreement.appointment.clone(), at));
    facts
}

fn revive(
    agreement: &Agreement,
    payment_id: PaymentId,
    slot_free: Option<Appointment>,
    at: Timestamp,
) -> Vec<BookingEvent> {
    let appointment = match agreement.call_type {
        CallType::Urgent => None,
        CallType::Scheduled | CallType::Consultation => {
            match slot_free.filter(|appointment| at < appointment.visit.start()) {
                Some(appointment) => Some(appointment),
                None => return vec![too_late(payment_id, at)],
            }
        }
    };
    let mut facts = vec![BookingEvent::Revived {
        payment_id,
        appointment: appointment.clone(),
        at,
    }];
    facts.extend(assigned_at_once(appointment, at));
    facts
}

/// Money beside the one that secures the booking goes back, once.
fn second_money(agreement: &Agreement, payment_id: PaymentId, at: Timestamp) -> Vec<BookingEvent> {
    if agreement.secured_by == Some(payment_id) || agreement.refused_payments.contains(&payment_id) {
        return vec![];
    }
    let because = match agreement.secured_by {
        Some(_) => Unwanted::PaidAlready,
        None => Unwanted::TooLate,
    };
    vec![BookingEvent::LatePaymentRefused {
        payment_id,
        because,
        at,
    }]
}

fn too_late(payment_id: PaymentId, at: Timestamp) -> BookingEvent {
    BookingEvent::LatePaymentRefused {
        payment_id,
        because: Unwanted::TooLate,
        at,
    }
}

/// A scheduled visit has its doctor from the start, so it is assigned as soon as it is secured.
fn assigned_at_once(appointment: Option<Appointment>, at: Timestamp) -> Option<BookingEvent> {
    appointment.map(|appointment| BookingEvent::Assigned {
        appointment,
        by: Actor::Process,
        at,
    })
}

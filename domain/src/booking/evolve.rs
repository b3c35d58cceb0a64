//! Facts become state; no rule is decided here.

use jiff::Timestamp;

use crate::booking::events::{Appointment, BookingEvent};
use crate::booking::steps::Steps;
use crate::booking::{Agreement, Booking};
use crate::money::Money;
use crate::people::Actor;
use crate::reactions::Reactions;

type State = fn(Agreement) -> Booking;

/// The state once `fact` stands in the log, which is never refused here.
pub fn evolve(booking: Booking, fact: BookingEvent) -> Booking {
    let steps = booking
        .agreement()
        .map(|agreement| agreement.steps)
        .unwrap_or_default();
    let steps = steps.after(&fact);
    amend(became(booking, fact), |agreement| agreement.steps = steps)
}

fn became(booking: Booking, fact: BookingEvent) -> Booking {
    match fact {
        BookingEvent::Requested { .. } => requested(fact),
        BookingEvent::PaymentStarted { payment_id, .. } => {
            amend(booking, |agreement| agreement.live_payment = Some(payment_id))
        }
        BookingEvent::Secured { payment_id, at } => turn(booking, Booking::Secured, |agreement| {
            agreement.live_payment = Some(payment_id);
            agreement.secured_by = Some(payment_id);
            agreement.unserved_since = Some(at);
        }),
        BookingEvent::Expired { .. } => turn(booking, Booking::Expired, |_| ()),
        BookingEvent::NobodyFound { .. } => turn(booking, Booking::Expired, Agreement::cost_nothing),
        BookingEvent::Revived {
            payment_id,
            appointment,
            at,
        } => turn(booking, Booking::Secured, |agreement| {
            agreement.live_payment = Some(payment_id);
            agreement.secured_by = Some(payment_id);
            agreement.appointment = appointment;
            agreement.unserved_since = Some(at);
        }),
        BookingEvent::LatePaymentRefused { payment_id, .. } => {
            amend(booking, |agreement| agreement.refused_payments.push(payment_id))
        }
        BookingEvent::Assigned { appointment, .. } => turn(booking, Booking::Assigned, |agreement| {
            agreement.assigned(appointment);
        }),
        BookingEvent::Unassigned { at, .. } => turn(booking, Booking::Secured, |agreement| {
            agreement.unassigned(at);
        }),
        BookingEvent::Departed { .. } => turn(booking, Booking::EnRoute, |_| ()),
        BookingEvent::ArrivalEstimated { .. } => booking, // One of the steps.
        BookingEvent::RoomNamed { room, .. } => amend(booking, |agreement| agreement.room = Some(room)),
        BookingEvent::Arrived { .. } => turn(booking, Booking::Arrived, |_| ()),
        BookingEvent::Started { .. } => turn(booking, Booking::InProgress, |_| ()),
        BookingEvent::Completed { .. } => turn(booking, Booking::Completed, |_| ()),
        BookingEvent::NoShow { fee, .. } => {
            turn(booking, Booking::NoShow, |agreement| agreement.fee = Some(fee))
        }
        BookingEvent::Missed { .. } => turn(booking, Booking::Missed, Agreement::cost_nothing),
        BookingEvent::Escalated { reason, .. } => {
            amend(booking, |agreement| agreement.escalated = Some(reason))
        }
        BookingEvent::Rescheduled {
            to, fee_floor, by, ..
        } => amend(booking, |agreement| {
            agreement.rescheduled(to, fee_floor, by);
        }),
        BookingEvent::ChangeAccepted { appointment, .. } => amend(booking, |agreement| {
            agreement.agreed = Some(appointment);
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

impl Agreement {
    fn assigned(&mut self, appointment: Appointment) {
        // Who calls urgently agrees to the first doctor who is found.
        if self.agreed.is_none() {
            self.agreed = Some(appointment.clone());
        }
        self.appointment = Some(appointment);
        self.unserved_since = None;
        self.forget_floor_of_another_visit();
    }

    fn unassigned(&mut self, at: Timestamp) {
        self.last_appointment = self.appointment.take();
        self.room = None;
        self.unserved_since = Some(at);
        self.forget_floor_of_another_visit();
    }

    fn rescheduled(&mut self, to: Appointment, fee_floor: Money, by: Actor) {
        self.escalated = None;
        self.pay_by = self.pay_by.min(to.visit.start());
        if by.is_patient() {
            self.agreed = Some(to.clone());
        }
        if self.doctor_id() != Some(to.doctor_id) {
            self.room = None;
        }
        self.appointment = Some(to);
        self.fee_floor = fee_floor;
        self.forget_floor_of_another_visit();
    }

    /// What the patient's own move cost is forgotten once others changed the visit: also in facts from before this rule.
    fn forget_floor_of_another_visit(&mut self) {
        if self.changed_by_others() {
            self.fee_floor = self.nothing();
        }
    }

    fn cost_nothing(&mut self) {
        self.fee = Some(self.nothing());
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
        agreed: appointment.clone(),
        appointment,
        last_appointment: None,
        unserved_since: None,
        escalated: None,
        steps: Steps::default(),
        room: None,
        price,
        tariff_version,
        terms,
        pay_by,
        details,
        requested_at: at,
        live_payment: None,
        secured_by: None,
        refused_payments: Vec::new(),
        fee_floor: price.zero(),
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
    agreement.escalated = None;
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
        Booking::Arrived(agreement) => Some((Booking::Arrived, agreement)),
        Booking::InProgress(agreement) => Some((Booking::InProgress, agreement)),
        Booking::Completed(agreement) => Some((Booking::Completed, agreement)),
        Booking::Cancelled(agreement) => Some((Booking::Cancelled, agreement)),
        Booking::Expired(agreement) => Some((Booking::Expired, agreement)),
        Booking::NoShow(agreement) => Some((Booking::NoShow, agreement)),
        Booking::Missed(agreement) => Some((Booking::Missed, agreement)),
    }
}

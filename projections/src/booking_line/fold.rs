//! A booking's line, fact by fact.

use domain::booking::events::{Appointment, BookingEvent};
use domain::booking::status::BookingStatus;
use domain::ids::PaymentId;
use domain::payment::events::PaymentEvent;

use crate::booking_facts::Folded;
use crate::booking_line::payments::Attempts;
use crate::booking_line::view::BookingLine;

impl Folded for BookingLine {
    fn begin(fact: &BookingEvent, version: i64) -> Option<Self> {
        let BookingEvent::Requested {
            booking_id,
            patient_id,
            call_type,
            appointment,
            price,
            pay_by,
            at,
            ..
        } = fact
        else {
            return None;
        };
        let mut line = Self {
            booking_id: *booking_id,
            patient_id: *patient_id,
            call_type: *call_type,
            status: BookingStatus::Pending,
            price: *price,
            fee: None,
            doctor_id: None,
            clinic_id: None,
            assigned: false,
            visit: None,
            pay_by: *pay_by,
            requested_at: *at,
            payments: Attempts::default(),
            version,
        };
        line.meet(appointment.as_ref());
        Some(line)
    }

    fn proceed(&mut self, fact: &BookingEvent, version: i64) {
        self.version = version;
        match fact {
            BookingEvent::Requested { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Earned { .. }
            | BookingEvent::ReactionRefused { .. }
            | BookingEvent::ReactionGivenUp { .. } => {}
            BookingEvent::PaymentStarted { payment_id, .. } | BookingEvent::Secured { payment_id, .. } => {
                self.payments.count(*payment_id);
            }
            BookingEvent::Expired { .. } => self.status = BookingStatus::Expired,
            BookingEvent::NobodyFound { .. } => {
                self.status = BookingStatus::Expired;
                self.fee = Some(self.price.zero());
            }
            BookingEvent::Missed { .. } => {
                self.status = BookingStatus::Missed;
                self.fee = Some(self.price.zero());
            }
            BookingEvent::Revived {
                payment_id,
                appointment,
                ..
            } => {
                self.status = BookingStatus::Pending;
                self.payments.count(*payment_id);
                self.meet(appointment.as_ref());
            }
            BookingEvent::Assigned { appointment, .. } => {
                self.status = BookingStatus::Assigned;
                self.assigned = true;
                self.meet(Some(appointment));
            }
            BookingEvent::Unassigned { .. } => {
                self.status = BookingStatus::Pending;
                self.assigned = false;
                self.meet(None);
            }
            BookingEvent::Departed { .. } => self.status = BookingStatus::EnRoute,
            BookingEvent::Arrived { .. } => self.status = BookingStatus::Arrived,
            BookingEvent::Started { .. } => self.status = BookingStatus::InProgress,
            BookingEvent::Completed { .. } => self.status = BookingStatus::Completed,
            BookingEvent::NoShow { fee, .. } => {
                self.status = BookingStatus::NoShow;
                self.fee = Some(*fee);
            }
            BookingEvent::Rescheduled { to, .. } => {
                self.pay_by = self.pay_by.min(to.visit.start());
                self.meet(Some(to));
            }
            BookingEvent::Cancelled { fee, .. } => {
                self.status = BookingStatus::Cancelled;
                self.fee = Some(*fee);
            }
        }
    }

    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        self.payments.apply(payment_id, fact);
    }
}

impl BookingLine {
    fn meet(&mut self, appointment: Option<&Appointment>) {
        self.doctor_id = appointment.map(|appointment| appointment.doctor_id);
        self.clinic_id = appointment.and_then(|appointment| appointment.clinic_id);
        self.visit = appointment.map(|appointment| appointment.visit);
    }
}

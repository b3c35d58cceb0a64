//! A booking's row, fact by fact.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::booking::events::{Appointment, BookingEvent, CallType};
use domain::booking::status::BookingStatus;
use domain::booking::steps::Steps;
use domain::ids::PaymentId;
use domain::payment::events::PaymentEvent;

use crate::bookings::payments::Attempts;
use crate::bookings::{AgreedVisit, BookingDetails, BookingSummary};

impl BookingDetails {
    /// The row a booking begins with; nothing unless the fact is its request.
    pub(super) fn begin(fact: &BookingEvent, version: i64) -> Option<Self> {
        let BookingEvent::Requested { details, .. } = fact else {
            return None;
        };
        Some(Self {
            line: BookingSummary::begin(fact, version)?,
            details: details.as_ref().map(|details| details.id),
            note: None,
            cancel_reason: None,
            waiting_since: None,
        })
    }

    /// One more fact of the booking.
    pub(super) fn proceed(&mut self, fact: &BookingEvent, version: i64) {
        self.line.proceed(fact, version);
        self.wait_for_a_doctor(fact);
        if let BookingEvent::Cancelled { reason, note, .. } = fact {
            self.cancel_reason = Some(*reason);
            self.note = note.as_ref().map(|note| note.id);
        }
    }

    /// An urgent call waits from its payment, or from the loss of its doctor, until it has one or is over.
    fn wait_for_a_doctor(&mut self, fact: &BookingEvent) {
        match fact {
            BookingEvent::Secured { at, .. }
            | BookingEvent::Revived { at, .. }
            | BookingEvent::Unassigned { at, .. } => {
                self.waiting_since = (self.line.call_type == CallType::Urgent).then_some(*at);
            }
            BookingEvent::Assigned { .. }
            | BookingEvent::NobodyFound { .. }
            | BookingEvent::Cancelled { .. } => self.waiting_since = None,
            _ => {}
        }
    }
}

impl BookingSummary {
    fn begin(fact: &BookingEvent, version: i64) -> Option<Self> {
        let BookingEvent::Requested {
            booking_id,
            patient_id,
            call_type,
            appointment,
            price,
            tariff_version,
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
            agreed: None,
            escalation: None,
            pay_by: *pay_by,
            requested_at: *at,
            tariff_version: *tariff_version,
            payments: Attempts::default(),
            steps: Steps::default(),
            version,
        };
        line.meet(appointment.as_ref());
        Some(line)
    }

    fn proceed(&mut self, fact: &BookingEvent, version: i64) {
        self.version = version;
        self.steps = self.steps.after(fact);
        match fact {
            BookingEvent::PaymentStarted { payment_id, .. } | BookingEvent::Secured { payment_id, .. } => {
                self.payments.count(*payment_id);
            }
            BookingEvent::ChangeAccepted { .. } => self.agreed = None,
            BookingEvent::Escalated { reason, .. } => self.escalation = Some(*reason),
            BookingEvent::Expired { .. } => self.turn(BookingStatus::Expired),
            BookingEvent::NobodyFound { .. } => {
                self.turn(BookingStatus::Expired);
                self.fee = Some(self.price.zero());
            }
            BookingEvent::Missed { .. } => {
                self.turn(BookingStatus::Missed);
                self.fee = Some(self.price.zero());
            }
            BookingEvent::Revived {
                payment_id,
                appointment,
                ..
            } => {
                self.turn(BookingStatus::Pending);
                self.payments.count(*payment_id);
                self.changed_by_others(appointment.as_ref());
            }
            BookingEvent::Assigned { appointment, .. } => {
                self.turn(BookingStatus::Assigned);
                self.assigned = true;
                self.changed_by_others(Some(appointment));
            }
            BookingEvent::Unassigned { .. } => {
                self.turn(BookingStatus::Pending);
                self.assigned = false;
                self.changed_by_others(None);
            }
            BookingEvent::Departed { .. } => self.turn(BookingStatus::EnRoute),
            BookingEvent::Arrived { .. } => self.turn(BookingStatus::Arrived),
            BookingEvent::Started { .. } => self.turn(BookingStatus::InProgress),
            BookingEvent::Completed { .. } => self.turn(BookingStatus::Completed),
            BookingEvent::NoShow { fee, .. } => {
                self.turn(BookingStatus::NoShow);
                self.fee = Some(*fee);
            }
            BookingEvent::Rescheduled { to, by, .. } => {
                self.escalation = None;
                self.pay_by = self.pay_by.min(to.visit.start());
                if by.is_patient() {
                    self.agreed = None;
                    self.meet(Some(to));
                } else {
                    self.changed_by_others(Some(to));
                }
            }
            BookingEvent::Cancelled { fee, .. } => {
                self.turn(BookingStatus::Cancelled);
                self.fee = Some(*fee);
            }
            _ => {}
        }
    }

    /// One more fact of one of its payments.
    pub(super) fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        self.payments.apply(payment_id, fact);
    }

    fn turn(&mut self, status: BookingStatus) {
        self.status = status;
        self.escalation = None;
    }

    /// Remembers what the patient agreed to until it is so again. Who calls urgently agrees to the first doctor found.
    fn changed_by_others(&mut self, appointment: Option<&Appointment>) {
        let present = self.doctor_id.zip(self.visit);
        let agreed = self
            .agreed
            .or(present.map(|(doctor_id, visit)| AgreedVisit { doctor_id, visit }));
        self.meet(appointment);
        self.agreed = agreed
            .filter(|agreed| self.doctor_id != Some(agreed.doctor_id) || self.visit != Some(agreed.visit));
    }

    fn meet(&mut self, appointment: Option<&Appointment>) {
        self.doctor_id = appointment.map(|appointment| appointment.doctor_id);
        // Without a doctor it stays with the clinic of the one who was taken off.
        if let Some(appointment) = appointment {
            self.clinic_id = appointment.clinic_id;
        }
        self.visit = appointment.map(|appointment| appointment.visit);
    }
}

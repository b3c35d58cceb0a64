//! The facts of a booking. Types and versions never change meaning; a new shape gets a new version and an upcaster.
//! `at` is the moment of the decision, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use cqrs_es::DomainEvent;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::booking::status::EscalationReason;
use crate::ids::{BookingId, ClinicId, DoctorId, IntentId, PatientId, PaymentId};
use crate::money::Money;
use crate::people::{Actor, PrivateRef};
use crate::policy::cancellation::CancellationTerms;
use crate::reactions::GiveUpReason;
use crate::time::TimeRange;

/// How the patient calls the doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    /// Now, the nearest doctor.
    Urgent,
    /// A chosen doctor at a chosen time, at home.
    Scheduled,
    /// A chosen doctor at a chosen time, by video.
    Consultation,
}

impl CallType {
    /// Every call type, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Scheduled, Self::Consultation];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Scheduled => "scheduled",
            Self::Consultation => "consultation",
        }
    }

    /// The call type named by `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call_type| call_type.as_str() == word)
    }
}

/// A visit at a time with a doctor, and the days whose streams hold its claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    pub doctor_id: DoctorId,
    pub visit: TimeRange,
    /// The doctor's local dates whose DoctorDay streams hold the claim (the visit with its buffers).
    pub days: Vec<Date>,
    /// The clinic the doctor belonged to when this was set; facts of a first version know none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<ClinicId>,
}

impl Appointment {
    /// The same with a doctor of this clinic.
    #[must_use]
    pub fn of_clinic(self, clinic_id: Option<ClinicId>) -> Self {
        Self { clinic_id, ..self }
    }

    /// Whether the two are the same doctor at the same time.
    pub fn is_same_visit(&self, other: &Self) -> bool {
        self.doctor_id == other.doctor_id && self.visit == other.visit
    }
}

/// Why a booking was cancelled; a free note goes to the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The patient changed their mind or plans.
    PatientRequest,
    Recovered,
    DoctorUnavailable,
    /// The clinic or platform cannot serve.
    ClinicRequest,
    Hospitalised,
    /// Booked twice or by mistake.
    Mistake,
    Other,
}

impl CancelReason {
    /// Every reason, in the order of the contract.
    pub const ALL: [Self; 7] = [
        Self::PatientRequest,
        Self::Recovered,
        Self::DoctorUnavailable,
        Self::ClinicRequest,
        Self::Hospitalised,
        Self::Mistake,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PatientRequest => "patient_request",
            Self::Recovered => "recovered",
            Self::DoctorUnavailable => "doctor_unavailable",
            Self::ClinicRequest => "clinic_request",
            Self::Hospitalised => "hospitalised",
            Self::Mistake => "mistake",
            Self::Other => "other",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// Why a booking does not want money that arrived for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unwanted {
    /// The booking had ended, or its time had come, and it could not be revived.
    TooLate,
    /// Other money had secured the booking before.
    PaidAlready,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BookingEvent {
    /// A patient asked for a visit; for a chosen time the slot is held until `pay_by`.
    #[serde(rename = "BookingRequested")]
    Requested {
        booking_id: BookingId,
        patient_id: PatientId,
        call_type: CallType,
        /// Doctor and time; absent for an urgent call until it is assigned.
        appointment: Option<Appointment>,
        price: Money,
        /// The version of the price list the price came from.
        tariff_version: u32,
        /// What cancelling will cost, as agreed.
        terms: CancellationTerms,
        /// When the hold ends unless it is paid.
        pay_by: Timestamp,
        /// Address, coordinates, symptoms and notes, in the vault.
        details: Option<PrivateRef>,
        at: Timestamp,
    },
    /// A new attempt to pay started; at most one lives at a time.
    #[serde(rename = "BookingPaymentStarted")]
    PaymentStarted { payment_id: PaymentId, at: Timestamp },
    /// Authorised or captured money secures the visit.
    #[serde(rename = "BookingSecured")]
    Secured { payment_id: PaymentId, at: Timestamp },
    /// Nobody paid in time; the slot is free again.
    #[serde(rename = "BookingExpired")]
    Expired { at: Timestamp },
    /// Late money brought an expired booking back; its slot was still free and ahead.
    #[serde(rename = "BookingRevived")]
    Revived {
        payment_id: PaymentId,
        /// Doctor and time, claimed anew; absent for an urgent call.
        appointment: Option<Appointment>,
        at: Timestamp,
    },
    /// Money arrived for a booking that no longer wants it; it goes back in full.
    #[serde(rename = "LatePaymentRefused")]
    LatePaymentRefused {
        payment_id: PaymentId,
        because: Unwanted,
        at: Timestamp,
    },
    /// A doctor is set; for a scheduled booking by itself when it is secured.
    #[serde(rename = "BookingAssigned")]
    Assigned {
        appointment: Appointment,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor was taken off; the claim is released.
    #[serde(rename = "BookingUnassigned")]
    Unassigned {
        doctor_id: DoctorId,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor is on the way.
    #[serde(rename = "DoctorDeparted")]
    Departed { by: Actor, at: Timestamp },
    /// The doctor on the way tells when they expect to be there; a newer estimate replaces it.
    #[serde(rename = "DoctorArrivalEstimated")]
    ArrivalEstimated {
        arrives_at: Timestamp,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor says where a consultation takes place; a newer place replaces it.
    #[serde(rename = "ConsultationRoomNamed")]
    RoomNamed {
        /// Its address, in the vault: whoever has it can come in.
        room: PrivateRef,
        by: Actor,
        at: Timestamp,
    },
    /// The doctor is at the door, or for a consultation in the room.
    #[serde(rename = "DoctorArrived")]
    Arrived { by: Actor, at: Timestamp },
    #[serde(rename = "VisitStarted")]
    Started { by: Actor, at: Timestamp },
    /// The visit is over; the price is due.
    #[serde(rename = "VisitCompleted")]
    Completed { by: Actor, due: Money, at: Timestamp },
    #[serde(rename = "PatientNoShow")]
    NoShow {
        by: Actor,
        /// What is due: as much as the latest cancellation.
        fee: Money,
        at: Timestamp,
    },
    /// A doctor was set and never set out; nothing is due, the money goes back.
    #[serde(rename = "BookingMissed")]
    Missed { doctor_id: DoctorId, at: Timestamp },
    /// A paid booking found no doctor in time; nothing is due, the money goes back.
    #[serde(rename = "BookingNobodyFound")]
    NobodyFound { at: Timestamp },
    /// Nobody takes the paid booking further: an operator is told.
    #[serde(rename = "BookingEscalated")]
    Escalated { reason: EscalationReason, at: Timestamp },
    /// The visit moved. An unpaid booking's `pay_by` is cut to the new start.
    #[serde(rename = "BookingRescheduled")]
    Rescheduled {
        /// Where it was; absent if the doctor had been taken off.
        from: Option<Appointment>,
        to: Appointment,
        /// A later cancellation costs at least this: what was due when the visit moved.
        fee_floor: Money,
        by: Actor,
        at: Timestamp,
    },
    /// The patient accepts the doctor and time that somebody else set.
    #[serde(rename = "BookingChangeAccepted")]
    ChangeAccepted {
        appointment: Appointment,
        by: Actor,
        at: Timestamp,
    },
    /// The booking was called off.
    #[serde(rename = "BookingCancelled")]
    Cancelled {
        by: Actor,
        reason: CancelReason,
        /// A free note, in the vault.
        note: Option<PrivateRef>,
        fee: Money,
        at: Timestamp,
    },
    /// The visit's money is taken and shared: what the doctor gets is fixed, once and for all.
    #[serde(rename = "BookingEarned")]
    Earned {
        doctor_id: DoctorId,
        payment_id: PaymentId,
        /// What the platform keeps of it: the price or the fee.
        kept: Money,
        commission: Money,
        share: Money,
        /// The commissions it was reckoned under.
        policy_version: u32,
        at: Timestamp,
    },
    /// A process asked for something that was refused.
    #[serde(rename = "BookingReactionRefused")]
    ReactionRefused {
        intent_id: IntentId,
        code: String,
        at: Timestamp,
    },
    /// An operator gave an intent up.
    #[serde(rename = "BookingReactionGivenUp")]
    ReactionGivenUp {
        intent_id: IntentId,
        reason: GiveUpReason,
        by: Actor,
        at: Timestamp,
    },
}

/// Every type of event: its stable name and its highest version. Second versions name the doctor's clinic.
pub const TYPES: &[(&str, &str)] = &[
    ("BookingRequested", "2"),
    ("BookingPaymentStarted", "1"),
    ("BookingSecured", "1"),
    ("BookingExpired", "1"),
    ("BookingRevived", "2"),
    ("LatePaymentRefused", "1"),
    ("BookingAssigned", "2"),
    ("BookingUnassigned", "1"),
    ("DoctorDeparted", "1"),
    ("DoctorArrivalEstimated", "1"),
    ("ConsultationRoomNamed", "1"),
    ("DoctorArrived", "1"),
    ("VisitStarted", "1"),
    ("VisitCompleted", "1"),
    ("PatientNoShow", "1"),
    ("BookingMissed", "1"),
    ("BookingNobodyFound", "1"),
    ("BookingEscalated", "1"),
    ("BookingRescheduled", "2"),
    ("BookingChangeAccepted", "1"),
    ("BookingCancelled", "1"),
    ("BookingEarned", "1"),
    ("BookingReactionRefused", "1"),
    ("BookingReactionGivenUp", "1"),
];

impl BookingEvent {
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "BookingRequested",
            Self::PaymentStarted { .. } => "BookingPaymentStarted",
            Self::Secured { .. } => "BookingSecured",
            Self::Expired { .. } => "BookingExpired",
            Self::Revived { .. } => "BookingRevived",
            Self::LatePaymentRefused { .. } => "LatePaymentRefused",
            Self::Assigned { .. } => "BookingAssigned",
            Self::Unassigned { .. } => "BookingUnassigned",
            Self::Departed { .. } => "DoctorDeparted",
            Self::ArrivalEstimated { .. } => "DoctorArrivalEstimated",
            Self::RoomNamed { .. } => "ConsultationRoomNamed",
            Self::Arrived { .. } => "DoctorArrived",
            Self::Started { .. } => "VisitStarted",
            Self::Completed { .. } => "VisitCompleted",
            Self::NoShow { .. } => "PatientNoShow",
            Self::Missed { .. } => "BookingMissed",
            Self::NobodyFound { .. } => "BookingNobodyFound",
            Self::Escalated { .. } => "BookingEscalated",
            Self::Rescheduled { .. } => "BookingRescheduled",
            Self::ChangeAccepted { .. } => "BookingChangeAccepted",
            Self::Cancelled { .. } => "BookingCancelled",
            Self::Earned { .. } => "BookingEarned",
            Self::ReactionRefused { .. } => "BookingReactionRefused",
            Self::ReactionGivenUp { .. } => "BookingReactionGivenUp",
        }
    }
}

impl DomainEvent for BookingEvent {
    fn event_type(&self) -> String {
        self.type_name().to_owned()
    }

    fn event_version(&self) -> String {
        // Each is written in its highest version.
        let written = TYPES.iter().find(|(name, _)| *name == self.type_name());
        written.map_or("1", |(_, highest)| *highest).to_owned()
    }
}

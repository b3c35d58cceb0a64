//! The stable names and versions under which a booking's facts are stored.

use cqrs_es::DomainEvent;

use crate::booking::events::BookingEvent;

impl BookingEvent {
    /// The stable name of the fact's type, as stored.
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
        match self {
            // Their second version names the doctor's clinic.
            Self::Requested { .. }
            | Self::Revived { .. }
            | Self::Assigned { .. }
            | Self::Rescheduled { .. } => "2",
            Self::PaymentStarted { .. }
            | Self::Secured { .. }
            | Self::Expired { .. }
            | Self::LatePaymentRefused { .. }
            | Self::Unassigned { .. }
            | Self::Departed { .. }
            | Self::Arrived { .. }
            | Self::Started { .. }
            | Self::Completed { .. }
            | Self::NoShow { .. }
            | Self::Missed { .. }
            | Self::NobodyFound { .. }
            | Self::Escalated { .. }
            | Self::ChangeAccepted { .. }
            | Self::Cancelled { .. }
            | Self::Earned { .. }
            | Self::ReactionRefused { .. }
            | Self::ReactionGivenUp { .. } => "1",
        }
        .to_owned()
    }
}

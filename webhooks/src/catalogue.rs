//! What endpoints can be told of: a closed set of public names, each of one kind of fact, or of two that mean the same to others.

use domain::any_event::AnyEvent;
use domain::booking::events::BookingEvent;
use domain::payment::events::PaymentEvent;

/// One kind of event, as endpoints name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventType {
    /// A visit was asked for.
    BookingCreated,
    /// Money secures it.
    BookingSecured,
    /// Nobody paid in time, or nobody was found.
    BookingExpired,
    /// Late money brought it back.
    BookingRevived,
    /// A doctor is set.
    BookingAssigned,
    /// The doctor was taken off.
    BookingUnassigned,
    /// The doctor or the time is another one.
    BookingRescheduled,
    /// The patient accepts what others changed.
    BookingChangeAccepted,
    /// The doctor is on the way.
    BookingDeparted,
    /// The doctor says when they will be there.
    BookingArrivalEstimated,
    /// The doctor is there.
    BookingArrived,
    /// The visit has begun.
    BookingStarted,
    /// The visit is over.
    BookingCompleted,
    /// The patient was not there.
    BookingNoShow,
    /// The doctor never set out.
    BookingMissed,
    /// It was called off.
    BookingCancelled,
    /// Somebody began to pay.
    PaymentStarted,
    /// The money is held.
    PaymentAuthorised,
    /// The money is taken.
    PaymentCaptured,
    /// The payment came to nothing.
    PaymentFailed,
    /// The hold was given up, or it ended before money moved.
    PaymentCancelled,
    /// Taken money went back, in part or in full.
    PaymentRefunded,
}

/// What a test is called; nobody subscribes to it.
pub const TEST: &str = "webhook.test";

impl EventType {
    /// All of them, in the order of the contract.
    pub const ALL: [Self; 22] = [
        Self::BookingCreated,
        Self::BookingSecured,
        Self::BookingExpired,
        Self::BookingRevived,
        Self::BookingAssigned,
        Self::BookingUnassigned,
        Self::BookingRescheduled,
        Self::BookingChangeAccepted,
        Self::BookingDeparted,
        Self::BookingArrivalEstimated,
        Self::BookingArrived,
        Self::BookingStarted,
        Self::BookingCompleted,
        Self::BookingNoShow,
        Self::BookingMissed,
        Self::BookingCancelled,
        Self::PaymentStarted,
        Self::PaymentAuthorised,
        Self::PaymentCaptured,
        Self::PaymentFailed,
        Self::PaymentCancelled,
        Self::PaymentRefunded,
    ];

    /// Its public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BookingCreated => "booking.created",
            Self::BookingSecured => "booking.secured",
            Self::BookingExpired => "booking.expired",
            Self::BookingRevived => "booking.revived",
            Self::BookingAssigned => "booking.assigned",
            Self::BookingUnassigned => "booking.unassigned",
            Self::BookingRescheduled => "booking.rescheduled",
            Self::BookingChangeAccepted => "booking.change_accepted",
            Self::BookingDeparted => "booking.departed",
            Self::BookingArrivalEstimated => "booking.arrival_estimated",
            Self::BookingArrived => "booking.arrived",
            Self::BookingStarted => "booking.started",
            Self::BookingCompleted => "booking.completed",
            Self::BookingNoShow => "booking.no_show",
            Self::BookingMissed => "booking.missed",
            Self::BookingCancelled => "booking.cancelled",
            Self::PaymentStarted => "payment.started",
            Self::PaymentAuthorised => "payment.authorised",
            Self::PaymentCaptured => "payment.captured",
            Self::PaymentFailed => "payment.failed",
            Self::PaymentCancelled => "payment.cancelled",
            Self::PaymentRefunded => "payment.refunded",
        }
    }

    /// The one of this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }

    /// What a fact is told as; most are nobody's business outside.
    pub const fn of(event: &AnyEvent) -> Option<Self> {
        match event {
            AnyEvent::Booking(event) => of_booking(event),
            AnyEvent::Payment(event) => of_payment(event),
            AnyEvent::DoctorDay(_)
            | AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_)
            | AnyEvent::Account(_) => None,
        }
    }
}

const fn of_booking(event: &BookingEvent) -> Option<EventType> {
    let told = match event {
        BookingEvent::Requested { .. } => EventType::BookingCreated,
        BookingEvent::Secured { .. } => EventType::BookingSecured,
        BookingEvent::Expired { .. } | BookingEvent::NobodyFound { .. } => EventType::BookingExpired,
        BookingEvent::Revived { .. } => EventType::BookingRevived,
        BookingEvent::Assigned { .. } => EventType::BookingAssigned,
        BookingEvent::Unassigned { .. } => EventType::BookingUnassigned,
        BookingEvent::Rescheduled { .. } => EventType::BookingRescheduled,
        BookingEvent::ChangeAccepted { .. } => EventType::BookingChangeAccepted,
        BookingEvent::Departed { .. } => EventType::BookingDeparted,
        BookingEvent::ArrivalEstimated { .. } => EventType::BookingArrivalEstimated,
        BookingEvent::Arrived { .. } => EventType::BookingArrived,
        BookingEvent::Started { .. } => EventType::BookingStarted,
        BookingEvent::Completed { .. } => EventType::BookingCompleted,
        BookingEvent::NoShow { .. } => EventType::BookingNoShow,
        BookingEvent::Missed { .. } => EventType::BookingMissed,
        BookingEvent::Cancelled { .. } => EventType::BookingCancelled,
        BookingEvent::PaymentStarted { .. }
        | BookingEvent::LatePaymentRefused { .. }
        | BookingEvent::RoomNamed { .. }
        | BookingEvent::Escalated { .. }
        | BookingEvent::Earned { .. }
        | BookingEvent::ReactionRefused { .. }
        | BookingEvent::ReactionGivenUp { .. } => return None,
    };
    Some(told)
}

const fn of_payment(event: &PaymentEvent) -> Option<EventType> {
    let told = match event {
        PaymentEvent::Started { .. } | PaymentEvent::DepositStarted { .. } => EventType::PaymentStarted,
        PaymentEvent::Authorised { .. } => EventType::PaymentAuthorised,
        PaymentEvent::Captured { .. } => EventType::PaymentCaptured,
        PaymentEvent::Failed { .. } => EventType::PaymentFailed,
        PaymentEvent::Cancelled { .. } => EventType::PaymentCancelled,
        PaymentEvent::Refunded { .. } => EventType::PaymentRefunded,
        PaymentEvent::Pending { .. }
        | PaymentEvent::OutcomeUnknown { .. }
        | PaymentEvent::ReactionRefused { .. }
        | PaymentEvent::ReactionGivenUp { .. }
        | PaymentEvent::Routed { .. }
        | PaymentEvent::ReturnUrlGiven { .. }
        | PaymentEvent::LinkOffered { .. }
        | PaymentEvent::CallIntended { .. }
        | PaymentEvent::CallRefused { .. }
        | PaymentEvent::CaptureRequested { .. }
        | PaymentEvent::CancelRequested { .. }
        | PaymentEvent::GivenUp { .. }
        | PaymentEvent::SettlementSet { .. }
        | PaymentEvent::RefundRequested { .. }
        | PaymentEvent::RefundPending { .. }
        | PaymentEvent::RefundCancelled { .. }
        | PaymentEvent::IncomeKnown { .. }
        | PaymentEvent::ReceiptDue { .. }
        | PaymentEvent::ReceiptRequested { .. }
        | PaymentEvent::ReceiptRegistered { .. }
        | PaymentEvent::ReceiptCopyOffered { .. }
        | PaymentEvent::ReceiptFailed { .. }
        | PaymentEvent::AnomalyRecorded { .. }
        | PaymentEvent::AnomalyResolved { .. } => return None,
    };
    Some(told)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_read_back_and_each_stands_once() {
        let names: BTreeSet<&str> = EventType::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(names.len(), EventType::ALL.len());
        for event in EventType::ALL {
            assert_eq!(EventType::parse(event.as_str()), Some(event));
        }
        assert_eq!(EventType::parse(TEST), None);
        assert_eq!(EventType::parse("booking.Created"), None);
    }
}

//! What a process sees and what it answers.

use domain::any_event::AnyEvent;
use domain::ids::{AccountId, BookingId, PayoutId};
use event_store::Position;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::payments::PaymentRef;
use crate::retry_schedule::RetrySchedule;

/// A fact on its way past the processes.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct ReceivedEvent<'a> {
    pub position: Position,
    pub aggregate_id: &'a str,
    /// What it is partitioned by: the booking, for bookings and their payments; the owner, for deposits and
    /// payouts.
    pub partition_key: &'a str,
    pub event: &'a AnyEvent,
    /// When what is under way with a provider is looked after.
    pub retries: &'a RetrySchedule,
}

/// An intent and the moment from which it may be carried out.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledIntent {
    pub intent: Intent,
    pub due_at: Timestamp,
}

impl ReceivedEvent<'_> {
    /// The booking whose partition the fact of a booking lies in.
    pub(crate) fn booking_id(&self) -> Option<BookingId> {
        self.partition_key.parse().ok()
    }

    /// The payment whose stream the fact lies in, and where that lies.
    pub(crate) fn payment_ref(&self) -> Option<PaymentRef> {
        Some(PaymentRef {
            partition: self.partition_key.parse().ok()?,
            payment_id: self.aggregate_id.parse().ok()?,
        })
    }

    /// The payout whose stream the fact lies in, and whose money it is.
    pub(crate) fn payout(&self) -> Option<(AccountId, PayoutId)> {
        self.partition_key
            .parse()
            .ok()
            .zip(self.aggregate_id.parse().ok())
    }
}

//! What a process sees and what it answers.

use domain::any_event::AnyEvent;
use domain::ids::{AccountId, BookingId, PayoutId};
use event_store::Position;
use jiff::Timestamp;

use crate::intents::Intent;
use crate::payments::Whose;
use crate::payments::outward::plan::Plans;
use crate::processes::{
    booking_payment, doctor_earnings, double_payment, hold_expiry, hold_keeping, late_success, payment_watch,
    payout_calls, payout_destinations, payout_watch, provider_calls, receipt_follow_up, refund_follow_up,
    settlement, visit_watch,
};

/// A fact on its way past the processes.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its place in the log.
    pub position: Position,
    /// The stream it belongs to.
    pub aggregate_id: &'a str,
    /// What it is partitioned by: the booking, for bookings and their payments; the owner, for deposits and
    /// payouts.
    pub partition_key: &'a str,
    /// The fact.
    pub event: &'a AnyEvent,
    /// When what is under way with a provider is looked after.
    pub plans: &'a Plans,
}

/// An intent and the moment from which it may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// What should happen.
    pub intent: Intent,
    /// Not before.
    pub due_at: Timestamp,
}

/// A process: its registered name and its sentence.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// The name under which it is registered; fixed for ever, since intents' ids derive from it.
    pub name: &'static str,
    /// Raised whenever it answers more to a fact than before: newer code then looks again at what older workers have moved
    /// over while both ran.
    pub revision: u32,
    /// What it answers to a fact.
    pub react: fn(Seen<'_>) -> Vec<Reaction>,
}

/// Every process there is.
pub const PROCESSES: &[Process] = &[
    Process {
        name: hold_expiry::NAME,
        revision: 1,
        react: hold_expiry::react,
    },
    Process {
        name: booking_payment::NAME,
        revision: 1,
        react: booking_payment::react,
    },
    Process {
        name: late_success::NAME,
        revision: 1,
        react: late_success::react,
    },
    Process {
        name: double_payment::NAME,
        revision: 1,
        react: double_payment::react,
    },
    Process {
        name: settlement::NAME,
        revision: 1,
        react: settlement::react,
    },
    Process {
        name: provider_calls::NAME,
        revision: 1,
        react: provider_calls::react,
    },
    Process {
        name: payment_watch::NAME,
        revision: 1,
        react: payment_watch::react,
    },
    Process {
        name: hold_keeping::NAME,
        revision: 1,
        react: hold_keeping::react,
    },
    Process {
        name: refund_follow_up::NAME,
        revision: 2,
        react: refund_follow_up::react,
    },
    Process {
        name: receipt_follow_up::NAME,
        revision: 1,
        react: receipt_follow_up::react,
    },
    Process {
        name: doctor_earnings::NAME,
        revision: 1,
        react: doctor_earnings::react,
    },
    Process {
        name: payout_calls::NAME,
        revision: 1,
        react: payout_calls::react,
    },
    Process {
        name: payout_watch::NAME,
        revision: 1,
        react: payout_watch::react,
    },
    Process {
        name: payout_destinations::NAME,
        revision: 1,
        react: payout_destinations::react,
    },
    Process {
        name: visit_watch::NAME,
        revision: 1,
        react: visit_watch::react,
    },
];

impl Seen<'_> {
    /// The booking whose partition the fact of a booking lies in.
    pub(crate) fn booking_id(&self) -> Option<BookingId> {
        self.partition_key.parse().ok()
    }

    /// The payment whose stream the fact lies in, and where that lies.
    pub(crate) fn whose(&self) -> Option<Whose> {
        Some(Whose {
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

//! Every process there is, under the name it is registered by.

use crate::processes::{
    ReceivedEvent, ScheduledIntent, booking_payment, doctor_earnings, hold_capture, hold_expiry,
    payment_polling, payout_calls, payout_destinations, payout_polling, provider_calls, receipt_follow_up,
    refund_double_payment, refund_follow_up, refund_late_payment, settlement, visit_watch,
};

/// A process: its registered name and its sentence.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// The name under which it is registered; fixed for ever, since intents' ids derive from it.
    pub name: &'static str,
    /// Raised whenever it answers more to a fact than before: newer code then looks again at what older workers have moved
    /// over while both ran.
    pub revision: u32,
    /// What it answers to a fact.
    pub react: fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>,
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
        name: refund_late_payment::NAME,
        revision: 1,
        react: refund_late_payment::react,
    },
    Process {
        name: refund_double_payment::NAME,
        revision: 1,
        react: refund_double_payment::react,
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
        name: payment_polling::NAME,
        revision: 1,
        react: payment_polling::react,
    },
    Process {
        name: hold_capture::NAME,
        revision: 1,
        react: hold_capture::react,
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
        name: payout_polling::NAME,
        revision: 1,
        react: payout_polling::react,
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

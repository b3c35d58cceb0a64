//! Every process there is, under the name it is registered by.

use crate::context::PROCESS_ROLE;
use crate::payments::provider::NOTICES;
use crate::processes::{
    ReceivedEvent, ScheduledIntent, booking_payment, doctor_earnings, double_payment, hold_expiry,
    hold_keeping, late_success, payment_watch, payout_calls, payout_destinations, payout_watch,
    provider_calls, receipt_follow_up, refund_follow_up, settlement, visit_watch,
};

/// A process: its registered name and its sentence.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    /// The name under which it is registered; fixed for ever, since intents' ids derive from it.
    pub name: &'static str,
    /// Raised whenever it answers more to a fact than before: newer code then looks again at what older workers have moved
    /// over while both ran.
    pub revision: u32,
    /// A fact in, what should happen next out; pure, so that it may see a fact twice.
    pub react: React,
}

type React = fn(ReceivedEvent<'_>) -> Vec<ScheduledIntent>;

const fn process(name: &'static str, revision: u32, react: React) -> Process {
    Process {
        name,
        revision,
        react,
    }
}

/// What compares the books with the providers', and repairs what it may: no process that answers facts, and acts as one.
pub const RECONCILIATION: &str = "reconciliation";

/// Under which names the platform itself acts: as facts have it in `actor_id`, and intents in `process`.
pub fn acting_names() -> impl Iterator<Item = &'static str> {
    let processes = PROCESSES.iter().map(|process| process.name);
    processes.chain([NOTICES, RECONCILIATION, PROCESS_ROLE])
}

/// In the order in which their intents are recorded.
pub const PROCESSES: &[Process] = &[
    process(hold_expiry::NAME, 1, hold_expiry::react),
    process(booking_payment::NAME, 1, booking_payment::react),
    process(late_success::NAME, 1, late_success::react),
    process(double_payment::NAME, 1, double_payment::react),
    process(settlement::NAME, 1, settlement::react),
    process(provider_calls::NAME, 1, provider_calls::react),
    process(payment_watch::NAME, 1, payment_watch::react),
    process(hold_keeping::NAME, 1, hold_keeping::react),
    process(refund_follow_up::NAME, 2, refund_follow_up::react),
    process(receipt_follow_up::NAME, 1, receipt_follow_up::react),
    process(doctor_earnings::NAME, 1, doctor_earnings::react),
    process(payout_calls::NAME, 1, payout_calls::react),
    process(payout_watch::NAME, 1, payout_watch::react),
    process(payout_destinations::NAME, 1, payout_destinations::react),
    process(visit_watch::NAME, 1, visit_watch::react),
];

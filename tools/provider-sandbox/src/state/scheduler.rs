//! What will happen by itself, and when: expiries, cash registers, refunds under way, deliveries.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Something that happens when its time has come, unless the object has moved on by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScheduledAction {
    /// An unpaid payment expires.
    ExpirePending(String),
    /// A hold expires.
    ExpireHold(String),
    /// A refund ends.
    EndRefund(String),
    /// The cash register answers.
    EndReceipt(String),
    /// A payout ends.
    EndPayout(String),
    /// A T-Bank link expires.
    ExpireLink(u64),
    /// T-Bank's cash register answers about its receipt of this number.
    EndBankReceipt(usize),
    /// A refund through the fast payment system ends.
    EndSbpRefund(u64),
    /// A notification is sent.
    Deliver(usize),
}

/// Actions in the order of their time, then of their planning.
#[derive(Debug, Default)]
pub struct Scheduler {
    actions: BTreeMap<(Timestamp, u64), ScheduledAction>,
    scheduled: u64,
}

impl Scheduler {
    /// Schedules an action.
    pub fn schedule(&mut self, due: Timestamp, action: ScheduledAction) {
        self.scheduled += 1;
        self.actions.insert((due, self.scheduled), action);
    }

    /// Takes the earliest action that is due, with its time.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, ScheduledAction)> {
        let (due, _) = *self.actions.first_key_value()?.0;
        if due > now {
            return None;
        }
        self.actions.pop_first().map(|((due, _), action)| (due, action))
    }

    /// When the next action is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.actions.first_key_value().map(|((due, _), _)| *due)
    }
}

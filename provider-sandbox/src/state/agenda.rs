//! What will happen by itself, and when: expiries, tills, refunds under way, deliveries.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Something that happens when its time has come, unless the object has moved on by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// An unpaid payment expires.
    ExpirePending(String),
    /// A hold expires.
    ExpireHold(String),
    /// A refund ends.
    EndRefund(String),
    /// The till answers.
    EndReceipt(String),
    /// A payout ends.
    EndPayout(String),
    /// A T-Bank link expires.
    ExpireLink(u64),
    /// T-Bank's till answers about its receipt of this number.
    EndBankReceipt(usize),
    /// A refund through the fast payment system ends.
    EndSbpRefund(u64),
    /// A notification is sent.
    Deliver(usize),
}

/// Deeds in the order of their time, then of their planning.
#[derive(Debug, Default)]
pub struct Agenda {
    deeds: BTreeMap<(Timestamp, u64), Deed>,
    planned: u64,
}

impl Agenda {
    /// Plans a deed.
    pub fn plan(&mut self, due: Timestamp, deed: Deed) {
        self.planned += 1;
        self.deeds.insert((due, self.planned), deed);
    }

    /// Takes the earliest deed that is due, with its time.
    pub fn take_due(&mut self, now: Timestamp) -> Option<(Timestamp, Deed)> {
        let (due, _) = *self.deeds.first_key_value()?.0;
        if due > now {
            return None;
        }
        self.deeds.pop_first().map(|((due, _), deed)| (due, deed))
    }

    /// When the next deed is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.deeds.first_key_value().map(|((due, _), _)| *due)
    }
}

//! Money on its way from a wallet to its owner's bank account: a doctor's earnings, or a patient's own money.
//!
//! ```text
//! Requested ─▶ Pending (the gateway has it) ─▶ Paid
//!     └──────────────┴──▶ Cancelled: its money is back in the wallet, in the same append
//! ```
//!
//! The gateway is asked as providers of payments are: a request is recorded before it is sent, only a definite refusal
//! allows another attempt, and what the gateway has, whoever tells, is believed by rank: pending < final.

pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod failure;
pub mod order;
pub mod refusal;
pub mod rest;
pub mod status;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use commands::PayoutCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;
use crate::payout::refusal::PayoutRefusal;
use crate::payout::status::PayoutStatus;

/// The least that can be sent through the faster payments system.
pub const PAYOUT_MIN: Money = Money::kopecks(100);
/// The most that one payout may move, by the gateway's own rule.
pub const PAYOUT_MAX: Money = Money::kopecks(50_000_000);

/// How far a payout has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payout {
    /// Nothing was asked yet.
    #[default]
    Absent,
    /// Taken out of the wallet; the gateway may not know of it yet.
    Requested(Order),
    Pending(Order),
    Paid(Order),
    Cancelled(Order),
}

impl Payout {
    /// Where the payout stands, in the words of the contract.
    pub const fn status(&self) -> PayoutStatus {
        match self {
            Self::Absent => PayoutStatus::Absent,
            Self::Requested(_) | Self::Pending(_) => PayoutStatus::Pending,
            Self::Paid(_) => PayoutStatus::Paid,
            Self::Cancelled(_) => PayoutStatus::Cancelled,
        }
    }

    /// What is to be paid out, once something is.
    pub const fn order(&self) -> Option<&Order> {
        match self {
            Self::Absent => None,
            Self::Requested(order) | Self::Pending(order) | Self::Paid(order) | Self::Cancelled(order) => {
                Some(order)
            }
        }
    }

    /// Whether its money is on the way: out of the wallet, not yet arrived.
    pub const fn in_transit(&self) -> bool {
        match self {
            Self::Requested(_) | Self::Pending(_) => true,
            Self::Absent | Self::Paid(_) | Self::Cancelled(_) => false,
        }
    }

    /// Whether the gateway is to be asked for it.
    pub const fn wants_call(&self) -> bool {
        match self {
            Self::Requested(_) => true,
            Self::Absent | Self::Pending(_) | Self::Paid(_) | Self::Cancelled(_) => false,
        }
    }
}

impl Aggregate for Payout {
    const TYPE: &'static str = "payout";
    type Command = PayoutCommand;
    type Event = PayoutEvent;
    type Error = PayoutRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: PayoutCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PayoutRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: PayoutEvent) {
        *self = evolve::evolve(std::mem::take(self), fact);
    }
}

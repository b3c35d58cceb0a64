//! One attempt to pay, for a visit or into one's wallet: what is held, taken and given back.
//!
//! ```text
//! Pending ─▶ Authorised ─▶ Captured ─▶ PartiallyRefunded ─▶ Refunded
//!    │ └─────────────────────▶ Captured (charged at once)
//!    └─▶ Failed, Cancelled ── late success ─▶ Authorised, Captured
//! ```
//!
//! A wallet answers in the same append. A provider is asked: a decision says what is wanted (`PaymentCaptureRequested`,
//! `PaymentRefundRequested`, …), `PaymentProviderCallIntended` is recorded before each request, and what the provider has,
//! whoever tells, comes back as snapshots that are believed by rank: pending < held < final.

pub mod anomaly;
pub mod attempt;
pub mod charging;
pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod lifecycle;
pub mod provider;
pub mod purpose;
pub mod receipt;
pub mod refusal;
pub mod status;

#[cfg(test)]
mod carried_properties;
#[cfg(test)]
mod lifecycle_walks;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use commands::PaymentCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::payment::attempt::{Attempt, PaymentTerms};
use crate::payment::events::PaymentEvent;
use crate::payment::refusal::PaymentRefusal;
use crate::payment::status::PaymentStatus;

/// How far a payment has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    /// Nothing has been started yet.
    #[default]
    Absent,
    /// Started; no money has moved.
    Pending(Attempt),
    Authorised(Attempt),
    Captured(Attempt),
    PartiallyRefunded(Attempt),
    Refunded(Attempt),
    Failed(Attempt),
    /// Given up before any money was taken.
    Cancelled(Attempt),
}

impl Payment {
    /// Where the payment stands, in the words of the contract.
    pub const fn status(&self) -> PaymentStatus {
        match self {
            Self::Absent => PaymentStatus::Absent,
            Self::Pending(_) => PaymentStatus::Pending,
            Self::Authorised(_) => PaymentStatus::Authorised,
            Self::Captured(_) => PaymentStatus::Completed,
            Self::PartiallyRefunded(_) => PaymentStatus::PartiallyRefunded,
            Self::Refunded(_) => PaymentStatus::Refunded,
            Self::Failed(_) => PaymentStatus::Failed,
            Self::Cancelled(_) => PaymentStatus::Cancelled,
        }
    }

    /// The attempt, once there is one.
    pub const fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Absent => None,
            Self::Pending(attempt)
            | Self::Authorised(attempt)
            | Self::Captured(attempt)
            | Self::PartiallyRefunded(attempt)
            | Self::Refunded(attempt)
            | Self::Failed(attempt)
            | Self::Cancelled(attempt) => Some(attempt),
        }
    }

    /// What is to be paid, once something is.
    pub fn terms(&self) -> Option<&PaymentTerms> {
        self.attempt().map(|attempt| &attempt.terms)
    }

    /// Whether the outcome of the last request to the provider is unknown and being asked for.
    pub fn checking(&self) -> bool {
        self.attempt().is_some_and(|attempt| attempt.unknown)
    }

    /// Whether the money secures a booking: it is held, or taken and not given back.
    pub const fn secures(&self) -> bool {
        match self {
            Self::Authorised(_) | Self::Captured(_) => true,
            Self::Absent
            | Self::Pending(_)
            | Self::PartiallyRefunded(_)
            | Self::Refunded(_)
            | Self::Failed(_)
            | Self::Cancelled(_) => false,
        }
    }

    /// Whether it came to nothing and the provider has said so: nothing of it can become money any more.
    pub const fn is_over_there(&self) -> bool {
        match self {
            Self::Failed(attempt) | Self::Cancelled(attempt) => attempt.ended_at_provider,
            Self::Absent
            | Self::Pending(_)
            | Self::Authorised(_)
            | Self::Captured(_)
            | Self::PartiallyRefunded(_)
            | Self::Refunded(_) => false,
        }
    }

    /// Whether the attempt is over and holds no money, so that another one may start. Late success can still come.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Refunded(_) | Self::Failed(_) | Self::Cancelled(_) => true,
            Self::Absent
            | Self::Pending(_)
            | Self::Authorised(_)
            | Self::Captured(_)
            | Self::PartiallyRefunded(_) => false,
        }
    }

    /// What is held and not yet taken.
    pub fn held(&self) -> Money {
        self.attempt().map_or(Money::ZERO, |attempt| attempt.held)
    }

    /// What was taken, refunds not subtracted.
    pub fn captured(&self) -> Money {
        self.attempt().map_or(Money::ZERO, |attempt| attempt.captured)
    }

    /// What of the taken money went back.
    pub fn refunded(&self) -> Money {
        self.attempt().map_or(Money::ZERO, |attempt| attempt.refunded)
    }
}

impl Aggregate for Payment {
    const TYPE: &'static str = "payment";
    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Error = PaymentRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: PaymentCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PaymentRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: PaymentEvent) {
        *self = evolve::evolve(std::mem::take(self), fact);
    }
}

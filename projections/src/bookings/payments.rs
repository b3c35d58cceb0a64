//! How far each attempt to pay has come, from the payment's facts.
#![expect(missing_docs, reason = "pure data: most names say it all")]
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::events::{PaymentEvent, PaymentMethod};
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::refunds::Refunds;

/// The attempts to pay for one booking, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    counting: Option<PaymentId>,
    attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub payment_id: PaymentId,
    /// How it is paid, and how much; absent for the instant between the booking's and the payment's own fact.
    pub terms: Option<(PaymentMethod, Money)>,
    pub progress: PaymentProgress,
    #[serde(default, skip_serializing_if = "Refunds::is_empty")]
    pub refunds: Refunds,
    /// When money that was held, or part of it, was let go last. A row that a release before wrote lacks it until the model is
    /// rebuilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub freed_at: Option<Timestamp>,
}

/// How far a payment has come. Amounts are minor units of the payment's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProgress {
    pub status: PaymentStatus,
    /// What became of the last request is not known yet.
    pub checking: bool,
    /// Held and neither taken nor given up.
    pub held: i64,
    pub captured: i64,
    /// Given back of what was taken.
    pub refunded: i64,
}

impl PaymentProgress {
    pub(crate) const STARTED: Self = Self {
        status: PaymentStatus::Pending,
        checking: false,
        held: 0,
        captured: 0,
        refunded: 0,
    };

    /// The progress after one more fact.
    pub(crate) fn apply(&mut self, fact: &PaymentEvent) {
        match fact {
            PaymentEvent::Started { .. } | PaymentEvent::DepositStarted { .. } => *self = Self::STARTED,
            PaymentEvent::Pending { .. } => self.settle(PaymentStatus::Pending),
            PaymentEvent::OutcomeUnknown { .. } => self.checking = true,
            PaymentEvent::Authorised { amount, .. } => {
                self.held = amount.minor;
                self.settle(PaymentStatus::Authorised);
            }
            PaymentEvent::Captured { amount, .. } => {
                self.held = 0;
                self.captured = amount.minor;
                self.settle(PaymentStatus::Completed);
            }
            PaymentEvent::Cancelled { .. } => {
                self.held = 0;
                self.settle(PaymentStatus::Cancelled);
            }
            PaymentEvent::Failed { .. } => {
                self.held = 0;
                self.settle(PaymentStatus::Failed);
            }
            PaymentEvent::Refunded { amount, .. } => {
                self.refunded += amount.minor;
                let all = self.refunded >= self.captured;
                self.settle(if all {
                    PaymentStatus::Refunded
                } else {
                    PaymentStatus::PartiallyRefunded
                });
            }
            PaymentEvent::GivenUp { .. } => self.settle(PaymentStatus::Cancelled),
            PaymentEvent::CallRefused { .. } => self.checking = false,
            // The others say what is wanted, asked or noticed; how far the money is, its own facts say.
            _ => {}
        }
    }

    fn settle(&mut self, status: PaymentStatus) {
        self.status = status;
        self.checking = false;
    }
}

impl Attempts {
    /// Nobody has tried to pay yet.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Every attempt, oldest first.
    pub fn all(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The attempt that counts: the one that secured the booking, else the latest.
    pub fn counting(&self) -> Option<&Attempt> {
        let counting = self.counting?;
        self.attempts
            .iter()
            .find(|attempt| attempt.payment_id == counting)
    }

    /// From now on this attempt counts.
    pub(crate) fn count(&mut self, payment_id: PaymentId) {
        self.counting = Some(payment_id);
        self.attempt(payment_id);
    }

    /// One more fact of one of the attempts.
    pub(crate) fn apply(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        let attempt = self.attempt(payment_id);
        if let PaymentEvent::Started { method, amount, .. } = fact {
            attempt.terms = Some((*method, *amount));
        }
        if let PaymentEvent::Captured { released, at, .. } | PaymentEvent::Cancelled { released, at } = fact
            && released.is_positive()
        {
            attempt.freed_at = Some(*at);
        }
        attempt.progress.apply(fact);
        attempt.refunds.apply(fact);
    }

    fn attempt(&mut self, payment_id: PaymentId) -> &mut Attempt {
        let known = self
            .attempts
            .iter()
            .position(|attempt| attempt.payment_id == payment_id);
        let index = known.unwrap_or_else(|| {
            self.attempts.push(Attempt {
                payment_id,
                terms: None,
                progress: PaymentProgress::STARTED,
                refunds: Refunds::default(),
                freed_at: None,
            });
            self.attempts.len() - 1
        });
        &mut self.attempts[index]
    }
}

//! The refunds of a payment, as its facts so far leave them: asked for, under way, done or come to nothing.
#![expect(missing_docs, reason = "pure data: most names say it all")]
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::money::Money;
use domain::payment::attempt::RefundStage;
use domain::payment::events::{PaymentEvent, RefundReason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The refunds of one payment, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunds(Vec<RefundRow>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRow {
    /// Its number within the payment, from 1.
    pub number: u32,
    pub amount: Money,
    pub stage: RefundStage,
    pub reason: RefundReason,
    pub requested_at: Timestamp,
    /// When the money was back, or nothing came of it.
    pub ended_at: Option<Timestamp>,
}

impl Refunds {
    /// Every refund, by number.
    pub fn all(&self) -> &[RefundRow] {
        &self.0
    }

    /// Whether nothing was ever asked back.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One more fact of the payment.
    pub(crate) fn apply(&mut self, fact: &PaymentEvent) {
        match fact {
            PaymentEvent::RefundRequested {
                number,
                amount,
                reason,
                at,
                ..
            } => self.0.push(RefundRow {
                number: *number,
                amount: *amount,
                stage: RefundStage::Requested,
                reason: *reason,
                requested_at: *at,
                ended_at: None,
            }),
            PaymentEvent::RefundPending { number, .. } => self.becomes(*number, RefundStage::Pending, None),
            PaymentEvent::RefundCancelled { number, at, .. } => {
                self.becomes(*number, RefundStage::Cancelled, Some(*at));
            }
            PaymentEvent::Refunded {
                number,
                amount,
                reason,
                at,
                ..
            } => {
                if self.0.iter().all(|refund| refund.number != *number) {
                    // A wallet's: back at once.
                    self.0.push(RefundRow {
                        number: *number,
                        amount: *amount,
                        stage: RefundStage::Succeeded,
                        reason: *reason,
                        requested_at: *at,
                        ended_at: None,
                    });
                }
                self.becomes(*number, RefundStage::Succeeded, Some(*at));
            }
            _ => {}
        }
    }

    fn becomes(&mut self, number: u32, stage: RefundStage, ended_at: Option<Timestamp>) {
        if let Some(refund) = self.0.iter_mut().find(|refund| refund.number == number) {
            refund.stage = stage;
            refund.ended_at = ended_at;
        }
    }
}

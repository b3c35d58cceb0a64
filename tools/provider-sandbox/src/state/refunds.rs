//! Refunds of YooKassa payments: reserved when asked for, taken when they succeed, released when they do not.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{Metadata, MethodDetails, Refund, RefundStage};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::ScriptedOutcome;
use crate::state::wire;

/// What the shop asked for.
#[derive(Debug)]
pub struct WantedRefund {
    pub payment_id: String,
    pub amount: Kopecks,
    pub description: Option<String>,
    pub metadata: Metadata,
    pub receipt: Option<Value>,
}

impl SandboxState {
    /// Begins a refund whose sum has been checked, and answers its id.
    pub fn begin_refund(&mut self, at: Timestamp, wanted: WantedRefund) -> String {
        let id = self.ids.uuid();
        let rrn = self.ids.digits(12);
        let mut sbp_operation_id = None;
        let mut by_card = false;
        if let Some(payment) = self.payments.get_mut(&wanted.payment_id) {
            payment.refunding = payment.refunding.plus(wanted.amount);
            match payment.method.as_ref().and_then(|method| method.details.as_ref()) {
                Some(MethodDetails::Sbp { .. }) => {
                    sbp_operation_id = Some(self.ids.sbp_operation('B'));
                }
                Some(MethodDetails::Card { .. }) => by_card = true,
                Some(MethodDetails::Wallet { .. }) | None => {}
            }
        }
        self.refunds.put_under(
            &wanted.payment_id,
            id.clone(),
            at,
            Refund {
                id: id.clone(),
                payment_id: wanted.payment_id.clone(),
                amount: wanted.amount,
                created_at: at,
                stage: RefundStage::Pending,
                description: wanted.description,
                metadata: wanted.metadata,
                sbp_operation_id,
                rrn: by_card.then_some(rrn),
                receipt_registration: None,
            },
        );
        if let Some(receipt) = wanted.receipt {
            self.register_refund_receipt(at, &id, &wanted.payment_id, receipt);
        }
        let fate = &self.settings.shop.refunds;
        match (fate.outcome, fate.seconds) {
            (ScriptedOutcome::Succeed, 0) => self.end_refund(at, &id, None),
            (ScriptedOutcome::Cancel, 0) => {
                let reason = fate.reason.clone();
                self.end_refund(at, &id, Some(&reason));
            }
            (ScriptedOutcome::Succeed | ScriptedOutcome::Cancel, seconds) => {
                let due = after(at, Duration::from_secs(seconds));
                self.scheduler
                    .schedule(due, ScheduledAction::EndRefund(id.clone()));
            }
            (ScriptedOutcome::Wait, _) => {}
        }
        id
    }

    /// Ends a pending refund as the settings say now.
    pub fn end_refund_as_set(&mut self, at: Timestamp, id: &str) {
        let fate = self.settings.shop.refunds.clone();
        match fate.outcome {
            ScriptedOutcome::Succeed => self.end_refund(at, id, None),
            ScriptedOutcome::Cancel => self.end_refund(at, id, Some(&fate.reason)),
            ScriptedOutcome::Wait => {}
        }
    }

    /// Ends a pending refund: it succeeds, or is canceled for a reason. There is no `refund.canceled` notification.
    pub fn end_refund(&mut self, at: Timestamp, id: &str, canceled: Option<&str>) {
        let Some(refund) = self
            .refunds
            .get_mut(id)
            .filter(|refund| refund.stage == RefundStage::Pending)
        else {
            return;
        };
        refund.stage = match canceled {
            None => RefundStage::Succeeded { at },
            Some(reason) => RefundStage::Canceled {
                party: if reason == "insufficient_funds" {
                    "yoo_money".into()
                } else {
                    "refund_network".into()
                },
                reason: reason.to_owned(),
            },
        };
        let object = wire::refund(refund);
        let (payment_id, amount) = (refund.payment_id.clone(), refund.amount);
        if let Some(payment) = self.payments.get_mut(&payment_id) {
            payment.refunding = payment.refunding.less(amount);
            if canceled.is_none() {
                payment.refunded = payment.refunded.plus(amount);
            }
        }
        if canceled.is_none() {
            self.tell_shop(at, "refund.succeeded", id, object);
        }
    }
}

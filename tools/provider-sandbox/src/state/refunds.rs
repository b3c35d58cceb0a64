//! Refunds of YooKassa payments: reserved when asked for, taken when they succeed, released when they do not.

use jiff::Timestamp;
use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{Metadata, MethodDetails, Refund, RefundStage};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::{RefundSettings, ScriptedOutcome};
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
        let (rrn, operation) = (self.ids.digits(12), self.ids.sbp_operation('B'));
        let (mut by_card, mut by_sbp) = (false, false);
        if let Some(payment) = self.payments.get_mut(&wanted.payment_id) {
            payment.refunding = payment.refunding.plus(wanted.amount);
            let details = payment.method.as_ref().and_then(|method| method.details.as_ref());
            by_card = matches!(details, Some(MethodDetails::Card { .. }));
            by_sbp = matches!(details, Some(MethodDetails::Sbp { .. }));
        }
        let refund = Refund {
            id: id.clone(),
            payment_id: wanted.payment_id.clone(),
            amount: wanted.amount,
            created_at: at,
            stage: RefundStage::Pending,
            description: wanted.description,
            metadata: wanted.metadata,
            sbp_operation_id: by_sbp.then_some(operation),
            rrn: by_card.then_some(rrn),
            receipt_registration: None,
        };
        self.refunds.put_under(&wanted.payment_id, id.clone(), at, refund);
        if let Some(receipt) = wanted.receipt {
            self.register_refund_receipt(at, &id, &wanted.payment_id, receipt);
        }
        let RefundSettings { outcome, seconds } = self.settings.shop.refunds;
        if seconds == 0 {
            self.end_refund_as_set(at, &id);
        } else {
            self.schedule_end(at, outcome, seconds, ScheduledAction::EndRefund(id.clone()));
        }
        id
    }

    /// Ends a pending refund as the settings say now.
    pub fn end_refund_as_set(&mut self, at: Timestamp, id: &str) {
        match self.settings.shop.refunds.outcome {
            ScriptedOutcome::Succeed => self.end_refund(at, id, None),
            ScriptedOutcome::Cancel => self.end_refund(at, id, Some("insufficient_funds")),
            ScriptedOutcome::Wait => {}
        }
    }

    /// Ends a pending refund: it succeeds, or is canceled for a reason. There is no `refund.canceled` notification.
    pub fn end_refund(&mut self, at: Timestamp, id: &str, canceled: Option<&str>) {
        let pending = self.refunds.get_mut(id);
        let Some(refund) = pending.filter(|refund| refund.stage == RefundStage::Pending) else {
            return;
        };
        refund.stage = match canceled {
            None => RefundStage::Succeeded { at },
            Some(reason) => RefundStage::canceled(reason, "refund_network"),
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
            self.tell_shop(at, "refund.succeeded", object);
        }
    }
}

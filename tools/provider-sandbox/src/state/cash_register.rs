//! Fiscal receipts and the cash register that registers them (54-FZ).

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{ReceiptRegistration, Stage};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::{FiscalMode, ScriptedOutcome};

/// One receipt.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    pub id: String,
    /// Whether money came in (`payment`) or went back (`refund`).
    pub incoming: bool,
    pub payment_id: Option<String>,
    pub refund_id: Option<String>,
    pub created_at: Timestamp,
    pub registration: ReceiptRegistration,
    /// What the shop sent: `items`, `settlements`, `tax_system_code`, …
    pub told: Value,
    pub fiscal: Option<FiscalProof>,
}

/// The cash register's proof.
#[derive(Debug, Clone, Serialize)]
pub struct FiscalProof {
    pub document_number: String,
    pub storage_number: String,
    pub attribute: String,
    pub provider_id: String,
    pub registered_at: Timestamp,
}

/// What a receipt belongs to.
#[derive(Debug)]
pub struct ReceiptOf {
    pub incoming: bool,
    pub payment_id: Option<String>,
    pub refund_id: Option<String>,
}

impl SandboxState {
    /// Sends a receipt to the cash register and answers its id.
    pub fn begin_receipt(&mut self, at: Timestamp, of: ReceiptOf, told: Value) -> String {
        let id = self.ids.prefixed("rt");
        let owner = of.payment_id.clone().unwrap_or_default();
        self.receipts.put_under(
            &owner,
            id.clone(),
            at,
            Receipt {
                id: id.clone(),
                incoming: of.incoming,
                payment_id: of.payment_id,
                refund_id: of.refund_id,
                created_at: at,
                registration: ReceiptRegistration::Pending,
                told,
                fiscal: None,
            },
        );
        let fiscalization = &self.settings.shop.fiscalization;
        if fiscalization.cash_register != ScriptedOutcome::Wait {
            let due = after(at, Duration::from_secs(fiscalization.cash_register_seconds));
            self.scheduler
                .schedule(due, ScheduledAction::EndReceipt(id.clone()));
        }
        id
    }

    /// The receipt that a payment's own data asks for; its settlement is the sum charged (or about to be).
    pub fn register_payment_receipt(&mut self, at: Timestamp, payment_id: &str) {
        let Some(payment) = self.payments.get_mut(payment_id) else {
            return;
        };
        let Some(told) = payment.receipt.clone() else {
            return;
        };
        payment.receipt_registration = Some(ReceiptRegistration::Pending);
        let settled = match payment.stage {
            Stage::Succeeded { captured, .. } => captured,
            Stage::Pending | Stage::AtCashRegister | Stage::Held { .. } | Stage::Canceled { .. } => {
                payment.amount
            }
        };
        let of = ReceiptOf {
            incoming: true,
            payment_id: Some(payment_id.to_owned()),
            refund_id: None,
        };
        self.begin_receipt(at, of, with_settlement(told, settled));
    }

    /// The receipt that a refund's own data asks for.
    pub fn register_refund_receipt(&mut self, at: Timestamp, refund_id: &str, payment_id: &str, told: Value) {
        let Some(refund) = self.refunds.get_mut(refund_id) else {
            return;
        };
        refund.receipt_registration = Some(ReceiptRegistration::Pending);
        let amount = refund.amount;
        let of = ReceiptOf {
            incoming: false,
            payment_id: Some(payment_id.to_owned()),
            refund_id: Some(refund_id.to_owned()),
        };
        self.begin_receipt(at, of, with_settlement(told, amount));
    }

    /// The cash register answers as the settings say now.
    pub fn end_receipt_as_set(&mut self, at: Timestamp, id: &str) {
        match self.settings.shop.fiscalization.cash_register {
            ScriptedOutcome::Succeed => self.end_receipt(at, id, true),
            ScriptedOutcome::Cancel => self.end_receipt(at, id, false),
            ScriptedOutcome::Wait => {}
        }
    }

    /// The cash register answers. No notification says so: shops must ask.
    pub fn end_receipt(&mut self, at: Timestamp, id: &str, registered: bool) {
        let proof = FiscalProof {
            document_number: self.ids.digits(4),
            storage_number: self.ids.digits(16),
            attribute: self.ids.digits(10),
            provider_id: self.ids.uuid(),
            registered_at: at,
        };
        let Some(receipt) = self
            .receipts
            .get_mut(id)
            .filter(|receipt| receipt.registration == ReceiptRegistration::Pending)
        else {
            return;
        };
        let outcome = if registered {
            receipt.fiscal = Some(proof);
            ReceiptRegistration::Succeeded
        } else {
            ReceiptRegistration::Canceled
        };
        receipt.registration = outcome;
        let (payment_id, refund_id) = (receipt.payment_id.clone(), receipt.refund_id.clone());
        if let Some(refund) = refund_id.and_then(|id| self.refunds.get_mut(&id)) {
            refund.receipt_registration = Some(outcome);
            return;
        }
        let Some(payment_id) = payment_id else {
            return;
        };
        let Some(payment) = self.payments.get_mut(&payment_id) else {
            return;
        };
        payment.receipt_registration = Some(outcome);
        let waits = payment.stage == Stage::AtCashRegister
            && self.settings.shop.fiscalization.mode == FiscalMode::ReceiptFirst;
        match (waits, registered) {
            (true, true) => self.authorised(at, &payment_id),
            (true, false) => self.end_payment(at, &payment_id, "yoo_money", "general_decline"),
            (false, true | false) => {}
        }
    }
}

fn with_settlement(mut told: Value, amount: Kopecks) -> Value {
    if let Some(fields) = told.as_object_mut() {
        fields.insert(
            "settlements".into(),
            json!([{"type": "cashless", "amount": {"value": amount.print(), "currency": "RUB"}}]),
        );
    }
    told
}

//! Fiscal receipts and the cash register that registers them (54-FZ).

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::ReceiptRegistration;
use crate::state::scheduler::ScheduledAction;
use crate::state::wire;

#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    pub id: String,
    #[serde(flatten)]
    pub of: ReceiptOf,
    pub registration: ReceiptRegistration,
    /// What the shop sent: `items`, `settlements`, `tax_system_code`, …
    pub told: Value,
    pub fiscal: Option<FiscalProof>,
}

/// What a receipt belongs to.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiptOf {
    /// Whether money came in (`payment`) or went back (`refund`).
    pub incoming: bool,
    pub payment_id: String,
    pub refund_id: Option<String>,
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

impl SandboxState {
    /// Sends a receipt to the cash register and answers its id.
    pub fn begin_receipt(&mut self, at: Timestamp, of: ReceiptOf, told: Value) -> String {
        let id = self.ids.prefixed("rt");
        let owner = of.payment_id.clone();
        let receipt = Receipt {
            id: id.clone(),
            of,
            registration: ReceiptRegistration::Pending,
            told,
            fiscal: None,
        };
        self.receipts.put_under(&owner, id.clone(), at, receipt);
        let register = &self.settings.shop.fiscalization;
        let (outcome, seconds) = (register.cash_register, register.cash_register_seconds);
        self.schedule_end(at, outcome, seconds, ScheduledAction::EndReceipt(id.clone()));
        id
    }

    /// The receipt that a payment's own data asks for; its settlement is the sum charged.
    pub fn register_payment_receipt(&mut self, at: Timestamp, payment_id: &str) {
        let Some(payment) = self.payments.get_mut(payment_id) else {
            return;
        };
        let Some(told) = payment.receipt.clone() else {
            return;
        };
        payment.receipt_registration = Some(ReceiptRegistration::Pending);
        let settled = payment.captured();
        let of = ReceiptOf {
            incoming: true,
            payment_id: payment_id.to_owned(),
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
            payment_id: payment_id.to_owned(),
            refund_id: Some(refund_id.to_owned()),
        };
        self.begin_receipt(at, of, with_settlement(told, amount));
    }

    /// The cash register answers as the settings say now. No notification says so: shops must ask.
    pub fn end_receipt(&mut self, at: Timestamp, id: &str) {
        let Some(registration) = self.settings.shop.fiscalization.cash_register.registration() else {
            return;
        };
        let proof = FiscalProof {
            document_number: self.ids.digits(4),
            storage_number: self.ids.digits(16),
            attribute: self.ids.digits(10),
            provider_id: self.ids.uuid(),
            registered_at: at,
        };
        let Some(receipt) = self.receipts.get_mut(id) else {
            return;
        };
        receipt.registration = registration;
        receipt.fiscal = (registration == ReceiptRegistration::Succeeded).then_some(proof);
        if let Some(refund_id) = &receipt.of.refund_id {
            if let Some(refund) = self.refunds.get_mut(refund_id) {
                refund.receipt_registration = Some(registration);
            }
        } else if let Some(payment) = self.payments.get_mut(&receipt.of.payment_id) {
            payment.receipt_registration = Some(registration);
        }
    }
}

fn with_settlement(mut told: Value, amount: Kopecks) -> Value {
    if let Some(fields) = told.as_object_mut() {
        let settlement = json!([{"type": "cashless", "amount": wire::amount(amount)}]);
        fields.insert("settlements".into(), settlement);
    }
    told
}

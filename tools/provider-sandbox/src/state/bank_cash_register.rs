//! T-Bank's cash register: it registers the fiscal receipt of what goes with a payment, its refund or its closing, and tells of it by a notification.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::outbox::{Notice, Sender};
use crate::state::payment::ReceiptRegistration;
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::ScriptedOutcome;
use crate::tbank::token;

/// One receipt.
#[derive(Debug, Clone, Serialize)]
pub struct BankReceipt {
    /// The payment's number.
    pub payment: u64,
    /// Whether money came in; otherwise it went back.
    pub incoming: bool,
    pub amount: Kopecks,
    pub registration: ReceiptRegistration,
    /// What the shop sent.
    pub told: Value,
}

impl SandboxState {
    /// Gives the cash register a receipt, if the shop told one.
    pub fn begin_bank_receipt(
        &mut self,
        at: Timestamp,
        payment: u64,
        incoming: bool,
        amount: Kopecks,
        told: Option<Value>,
    ) {
        let Some(told) = told else {
            return;
        };
        let number = self.bank_receipts.len();
        self.bank_receipts.push(BankReceipt {
            payment,
            incoming,
            amount,
            registration: ReceiptRegistration::Pending,
            told,
        });
        let fiscalization = &self.settings.shop.fiscalization;
        if fiscalization.cash_register != ScriptedOutcome::Wait {
            let due = after(at, Duration::from_secs(fiscalization.cash_register_seconds));
            self.scheduler
                .schedule(due, ScheduledAction::EndBankReceipt(number));
        }
    }

    /// The cash register answers as the settings say now, and tells the shop.
    pub fn end_bank_receipt(&mut self, at: Timestamp, number: usize) {
        let registration = match self.settings.shop.fiscalization.cash_register {
            ScriptedOutcome::Succeed => ReceiptRegistration::Succeeded,
            ScriptedOutcome::Cancel => ReceiptRegistration::Canceled,
            ScriptedOutcome::Wait => return,
        };
        let Some(receipt) = self.bank_receipts.get_mut(number) else {
            return;
        };
        receipt.registration = registration;
        let receipt = receipt.clone();
        let Some(payment) = self.bank_payment(receipt.payment) else {
            return;
        };
        let url = payment.notification_url.clone();
        let order_id = payment.order_id.clone();
        let body = self.receipt_notification(at, number, &order_id, &receipt);
        let terminal = &self.settings.terminal;
        let notice = Notice {
            sender: Sender::Tbank,
            event: "tbank.RECEIPT".to_owned(),
            object: receipt.payment.to_string(),
            url: url.or_else(|| terminal.notification_url.clone()),
            source: terminal.notification_source,
            body,
        };
        self.notify(at, notice);
    }

    fn receipt_notification(
        &self,
        at: Timestamp,
        number: usize,
        order_id: &str,
        receipt: &BankReceipt,
    ) -> Value {
        let done = receipt.registration == ReceiptRegistration::Succeeded;
        let mut body = json!({
            "TerminalKey": self.settings.terminal.key,
            "OrderId": order_id,
            "Success": done,
            "Status": "RECEIPT",
            "PaymentId": receipt.payment,
            "ErrorCode": if done { "0" } else { "9999" },
            "Amount": receipt.amount.0,
            "Type": if receipt.incoming { "Income" } else { "IncomeReturn" },
            "Receipt": receipt.told,
        });
        if let Some(fields) = body.as_object_mut() {
            if done {
                fields.insert("FiscalNumber".into(), json!(number + 1));
                fields.insert("ShiftNumber".into(), json!(1));
                fields.insert("ReceiptDatetime".into(), json!(crate::clock::print(at)));
                fields.insert("FnNumber".into(), json!("9280440300200000"));
                fields.insert("EcrRegNumber".into(), json!("0000000400054952"));
                fields.insert("FiscalDocumentNumber".into(), json!(number + 1_001));
                fields.insert("FiscalDocumentAttribute".into(), json!(number + 2_147_001));
                fields.insert("Ofd".into(), json!("Sandbox"));
            } else {
                fields.insert("ErrorMessage".into(), json!("Касса недоступна"));
            }
        }
        token::sign(&mut body, &self.settings.terminal.password);
        body
    }
}

//! T-Bank's cash register: it registers the fiscal receipt of what goes with a payment, its refund or its closing, and tells of it by a notification.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::ReceiptRegistration;
use crate::state::scheduler::ScheduledAction;

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
        let register = &self.settings.shop.fiscalization;
        let (outcome, seconds) = (register.cash_register, register.cash_register_seconds);
        self.schedule_end(at, outcome, seconds, ScheduledAction::EndBankReceipt(number));
    }

    /// The cash register answers as the settings say now, and tells the shop.
    pub fn end_bank_receipt(&mut self, at: Timestamp, number: usize) {
        let Some(registration) = self.settings.shop.fiscalization.cash_register.registration() else {
            return;
        };
        let Some(receipt) = self.bank_receipts.get_mut(number) else {
            return;
        };
        receipt.registration = registration;
        let done = registration == ReceiptRegistration::Succeeded;
        let body = json!({
            "Success": done,
            "Status": "RECEIPT",
            "ErrorCode": if done { "0" } else { "9999" },
            "Amount": receipt.amount.0,
            "Type": if receipt.incoming { "Income" } else { "IncomeReturn" },
            "Receipt": receipt.told,
        });
        let more = if done {
            json!({
                "FiscalNumber": number + 1,
                "ShiftNumber": 1,
                "ReceiptDatetime": crate::clock::print(at),
                "FnNumber": "9280440300200000",
                "EcrRegNumber": "0000000400054952",
                "FiscalDocumentNumber": number + 1_001,
                "FiscalDocumentAttribute": number + 2_147_001,
                "Ofd": "Sandbox",
                "Url": format!("https://receipts.example/{}", number + 1_001),
            })
        } else {
            json!({"ErrorMessage": "Касса недоступна"})
        };
        let payment = receipt.payment;
        self.tell_by_bank(at, payment, body, &more);
    }
}

//! A payment's fiscal receipts (54-FZ) as JSON: how far each is, and what the tax service knows it by.

use domain::payment::attempt::Attempt;
use domain::payment::receipt::{FiscalProof, ReceiptEntry, ReceiptPurpose};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::representation::timestamp::shown;

/// A fiscal receipt that there is or must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "number": 1,
    "purpose": "prepayment",
    "amount": "1500.00",
    "status": "registered",
    "due_at": "2026-12-01T09:32:00Z",
    "fiscal": {
        "document_number": "3997",
        "storage_number": "9288000100115786",
        "attribute": "2617603922",
        "registered_at": "2026-12-01T09:32:10Z"
    },
    "copy_url": "https://receipts.example/1002"
}))]
pub struct ReceiptView {
    /// Its number within the payment, from 1.
    pub number: u32,
    /// `capture` (held money was taken with the visit), `prepayment`, `offset` (the prepayment against the visit: the second receipt)
    /// or `refund`.
    #[schema(value_type = String, example = "prepayment")]
    pub purpose: &'static str,
    /// The refund it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_number: Option<u32>,
    /// How much, as decimal text.
    #[schema(example = "1500.00")]
    pub amount: String,
    /// `due`, `requested` (the cash register has it), `registered`, or `failed`: then another with a number of its own takes its place.
    #[schema(value_type = String, example = "registered")]
    pub status: &'static str,
    /// Since when there must be one.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// What it is found by at the tax service, once registered; absent where the cash register does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fiscal: Option<FiscalView>,
    /// Where the payer reads a copy, by cash registers that tell (SBP's). For the payer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://receipts.example/1002")]
    pub copy_url: Option<String>,
}

/// What makes a receipt a fiscal document: with these, the sum and the time anybody can check it at the tax service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FiscalView {
    /// The number of the fiscal document (ФД).
    #[schema(example = "3997")]
    pub document_number: String,
    /// The number of the fiscal storage (ФН).
    #[schema(example = "9288000100115786")]
    pub storage_number: String,
    /// The fiscal attribute (ФП).
    #[schema(example = "2617603922")]
    pub attribute: String,
    /// When it was registered, where the cash register tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub registered_at: Option<Timestamp>,
}

/// Every receipt of a payment, by number.
pub fn receipts_of(attempt: &Attempt) -> Vec<ReceiptView> {
    attempt.receipts.iter().map(ReceiptView::of).collect()
}

impl ReceiptView {
    fn of(receipt: &ReceiptEntry) -> Self {
        Self {
            number: receipt.number,
            purpose: receipt.purpose.as_str(),
            refund_number: match receipt.purpose {
                ReceiptPurpose::Refund { number } => Some(number),
                ReceiptPurpose::Capture | ReceiptPurpose::Prepayment | ReceiptPurpose::Offset => None,
            },
            amount: receipt.amount.decimal(),
            status: receipt.stage.as_str(),
            due_at: shown(receipt.due_at),
            fiscal: receipt.proof.as_ref().map(FiscalView::of),
            copy_url: None,
        }
    }
}

impl FiscalView {
    fn of(proof: &FiscalProof) -> Self {
        Self {
            document_number: proof.document_number.clone(),
            storage_number: proof.storage_number.clone(),
            attribute: proof.attribute.clone(),
            registered_at: proof.registered_at.map(shown),
        }
    }
}

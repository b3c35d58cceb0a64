//! Fiscal receipts (54-FZ): what paper there must be for the money that moved; its state never touches the money's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::Money;

/// How many receipts are tried for one purpose before an operator must look.
pub const RECEIPT_TRIES_MAX: usize = 5;

/// What a receipt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptPurpose {
    /// Held money was taken with the visit: full payment.
    Capture,
    /// Money was taken before the visit: prepayment.
    Prepayment,
    /// The visit is over and the prepayment is offset against it: the second receipt.
    Offset,
    /// Money went back.
    Refund {
        /// The refund's number.
        number: u32,
    },
}

/// How far a receipt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStage {
    /// There must be one.
    Due,
    /// The till has it.
    Requested,
    /// It is a fiscal document.
    Registered,
    /// The till gave it up.
    Failed,
}

/// What makes a receipt a fiscal document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalProof {
    /// The number of the document.
    pub document_number: String,
    /// The number of the fiscal storage.
    pub storage_number: String,
    /// The fiscal attribute.
    pub attribute: String,
    /// When it was registered.
    pub registered_at: Option<Timestamp>,
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    /// Its number within the payment, from 1.
    pub number: u32,
    /// What it is for.
    pub purpose: ReceiptPurpose,
    /// How much it is about.
    pub amount: Money,
    /// Since when it is due.
    pub due_at: Timestamp,
    /// How far it has come.
    pub stage: ReceiptStage,
    /// The till's own id of it, once known.
    pub provider_id: Option<String>,
    /// Whether it is registered by a request of its own instead of with the payment or refund.
    pub alone: bool,
}

//! Fiscal receipts (54-FZ): what paper there must be for the money that moved; its state never touches the money's.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::people::PrivateRef;

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
    Refund {
        number: u32,
    },
}

impl ReceiptPurpose {
    /// Every stable word, in the order of the contract.
    pub const WORDS: [&'static str; 4] = ["capture", "prepayment", "offset", "refund"];

    /// The stable word, without the refund's number.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Prepayment => "prepayment",
            Self::Offset => "offset",
            Self::Refund { .. } => "refund",
        }
    }
}

/// How far a receipt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStage {
    Due,
    Requested,
    Registered,
    Failed,
}

impl ReceiptStage {
    /// Every stage, in the order of the contract.
    pub const ALL: [Self; 4] = [Self::Due, Self::Requested, Self::Registered, Self::Failed];

    /// The stable word of answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Requested => "requested",
            Self::Registered => "registered",
            Self::Failed => "failed",
        }
    }
}

/// What makes a receipt a fiscal document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalProof {
    pub document_number: String,
    pub storage_number: String,
    pub attribute: String,
    pub registered_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    pub number: u32,
    pub purpose: ReceiptPurpose,
    pub amount: Money,
    pub due_at: Timestamp,
    pub stage: ReceiptStage,
    /// The cash register's own id of it, once known.
    pub provider_id: Option<String>,
    /// What it is found by at the tax service, once it is registered and where the cash register shows it.
    pub proof: Option<FiscalProof>,
    /// Where the payer reads a copy, in the vault, once the cash register has told.
    pub copy: Option<PrivateRef>,
    pub alone: bool,
}

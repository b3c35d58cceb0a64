//! The objects of YooKassa's API v3, as far as the platform uses them. Words that may grow are text.

use std::collections::BTreeMap;

use commands::ports::{Cancellation, Status, UnknownReason};
use domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// `MonetaryAmount`: decimal text and an ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Amount {
    pub value: String,
    pub currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self {
            value: money.decimal(),
            currency: money.currency.code().to_owned(),
        }
    }
}

impl Amount {
    pub(super) fn money(&self) -> Result<Money, UnknownReason> {
        let unreadable = |what: &str| UnknownReason::Unreadable(what.to_owned());
        let currency = Currency::parse(&self.currency)
            .ok_or_else(|| unreadable("a currency the platform does not settle in"))?;
        Money::parse(&self.value, currency).map_err(|_| unreadable("an amount"))
    }
}

/// Strings by name, as we gave them; a null is a key without a value.
pub(super) type Metadata = BTreeMap<String, Option<String>>;

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub id: String,
    pub status: String,
    pub amount: Amount,
    pub income_amount: Option<Amount>,
    pub refunded_amount: Option<Amount>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub confirmation: Option<Confirmation>,
    #[serde(default)]
    pub metadata: Metadata,
    pub cancellation_details: Option<CancellationDetails>,
    pub receipt_registration: Option<String>,
    #[serde(default)]
    pub test: bool,
}

/// `Confirmation`, of whatever type.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmation {
    pub confirmation_url: Option<String>,
    pub confirmation_data: Option<String>,
}

/// `CancellationDetails` of payments, refunds and payouts.
#[derive(Debug, Deserialize)]
pub(super) struct CancellationDetails {
    pub party: String,
    pub reason: String,
}

impl From<CancellationDetails> for Cancellation {
    fn from(details: CancellationDetails) -> Self {
        Self {
            party: Some(details.party),
            reason: details.reason,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub payment_id: String,
    pub status: String,
    pub amount: Amount,
    pub created_at: Timestamp,
    #[serde(default)]
    pub metadata: Metadata,
    pub cancellation_details: Option<CancellationDetails>,
    pub receipt_registration: Option<String>,
}

/// `Receipt`, without its lines: they are ours.
#[derive(Debug, Deserialize)]
pub(super) struct Receipt {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub payment_id: Option<String>,
    pub refund_id: Option<String>,
    pub status: String,
    pub fiscal_document_number: Option<String>,
    pub fiscal_storage_number: Option<String>,
    pub fiscal_attribute: Option<String>,
    pub registered_at: Option<Timestamp>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payout {
    pub id: String,
    pub status: String,
    pub amount: Amount,
    pub created_at: Timestamp,
    #[serde(default)]
    pub metadata: Metadata,
    pub cancellation_details: Option<CancellationDetails>,
    #[serde(default)]
    pub test: bool,
}

/// `SbpParticipantBank`.
#[derive(Debug, Deserialize)]
pub(super) struct SbpBank {
    pub bank_id: String,
    pub name: String,
}

/// `Me`: a shop or a gateway.
#[derive(Debug, Deserialize)]
pub(super) struct Me {
    pub account_id: String,
    pub status: String,
    pub test: bool,
    pub fiscalization: Option<Fiscalization>,
    #[serde(default)]
    pub payment_methods: Vec<String>,
    pub payout_balance: Option<Amount>,
}

/// `FiscalizationData`.
#[derive(Debug, Deserialize)]
pub(super) struct Fiscalization {
    pub enabled: bool,
}

/// A page of a list, newest first.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
}

/// Where a payment, refund, receipt or payout stands.
pub(super) fn status(word: String) -> Status {
    match word.as_str() {
        "pending" => Status::Pending,
        "waiting_for_capture" => Status::WaitingForCapture,
        "succeeded" => Status::Succeeded,
        "canceled" => Status::Cancelled,
        _ => Status::Other(word),
    }
}

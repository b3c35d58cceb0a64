//! A payout as JSON.

use domain::payout::Payout;
use jiff::Timestamp;
use projections::payouts::PayoutRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::representation::timestamp::shown;

/// Money on its way to a bank account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "owner_id": "019a8f0e-0000-7000-8000-000000000002",
    "purpose": "doctor_earnings",
    "status": "cancelled",
    "checking": false,
    "amount": "1200.00",
    "currency": "RUB",
    "code": "insufficient_funds",
    "created_at": "2026-12-01T09:31:00Z",
    "version": 4
}))]
pub struct PayoutView {
    /// The payout.
    pub id: Uuid,
    /// Whose money.
    pub owner_id: Uuid,
    /// `doctor_earnings` or `wallet_withdrawal`.
    #[schema(value_type = String, example = "doctor_earnings")]
    pub purpose: &'static str,
    /// `pending`, `paid` or `cancelled`: the money is back in the wallet.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    /// Whether the outcome is still being asked.
    pub checking: bool,
    /// How much, as decimal text.
    #[schema(example = "1200.00")]
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// Why it came to nothing: the gateway's code, such as `insufficient_funds` (the clinic tops up, the next run pays) or
    /// `recipient_not_found` (name another bank account).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The payout's version, as in its `ETag`.
    pub version: i64,
}

/// The address of a payout.
pub fn location(id: &Uuid) -> String {
    format!("/api/v1/payouts/{id}")
}

impl PayoutView {
    /// The payout a decision left behind; `None` if none was ever asked for.
    pub fn of_state(payout: &Payout, version: i64) -> Option<Self> {
        let order = payout.order()?;
        Some(Self {
            id: order.terms.payout_id.uuid(),
            owner_id: order.terms.owner_id.uuid(),
            purpose: order.terms.purpose.as_str(),
            status: payout.status().as_str(),
            checking: order.unknown,
            amount: order.terms.amount.decimal(),
            currency: order.terms.amount.currency.code(),
            code: order.code.clone(),
            created_at: shown(order.terms.requested_at),
            version,
        })
    }

    /// The payout of a read model's row.
    pub fn of_row(row: &PayoutRow) -> Self {
        Self {
            id: row.payout_id.uuid(),
            owner_id: row.owner_id.uuid(),
            purpose: row.purpose.as_str(),
            status: row.status.as_str(),
            checking: row.checking,
            amount: row.amount.decimal(),
            currency: row.amount.currency.code(),
            code: row.code.clone(),
            created_at: row.requested_at,
            version: row.version,
        }
    }
}

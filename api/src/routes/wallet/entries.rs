//! A wallet's statement.

use axum::extract::State;
use commands::policy::MayReceiveMoney;
use domain::money::Money;
use domain::people::Role;
use jiff::Timestamp;
use projections::Model;
use projections::payment_ledger::StatementLine;
use projections::payment_ledger::query;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::page::PageView;

/// One line of a wallet's statement.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "position": 43,
    "kind": "held",
    "amount": "-1500.00",
    "currency": "RUB",
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "payment_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "at": "2026-12-01T09:31:00Z"
}))]
pub struct EntryView {
    /// The fact that moved the money.
    pub position: i64,
    /// What moved the money.
    #[schema(value_type = String, example = "held")]
    pub kind: &'static str,
    /// What became free to spend, or was earned; (negative) what was spent, set aside or paid out. Decimal text.
    #[schema(example = "-1500.00")]
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String, example = "RUB")]
    pub currency: &'static str,
    /// Of money that was set aside and is released in part: what is kept of it for the cancellation or the absence; decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "450.00")]
    pub fee: Option<String>,
    /// For which booking.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<Uuid>,
    /// By which payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_id: Option<Uuid>,
    /// By which deposit or withdrawal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_id: Option<Uuid>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<StatementLine> for EntryView {
    fn from(line: StatementLine) -> Self {
        let StatementLine {
            position,
            line: _,
            kind,
            amount,
            fee,
            booking_id,
            payment_id,
            transfer_id,
            at,
        } = line;
        let Money { currency, .. } = amount;
        Self {
            position,
            kind: kind.as_str(),
            amount: amount.decimal(),
            currency: currency.code(),
            fee: fee.map(Money::decimal),
            booking_id: booking_id.map(|id| id.uuid()),
            payment_id: payment_id.map(|id| id.uuid()),
            transfer_id: transfer_id.map(|id| id.uuid()),
            at,
        }
    }
}

/// Read your wallet's statement
///
/// For patients: every movement, newest first; together they sum to what can be spent. For a cancelled visit of 1500.00
/// with a fee of 450.00 `held` −1500.00, then `released` 1050.00 with that `fee`.
///
/// For doctors: what each visit earned (`earned`), what was sent to the bank (`payout_sent`) and what came back from there
/// (`payout_returned`); together they sum to the balance.
#[utoipa::path(get, path = "/wallet/entries", tag = "wallet", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of the statement", body = PageView<EntryView>)))]
pub async fn entries(
    State(app): State<App>,
    QueryParams(PageParams { limit, cursor }): QueryParams<PageParams>,
    caller: Caller<MayReceiveMoney>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<EntryView>>, Problem> {
    read_consistency::wait_for_position(&app, Model::PaymentLedger, read_after).await?;
    let pool = &app.models().pool;
    let page = match caller.role() {
        Role::Doctor => query::earnings(pool, caller.id(), cursor, limit).await?,
        Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => {
            query::statement(pool, caller.id(), cursor, limit).await?
        }
    };
    Ok(ReadResponse::of(PageView::of(page, EntryView::from)))
}

//! The banks money can be paid out to.

use axum::Json;
use axum::extract::State;
use commands::payouts;
use commands::policy::MaySignIn;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::head::QueryParams;
use crate::extract::request::Caller;
use crate::problem::Problem;

/// A bank of the faster payments system.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"bank_id": "100000000111", "name": "Сбербанк"}))]
pub struct BankView {
    /// Its id in the system.
    pub bank_id: String,
    /// Its name.
    pub name: String,
}

/// The banks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BanksView {
    /// In the payout gateway's order.
    pub items: Vec<BankView>,
}

/// List the banks of the faster payments system
///
/// As the payout gateway lists them, some hours old at most.
#[utoipa::path(get, path = "/sbp-banks", tag = "payouts", security(("bearer" = [])),
    responses(
        (status = 200, description = "The banks", body = BanksView),
        (status = 409, description = "`payout_unavailable`"),
    ))]
pub async fn banks(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MaySignIn>,
) -> Result<Json<BanksView>, Problem> {
    let listed = payouts::banks(app.services()).await?;
    let items = listed.iter().map(|bank| BankView {
        bank_id: bank.bank_id.clone(),
        name: bank.name.clone(),
    });
    Ok(Json(BanksView {
        items: items.collect(),
    }))
}

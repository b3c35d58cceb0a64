//! What stands on the ledger's accounts.

use axum::extract::State;
use projections::Model;
use projections::payment_ledger::statement;

use crate::app::App;
use crate::extract::caller::AsBookkeeper;
use crate::extract::conditions::ReadAfter;
use crate::fresh::{self, Shown};
use crate::problem::Problem;
use crate::representation::ledger::{AccountTotalView, AccountsView};

/// List the ledger's accounts
///
/// For admins and analysts: what stands on each account, debits less credits, its owners or bookings together. All sums
/// together are nothing.
#[utoipa::path(get, path = "/admin/ledger/accounts", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The accounts", body = AccountsView)))]
pub async fn ledger_accounts(
    State(app): State<App>,
    _caller: AsBookkeeper,
    read_after: ReadAfter,
) -> Result<Shown<AccountsView>, Problem> {
    fresh::insisted(&app, Model::PaymentLedger, read_after).await?;
    let totals = statement::totals(&app.models().pool).await?;
    Ok(Shown {
        body: AccountsView {
            items: totals.into_iter().map(AccountTotalView::from).collect(),
            next: None,
        },
        as_of: None,
        version: None,
    })
}

//! What a wallet holds.

use axum::extract::State;
use commands::policy::MayReceiveMoney;
use commands::wallet;

use crate::app::App;
use crate::extract::head::QueryParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::ReadResponse;
use crate::representation::wallet::WalletView;

/// Read your wallet
///
/// For patients: the balance, what is set aside for visits, and what can be spent. For doctors: what visits earned and
/// was not paid out yet. Read from the log itself.
#[utoipa::path(get, path = "/wallet", tag = "wallet", security(("bearer" = [])),
    responses((status = 200, description = "The wallet", body = WalletView)))]
pub async fn show(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReceiveMoney>,
) -> Result<ReadResponse<WalletView>, Problem> {
    let done = wallet::balance(app.services(), caller.id()).await?;
    let (as_of, version) = (Some(done.position), Some(done.version));
    Ok(ReadResponse {
        body: WalletView::of(&done.answer),
        as_of,
        version,
    })
}

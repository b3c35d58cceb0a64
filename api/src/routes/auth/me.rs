//! One's own account.

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::extract::caller::AsAnybody;
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::representation::account::AccountView;

/// Read your account
///
/// The account behind the access token.
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The account", body = AccountView),
))]
pub async fn me(State(app): State<App>, caller: AsAnybody) -> Result<Json<AccountView>, Problem> {
    let account = app.people().account(caller.id()).await?;
    let account = account.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(Json(AccountView::from(&account)))
}

//! The second factor of somebody who has lost app and recovery codes is taken away.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::kind;
use identity::FactorReset;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::At;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;

/// It is gone.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"reset": true}))]
pub struct FactorResetView {
    /// Always true.
    pub reset: bool,
}

/// Reset an account's second factor
///
/// By a fresh proof; another admin resets one's own. Every session ends; the owner signs in with the password.
#[utoipa::path(post, path = "/admin/accounts/{id}/reset-factor", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)),
    responses(
        (status = 200, description = "Reset", body = FactorResetView),
        (status = 403, description = "`forbidden`, `proof_required`, `account_deactivated`"),
        (status = 409, description = "`own_account`, `no_second_factor`"),
    ))]
pub async fn reset_factor(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayOperate, EmptyBody>,
) -> Result<Json<FactorResetView>, Problem> {
    let session = caller.principal.session_id;
    app.people().require_fresh_proof(session, app.now()).await?;
    let reset = FactorReset {
        by: &caller.actor(),
        account_id,
    };
    app.people().reset_second_factor(reset, app.now()).await?;
    caller.origin.set_told();
    Ok(Json(FactorResetView { reset: true }))
}

//! Having one's own data erased: asked for, looked at, taken back.

use axum::Json;
use axum::extract::State;
use commands::policy::MaySignIn;
use identity::{Erasure, ErasureReason, NewErasure};

use crate::app::App;
use crate::erasure_holds::erasure_holds;
use crate::extract::body::EmptyBody;
use crate::extract::head::QueryParams;
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::erasure::ErasureView;

/// Ask for your data to be erased
///
/// By a fresh proof. Carried out when the time in the answer is over and nothing stands against it: you are signed out for good, and
/// nobody can bring your data back. Until then `POST /me/erasure/withdraw` takes it back. Asking twice is asking once.
#[utoipa::path(post, path = "/me/erasure", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "It waits", body = ErasureView),
    (status = 403, description = "`proof_required`"),
))]
pub async fn request_erasure(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<ErasureView>, Problem> {
    let session = caller.principal.session_id;
    app.people().require_fresh_proof(session, app.now()).await?;
    let asked = NewErasure {
        subject: caller.id(),
        reason: ErasureReason::OwnRequest,
        cooling_off: app.settings().erasure_cooling_off,
    };
    let erasure = app
        .people()
        .request_erasure(asked, &caller.actor(), app.now())
        .await?;
    view(&app, &caller, Some(erasure)).await
}

/// Read how the erasure of your data stands
///
/// Whether it was asked for, until when it can be taken back, and what stands against it now.
#[utoipa::path(get, path = "/me/erasure", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The latest", body = ErasureView),
))]
pub async fn erasure(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MaySignIn>,
) -> Result<Json<ErasureView>, Problem> {
    let erasure = app.people().erasure_of(caller.id()).await?;
    view(&app, &caller, erasure).await
}

/// Take the erasure of your data back
///
/// All stays as it is. Where none waits nothing happens: taking back twice is once.
#[utoipa::path(post, path = "/me/erasure/withdraw", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "The latest", body = ErasureView),
))]
pub async fn withdraw_erasure(
    State(app): State<App>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MaySignIn, EmptyBody>,
) -> Result<Json<ErasureView>, Problem> {
    let erasure = app.people().withdraw_erasure(&caller.actor(), app.now()).await?;
    view(&app, &caller, erasure).await
}

async fn view(
    app: &App,
    caller: &Caller<MaySignIn>,
    erasure: Option<Erasure>,
) -> Result<Json<ErasureView>, Problem> {
    let holds = erasure_holds(app.services(), app.models(), caller.id()).await?;
    Ok(Json(ErasureView::of(erasure.as_ref(), &holds)))
}

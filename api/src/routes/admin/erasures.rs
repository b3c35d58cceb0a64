//! Who is to be erased or was, with the acts of destruction; and asking for it on somebody's behalf.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use domain::ids::kind;
use identity::{Erasure, ErasureReason, ErasureState, NewErasure};
use projections::{Cursor, List};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{one_of, one_of_in};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::representation::erasure::AccountErasureView;
use crate::representation::page::PageView;

/// Which erasures.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ErasuresQuery {
    /// Only those in this state.
    #[param(value_type = Option<String>)]
    pub state: Option<ErasureState>,
}

impl FromQuery for ErasuresQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let states = ErasureState::ALL.map(ErasureState::as_str).join(", ");
        let state = parameters.optional("state", |text| one_of_in(text, ErasureState::parse, &states));
        Some(Self { state: state? })
    }
}

/// List erasures
///
/// The latest first, each with its act of destruction.
#[utoipa::path(get, path = "/admin/erasures", tag = "admin", security(("bearer" = [])), params(ErasuresQuery, PageParams),
    responses((status = 200, description = "A page", body = PageView<AccountErasureView>)))]
pub async fn erasures(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(ErasuresQuery, PageParams)>,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<AccountErasureView>>, Problem> {
    let before = page
        .cursor
        .map(|cursor| cursor.instant(List::Erasures))
        .transpose()?;
    let rows = usize::from(page.limit.rows());
    let asked = i64::from(page.limit.rows()) + 1;
    let mut erasures = app.people().erasures(question.state, before, asked).await?;
    let more = erasures.len() > rows;
    erasures.truncate(rows);
    let next = erasures
        .last()
        .filter(|_| more)
        .map(|last: &Erasure| Cursor::at(List::Erasures, last.requested_at, last.id).encode());
    let items = erasures.into_iter().map(AccountErasureView::from).collect();
    Ok(Json(PageView { items, next }))
}

/// Why.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"reason": "written_request"}))]
pub struct EraseAccountBody {
    /// `written_request`, `consent_withdrawn`, `purpose_reached` or `unlawful`.
    #[schema(value_type = String)]
    pub reason: ErasureReason,
}

impl FromBody for EraseAccountBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = ErasureReason::BY_ADMIN.map(ErasureReason::as_str).join(", ");
        let reason = fields.required("reason", one_of(ErasureReason::parse_of_admin, words));
        Some(Self { reason: reason? })
    }
}

/// Ask for an account's erasure
///
/// By a fresh proof. Its owner can take it back until it is due.
#[utoipa::path(post, path = "/admin/accounts/{id}/erasure", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account", format = Uuid)), request_body = EraseAccountBody,
    responses(
        (status = 200, description = "It waits", body = AccountErasureView),
        (status = 403, description = "`forbidden`, `proof_required`"),
    ))]
pub async fn erase_account(
    State(app): State<App>,
    At(account_id): At<kind::Account>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, EraseAccountBody>,
) -> Result<Json<AccountErasureView>, Problem> {
    let session = caller.principal.session_id;
    app.people().require_fresh_proof(session, app.now()).await?;
    let asked = NewErasure {
        subject: account_id,
        reason: body.reason,
        cooling_off: app.settings().erasure_cooling_off,
    };
    let erasure = app
        .people()
        .request_erasure(asked, &caller.actor(), app.now())
        .await?;
    caller.origin.set_told();
    Ok(Json(erasure.into()))
}

//! How the read models stand; one is rebuilt, and what is parked in it tried again.

use axum::Json;
use axum::extract::{Path, State};
use commands::policy::MayOperate;
use commands::processes::CONSUMER as PROCESSES;
use event_store::parking;
use identity::{AuditTarget, OperatorAct};
use projections::{Model, QueryError, status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::QueryParams;
use crate::extract::read::{line, truth};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::{Code, Problem};
use crate::representation::operations::{ModelView, ParkedView};
use crate::security_events::record_act;

/// The read models and what waits in them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProjectionsView {
    /// Every generation of every read model.
    pub items: Vec<ModelView>,
    /// Partition keys that wait behind a fact that cannot be applied, oldest first.
    pub parked: Vec<ParkedView>,
    /// Always null: there are few.
    #[schema(value_type = Option<String>)]
    pub next: Option<String>,
}

/// List read models
///
/// For admins: position, lag, rate, generation and parked keys of each. Takes a quarter of a second to tell the rate.
#[utoipa::path(get, path = "/admin/projections", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The read models", body = ProjectionsView)))]
pub async fn projections(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayOperate>,
) -> Result<Json<ProjectionsView>, Problem> {
    let pool = &app.models().pool;
    let states = status::overview(pool).await?;
    let parked = parking::list(pool, None).await.map_err(QueryError::from)?;
    let items = states
        .into_iter()
        .map(|state| {
            let rebuilding = app.rebuilds().is_running(state.model);
            ModelView::of(state, rebuilding)
        })
        .collect();
    let parked = parked.into_iter().map(ParkedView::from).collect();
    Ok(Json(ProjectionsView {
        items,
        parked,
        next: None,
    }))
}

/// How to rebuild.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"force": false}))]
pub struct RebuildBody {
    /// Go live even if facts are parked; `false` if absent.
    pub force: Option<bool>,
}

impl FromBody for RebuildBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let force = fields.optional("force", truth);
        Some(Self { force: force? })
    }
}

/// A rebuild that began.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"model": "bookings", "rebuilding": true}))]
pub struct RebuildView {
    /// The read model.
    #[schema(value_type = String)]
    pub model: &'static str,
    /// Always true.
    pub rebuilding: bool,
}

/// Rebuild a read model
///
/// For admins: reads the log into new tables beside the live ones and goes live by itself once it has caught up. One
/// that was interrupted is continued. `GET /admin/projections` shows how far it is.
#[utoipa::path(post, path = "/admin/projections/{name}/rebuild", tag = "admin", security(("bearer" = [])),
    params(("name" = String, Path, description = "The read model", example = "bookings")),
    request_body = RebuildBody,
    responses(
        (status = 200, description = "The rebuild began", body = RebuildView),
        (status = 409, description = "`rebuild_under_way`"),
    ))]
pub async fn rebuild(
    State(app): State<App>,
    Path(name): Path<String>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, RebuildBody>,
) -> Result<Json<RebuildView>, Problem> {
    let model = Model::parse(&name).ok_or_else(|| Problem::plain(Code::NotFound))?;
    let target = AuditTarget::new("projection", model.name());
    record_act(&app, &caller, OperatorAct::Rebuild, target).await?;
    app.rebuilds().begin(
        app.log().clone(),
        model,
        body.force.unwrap_or(false),
        app.stopping(),
    )?;
    Ok(Json(RebuildView {
        model: model.name(),
        rebuilding: true,
    }))
}

/// The longest partition key, in characters.
pub const KEY_CHARS_MAX: usize = 128;

/// What to try again.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"partition_key": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69"}))]
pub struct UnparkBody {
    /// Only this key; all of the read model's if absent.
    pub partition_key: Option<String>,
}

impl FromBody for UnparkBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let partition_key = fields.optional("partition_key", line(1, KEY_CHARS_MAX));
        Some(Self {
            partition_key: partition_key?,
        })
    }
}

/// What will be tried again.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"requested": 1}))]
pub struct UnparkView {
    /// How many keys their worker was asked to try again.
    pub requested: u64,
}

/// Try parked facts again
///
/// For admins, once the cause is mended. The worker that holds the shard reads the log again from the first fact that
/// waits. The name is that of a read model, or `processes`.
#[utoipa::path(post, path = "/admin/projections/{name}/unpark", tag = "admin", security(("bearer" = [])),
    params(("name" = String, Path, description = "The read model", example = "bookings")),
    request_body = UnparkBody,
    responses((status = 200, description = "Requested", body = UnparkView)))]
pub async fn unpark(
    State(app): State<App>,
    Path(name): Path<String>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayOperate, UnparkBody>,
) -> Result<Json<UnparkView>, Problem> {
    if Model::parse(&name).is_none() && name != PROCESSES {
        return Err(Problem::plain(Code::NotFound));
    }
    let key = body.partition_key.as_deref();
    let target = key.map_or_else(|| name.clone(), |key| format!("{name} {key}"));
    let target = AuditTarget::new("projection", target);
    record_act(&app, &caller, OperatorAct::Unpark, target).await?;
    let requested = parking::unpark(&app.models().pool, &name, key)
        .await
        .map_err(QueryError::from)?;
    Ok(Json(UnparkView { requested }))
}

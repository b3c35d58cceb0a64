//! How the read models stand.

use axum::Json;
use axum::extract::State;
use event_store::parking;
use projections::{QueryFault, status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::problem::Problem;
use crate::representation::workings::{ModelView, ParkedView};

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
pub async fn projections(State(app): State<App>, _caller: AsAdmin) -> Result<Json<ProjectionsView>, Problem> {
    let pool = &app.models().pool;
    let states = status::overview(pool).await?;
    let parked = parking::list(pool, None).await.map_err(QueryFault::from)?;
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

//! Comparisons of our books with the payment providers', the latest first.

use axum::Json;
use axum::extract::State;
use projections::reconciliations::query;
use projections::{Cursor, Limit};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::problem::Problem;
use crate::representation::page::PageView;
use crate::representation::reconciliation::ReconciliationView;

/// Which comparisons.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReconciliationsQuestion {
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl Question for ReconciliationsQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List reconciliations
///
/// For admins: every comparison of our books with the payment providers', and the nightly one that comes next.
#[utoipa::path(get, path = "/admin/reconciliations", tag = "admin", security(("bearer" = [])),
    params(ReconciliationsQuestion),
    responses((status = 200, description = "A page of comparisons", body = PageView<ReconciliationView>)))]
pub async fn reconciliations(
    State(app): State<App>,
    Ask(question): Ask<ReconciliationsQuestion>,
    _caller: AsAdmin,
) -> Result<Json<PageView<ReconciliationView>>, Problem> {
    let page = query::list(&app.models().pool, question.cursor, question.limit).await?;
    Ok(Json(PageView::of(page, ReconciliationView::from)))
}

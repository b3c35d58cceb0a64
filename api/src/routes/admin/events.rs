//! The log itself, page by page.

use axum::Json;
use axum::extract::State;
use event_store::Position;
use projections::Limit;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::fresh;
use crate::problem::Problem;
use crate::problem::fault::Wrong;
use crate::representation::fact::{FactView, FactsView};

/// Which facts.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FactsQuestion {
    /// Facts behind this position; from the beginning if absent.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub after: Position,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
}

impl Question for FactsQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let after = parameters.optional("after", |text| {
            let position = text.parse::<Position>().ok().filter(|position| *position >= 0);
            position.ok_or_else(|| Wrong::new("not_a_position", "must be a position, such as 42"))
        });
        let limit = parameters.limit();
        Some(Self {
            after: after?.unwrap_or(0),
            limit: limit?,
        })
    }
}

/// Read the log
///
/// For admins: every fact in the order of positions, complete and final.
#[utoipa::path(get, path = "/admin/events", tag = "admin", security(("bearer" = [])), params(FactsQuestion),
    responses((status = 200, description = "A page of the log", body = FactsView)))]
pub async fn events(
    State(app): State<App>,
    Ask(question): Ask<FactsQuestion>,
    _caller: AsAdmin,
) -> Result<Json<FactsView>, Problem> {
    fresh::known(&app, question.after).await?;
    let facts = app
        .log()
        .read_after(question.after, u32::from(question.limit.rows()))
        .await?;
    let last = facts.last().map(|fact| fact.position);
    let head = app.log().head().await?;
    let next = last.filter(|last| *last < head).map(|last| last.to_string());
    Ok(Json(FactsView {
        items: facts.into_iter().map(FactView::from).collect(),
        next,
        head,
    }))
}

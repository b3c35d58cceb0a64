//! Finds what an admin has a name for.

use axum::Json;
use axum::extract::State;
use commands::policy::MayOperate;
use history::find::{self, FindQuery, Found};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;

/// What to look for.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// A whole id of ours (booking, payment, payout, account, command), a provider's of a payment or refund, the gateway's of a
    /// payout, a whole e-mail address or telephone number, a last name, or first and last name in either order.
    #[param(value_type = String, example = "2353039219")]
    pub q: FindQuery,
}

impl FromQuery for SearchQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let sought = parameters.optional("q", |text| {
            FindQuery::parse(text).map_err(|wrong| FieldProblem::new("not_findable", wrong.to_string()))
        })?;
        if sought.is_none() {
            parameters.fault("q", FieldProblem::new("required", "is required"));
        }
        Some(Self { q: sought? })
    }
}

/// What was found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SearchView {
    /// At most fifty people, and whatever answers to an id.
    pub items: Vec<Found>,
    /// Always null: look for something narrower instead.
    #[schema(value_type = Option<String>)]
    pub next: Option<String>,
}

/// Find
///
/// For admins: people, bookings, payments, payouts and commands, and the streams in which each is told; by its shape it is known
/// what `q` is. Nothing is found by a part of it; who looked for whom is recorded.
#[utoipa::path(get, path = "/admin/search", tag = "admin", security(("bearer" = [])), params(SearchQuery),
    responses((status = 200, description = "What was found", body = SearchView)))]
pub async fn search(
    State(app): State<App>,
    QueryParams(question): QueryParams<SearchQuery>,
    caller: Caller<MayOperate>,
) -> Result<Json<SearchView>, Problem> {
    let found = find::find(
        app.log(),
        app.people(),
        app.models(),
        &caller.actor(),
        &question.q,
    )
    .await?;
    Ok(Json(SearchView {
        items: found,
        next: None,
    }))
}

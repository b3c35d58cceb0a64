//! What processes want done.

use axum::Json;
use axum::extract::State;
use event_store::intents::{self, IntentFilter, IntentState};
use projections::{Limit, QueryFault};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::parameters::{Ask, Parameters, Question};
use crate::extract::read::word_in;
use crate::problem::Problem;
use crate::representation::workings::IntentView;

/// Which intents.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IntentsQuestion {
    /// `open`, `done`, `refused`, `poisoned` or `given_up`.
    #[param(value_type = Option<String>, example = "poisoned")]
    pub state: Option<IntentState>,
    /// Only of this process.
    #[param(example = "settlement")]
    pub process: Option<String>,
    /// Only of this partition key.
    pub partition_key: Option<String>,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
}

impl Question for IntentsQuestion {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = "open, done, refused, poisoned, given_up";
        let state = parameters.optional("state", |text| word_in(text, IntentState::parse, words));
        let process = parameters.text("process");
        let partition_key = parameters.text("partition_key");
        let limit = parameters.limit();
        Some(Self {
            state: state?,
            process: process?,
            partition_key: partition_key?,
            limit: limit?,
        })
    }
}

/// Some of the intents.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IntentsView {
    /// In the order in which they are due.
    pub items: Vec<IntentView>,
    /// Always null: narrow the question instead.
    #[schema(value_type = Option<String>)]
    pub next: Option<String>,
}

/// List intents
///
/// For admins: what the house's processes want done, in the order in which it is due.
#[utoipa::path(get, path = "/admin/intents", tag = "admin", security(("bearer" = [])), params(IntentsQuestion),
    responses((status = 200, description = "The intents", body = IntentsView)))]
pub async fn intents(
    State(app): State<App>,
    Ask(question): Ask<IntentsQuestion>,
    _caller: AsAdmin,
) -> Result<Json<IntentsView>, Problem> {
    let IntentsQuestion {
        state,
        process,
        partition_key,
        limit,
    } = question;
    let filter = IntentFilter {
        state,
        process,
        partition_key,
        limit: i64::from(limit.rows()),
    };
    let found = intents::list(&app.models().pool, &filter)
        .await
        .map_err(QueryFault::from)?;
    Ok(Json(IntentsView {
        items: found.into_iter().map(IntentView::from).collect(),
        next: None,
    }))
}

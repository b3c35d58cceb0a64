//! What processes want done, and what an operator does about it.

use axum::Json;
use axum::extract::State;
use commands::intents::{GiveUpIntent, give_up, retry};
use commands::policy::MayOperate;
use commands::processes::acting_names;
use domain::ids::kind;
use domain::reactions::GiveUpReason;
use event_store::intents::{self, IntentFilter, IntentState};
use identity::{AuditTarget, OperatorAct};
use projections::{Cursor, List, QueryError};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::extract::page::PageParams;
use crate::extract::read::{Parsed, one_of, one_of_in};
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::operations::IntentView;
use crate::representation::page::PageView;
use crate::security_events::record_act;

/// Which intents.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IntentsQuery {
    /// `waiting` (open or poisoned), `open`, `done`, `refused`, `poisoned`, `given_up` or `all`; `waiting` if absent.
    #[param(value_type = Option<String>, example = "poisoned")]
    pub state: Vec<IntentState>,
    /// Only of this process.
    #[param(example = "settlement")]
    pub process: Option<String>,
    /// Only of this partition key.
    pub partition_key: Option<String>,
}

impl FromQuery for IntentsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let state = parameters.optional("state", |text| {
            one_of_in(text, IntentState::named, IntentState::NAMES)
        });
        let process = parameters.optional("process", process_in);
        let partition_key = parameters.text("partition_key");
        if matches!(&partition_key, Some(Some(key)) if key.is_empty()) {
            parameters.fault("partition_key", FieldProblem::new("empty", "must not be empty"));
        }
        Some(Self {
            state: state?.unwrap_or_else(|| IntentState::WAITING.to_vec()),
            process: process?,
            partition_key: partition_key?,
        })
    }
}

/// A process that there is.
fn process_in(text: &str) -> Parsed<String> {
    let known = acting_names().any(|name| name == text);
    known.then(|| text.to_owned()).ok_or_else(|| {
        let names = acting_names().collect::<Vec<_>>().join(", ");
        FieldProblem::new("not_a_process", format!("must be the name of a process: {names}"))
    })
}

/// List intents
///
/// For admins: what the platform's processes want done, in the order in which it is due. What was done is shown when it is asked for.
#[utoipa::path(get, path = "/admin/intents", tag = "admin", security(("bearer" = [])),
    params(IntentsQuery, PageParams),
    responses((status = 200, description = "A page of intents", body = PageView<IntentView>)))]
pub async fn intents(
    State(app): State<App>,
    QueryParams((question, page)): QueryParams<(IntentsQuery, PageParams)>,
    _caller: Caller<MayOperate>,
) -> Result<Json<PageView<IntentView>>, Problem> {
    let rows = usize::from(page.limit.rows());
    let after = page.cursor.map(|cursor| cursor.instant(List::Intents));
    let filter = IntentFilter {
        states: question.state,
        process: question.process,
        partition_key: question.partition_key,
        after: after.transpose()?,
        limit: i64::from(page.limit.rows()) + 1,
    };
    let mut found = intents::list(&app.models().pool, &filter)
        .await
        .map_err(QueryError::from)?;
    let more = found.len() > rows;
    found.truncate(rows);
    let last = found.last().filter(|_| more);
    Ok(Json(PageView {
        next: last.map(|intent| Cursor::at(List::Intents, intent.due_at, intent.id).encode()),
        items: found.into_iter().map(IntentView::from).collect(),
    }))
}

/// What became of an operator's command about an intent.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69", "state": "open"}))]
pub struct IntentActView {
    /// The intent.
    pub id: Uuid,
    /// `open` or `given_up`.
    #[schema(value_type = String)]
    pub state: &'static str,
}

/// Retry an intent
///
/// For admins: a poisoned intent, or one that waits for its next try, is tried again at once.
#[utoipa::path(post, path = "/admin/intents/{id}/retry", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The intent", format = Uuid)),
    responses((status = 200, description = "It will be tried again", body = IntentActView)))]
pub async fn retry_intent(
    State(app): State<App>,
    At(intent_id): At<kind::Intent>,
    CommandRequest { metadata, caller, .. }: CommandRequest<MayOperate, EmptyBody>,
) -> Result<Json<IntentActView>, Problem> {
    let target = AuditTarget::new("intent", intent_id);
    record_act(&app, &caller, OperatorAct::RetryIntent, target).await?;
    retry(app.services(), &metadata, intent_id).await?;
    Ok(Json(IntentActView {
        id: intent_id.uuid(),
        state: "open",
    }))
}

/// Why.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"reason": "done_by_hand"}))]
pub struct GiveUpBody {
    /// `done_by_hand`, `obsolete`, `duplicate` or `impossible`.
    #[schema(value_type = String, example = "done_by_hand")]
    pub reason: GiveUpReason,
}

impl FromBody for GiveUpBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let words = GiveUpReason::ALL.map(GiveUpReason::as_str).join(", ");
        let reason = fields.required("reason", one_of(GiveUpReason::parse, words));
        Some(Self { reason: reason? })
    }
}

/// Give an intent up
///
/// For admins: it will not be carried out any more; a fact on the aggregate that led to it says so, and why.
#[utoipa::path(post, path = "/admin/intents/{id}/give-up", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "The intent", format = Uuid)), request_body = GiveUpBody,
    responses((status = 200, description = "Given up", body = IntentActView)))]
pub async fn give_up_intent(
    State(app): State<App>,
    At(intent_id): At<kind::Intent>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayOperate, GiveUpBody>,
) -> Result<Json<IntentActView>, Problem> {
    give_up(
        app.services(),
        &metadata,
        GiveUpIntent {
            intent_id,
            reason: body.reason,
        },
    )
    .await?;
    Ok(Json(IntentActView {
        id: intent_id.uuid(),
        state: "given_up",
    }))
}

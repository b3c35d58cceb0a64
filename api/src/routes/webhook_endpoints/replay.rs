//! An endpoint is told of the log anew.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::kind;
use event_store::Position;
use identity::OperatorAct;
use jiff::Timestamp;
use utoipa::ToSchema;
use webhooks::endpoints;

use super::{record, scope};
use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::{instant, whole};
use crate::extract::request::AuthenticatedRequest;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::webhook_endpoint::WebhookEndpointView;

/// From where on: exactly one of the two.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"after_position": 42}))]
pub struct ReplayBody {
    /// Behind this position of the log; 0 is before its first fact.
    #[schema(value_type = Option<i64>)]
    pub after_position: Option<Position>,
    /// From the first fact recorded at this instant or later.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
}

impl FromBody for ReplayBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let after_position = fields.optional("after_position", whole(0, i64::MAX));
        let from = fields.optional("from", instant);
        match (after_position, from) {
            (Some(None), Some(None)) => {
                let wrong = FieldProblem::new("required", "is required unless `from` is given");
                fields.fault("after_position", wrong);
            }
            (Some(Some(_)), Some(Some(_))) => {
                let wrong =
                    FieldProblem::new("repeated", "stands beside `after_position`: name one of the two");
                fields.fault("from", wrong);
            }
            (_, _) => {}
        }
        Some(Self {
            after_position: after_position?,
            from: from?,
        })
    }
}

/// Tell an endpoint of the log anew
///
/// It is told of what it wants now, from there on, in order, each event under the id it had; what waits is told in its place. Where the
/// endpoint stands by then is `position`.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/replay", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)), request_body = ReplayBody,
    responses(
        (status = 200, description = "It is told anew", body = WebhookEndpointView),
        (status = 409, description = "`webhook_endpoint_disabled`, `unknown_position`"),
    ))]
pub async fn replay(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayKeepWebhooks, ReplayBody>,
) -> Result<Json<WebhookEndpointView>, Problem> {
    let after = match (body.after_position, body.from) {
        (Some(position), _) => position,
        (None, Some(from)) => app.log().position_at(from).await? - 1,
        (None, None) => 0,
    };
    // A position beyond the head is of another log.
    if after > app.log().head().await? {
        return Err(Problem::plain(Code::UnknownPosition));
    }
    let act = OperatorAct::ReplayWebhookEndpoint;
    record(&app, &caller, act, id.uuid()).await?;
    let pool = &app.webhooks()?.pool;
    let told = endpoints::replay(pool, scope(&caller), id.uuid(), after.max(0)).await?;
    Ok(Json(WebhookEndpointView::from(told)))
}

//! A new secret, and a test that shows whether the receiver has it.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::kind;
use domain::people::{Actor, Role};
use identity::OperatorAct;
use webhooks::endpoints::{self, EndpointScope};

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::At;
use crate::extract::request::CommandRequest;
use crate::problem::{Code, Problem};
use crate::representation::webhook_endpoint::{QueuedDeliveryView, WebhookSecretView};

/// Whose endpoints a command may change, and who asks.
async fn recorded(
    app: &App,
    command: &CommandRequest<MayKeepWebhooks, EmptyBody>,
    (act, target): (OperatorAct, String),
) -> Result<EndpointScope, Problem> {
    let Actor::Person { id, role } = command.metadata.by else {
        return Err(Problem::plain(Code::Forbidden));
    };
    let trace_id = &command.metadata.trace_id;
    app.people().record_act(id, act, &target, trace_id).await?;
    Ok(match role {
        Role::Admin => EndpointScope::Everybodys,
        Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst => EndpointScope::Of(id.uuid()),
    })
}

/// Draw a new secret
///
/// Shown this once. For 24 hours messages carry a signature of the secret before, too, so that no message is refused while the receiver
/// changes over. The same key again answers the same secret.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/rotate-secret", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)),
    responses((status = 200, description = "Drawn", body = WebhookSecretView)))]
pub async fn rotate_secret(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    command: CommandRequest<MayKeepWebhooks, EmptyBody>,
) -> Result<Json<WebhookSecretView>, Problem> {
    let act = (OperatorAct::RotateWebhookSecret, id.to_string());
    let scope = recorded(&app, &command, act).await?;
    let command_id = command.metadata.created_id("webhook secret");
    let drawn = endpoints::rotate_secret(app.webhooks()?, scope, id.uuid(), command_id).await?;
    Ok(Json(WebhookSecretView::from(drawn)))
}

/// Send a test
///
/// An event `webhook.test`, signed and retried as any other. What became of it stands in
/// `GET /webhook-endpoints/{id}/deliveries?event_type=webhook.test`.
#[utoipa::path(post, path = "/webhook-endpoints/{id}/test", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)),
    responses(
        (status = 200, description = "Queued", body = QueuedDeliveryView),
        (status = 409, description = "`webhook_endpoint_disabled`"),
    ))]
pub async fn test(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    command: CommandRequest<MayKeepWebhooks, EmptyBody>,
) -> Result<Json<QueuedDeliveryView>, Problem> {
    let act = (OperatorAct::TestWebhookEndpoint, id.to_string());
    let scope = recorded(&app, &command, act).await?;
    let message_id = command.metadata.created_id(&format!("webhook test of {id}"));
    let queued = (message_id, app.now());
    endpoints::send_test(&app.webhooks()?.pool, scope, id.uuid(), queued).await?;
    Ok(Json(QueuedDeliveryView::of(message_id)))
}

//! A new secret, and a test that shows whether the receiver has it.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::kind;
use identity::OperatorAct;
use webhooks::endpoints;

use super::{record, scope};
use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::At;
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::webhook_endpoint::{QueuedDeliveryView, WebhookSecretView};

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
    let act = OperatorAct::RotateWebhookSecret;
    record(&app, &command.caller, act, id.uuid()).await?;
    let scope = scope(&command.caller);
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
    let act = OperatorAct::TestWebhookEndpoint;
    record(&app, &command.caller, act, id.uuid()).await?;
    let scope = scope(&command.caller);
    let message_id = command.metadata.created_id(&format!("webhook test of {id}"));
    let queued = (message_id, app.now());
    endpoints::send_test(&app.webhooks()?.pool, scope, id.uuid(), queued).await?;
    Ok(Json(QueuedDeliveryView::of(message_id)))
}

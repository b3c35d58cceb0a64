//! An endpoint is changed, switched off and on, or taken away.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::ids::kind;
use identity::OperatorAct;
use utoipa::ToSchema;
use webhooks::EventType;
use webhooks::address::EndpointUrl;
use webhooks::endpoints::{self, Change};

use super::{allowed, event_types, record, scope, url};
use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::truth;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::webhook_endpoint::WebhookEndpointView;

/// What changes; what is absent stays.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"event_types": ["booking.created"], "enabled": true}))]
pub struct EditWebhookEndpointBody {
    /// As when it was made; what waits goes there, too.
    #[schema(value_type = Option<String>, format = "uri", max_length = 2048)]
    pub url: Option<EndpointUrl>,
    /// What it is told of from now on, each once.
    #[schema(value_type = Option<Vec<String>>)]
    pub event_types: Option<Vec<EventType>>,
    /// `false` switches it off, `true` on again: it goes on where it stopped.
    pub enabled: Option<bool>,
}

impl FromBody for EditWebhookEndpointBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let url = fields.optional("url", url);
        let event_types = fields.optional("event_types", event_types);
        let enabled = fields.optional("enabled", truth);
        Some(Self {
            url: url?,
            event_types: event_types?,
            enabled: enabled?,
        })
    }
}

/// Change an endpoint
///
/// One that was disabled, by whomever, is enabled here: it is told of everything since it stopped.
#[utoipa::path(patch, path = "/webhook-endpoints/{id}", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)), request_body = EditWebhookEndpointBody,
    responses((status = 200, description = "Changed", body = WebhookEndpointView)))]
pub async fn edit(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayKeepWebhooks, EditWebhookEndpointBody>,
) -> Result<Json<WebhookEndpointView>, Problem> {
    if let Some(url) = &body.url {
        allowed(&app, url)?;
    }
    let act = OperatorAct::EditWebhookEndpoint;
    record(&app, &caller, act, id.uuid()).await?;
    let change = Change {
        url: body.url,
        event_types: body.event_types,
        enabled: body.enabled,
    };
    let changed = endpoints::edit(&app.webhooks()?.pool, scope(&caller), id.uuid(), &change).await?;
    Ok(Json(WebhookEndpointView::from(changed)))
}

/// Delete an endpoint
///
/// Nothing is sent to it any more; its secrets are gone at once, its deliveries soon after.
#[utoipa::path(delete, path = "/webhook-endpoints/{id}", tag = "webhook_endpoints", security(("bearer" = [])),
    params(("id" = String, Path, description = "The endpoint", format = Uuid)),
    responses((status = 200, description = "Deleted: as it was", body = WebhookEndpointView)))]
pub async fn delete(
    State(app): State<App>,
    At(id): At<kind::WebhookEndpoint>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayKeepWebhooks, EmptyBody>,
) -> Result<Json<WebhookEndpointView>, Problem> {
    let act = OperatorAct::DeleteWebhookEndpoint;
    record(&app, &caller, act, id.uuid()).await?;
    let removed = endpoints::remove(&app.webhooks()?.pool, scope(&caller), id.uuid()).await?;
    Ok(Json(WebhookEndpointView::from(removed)))
}

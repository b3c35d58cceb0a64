//! A clinic, or an admin for the platform's own app, names an endpoint.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepWebhooks;
use domain::people::Role;
use identity::OperatorAct;
use utoipa::ToSchema;
use webhooks::EventType;
use webhooks::address::EndpointUrl;
use webhooks::endpoints::{self, NewEndpoint};

use super::{allowed, event_types, record, url};
use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::webhook_endpoint::WebhookSecretView;

/// An endpoint that is to be.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"url": "https://app.example/webhooks", "event_types": ["booking.created", "booking.cancelled"]}))]
pub struct WebhookEndpointBody {
    /// `https`, at a public name or address, port 443 or 8443, without a user name.
    #[schema(value_type = String, format = "uri", max_length = 2048)]
    pub url: EndpointUrl,
    /// What it is told of, each once.
    #[schema(value_type = Vec<String>)]
    pub event_types: Vec<EventType>,
}

impl FromBody for WebhookEndpointBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let url = fields.required("url", url);
        let event_types = fields.required("event_types", event_types);
        Some(Self {
            url: url?,
            event_types: event_types?,
        })
    }
}

/// Make an endpoint
///
/// For clinics, who are told of their own doctors' bookings, and for admins, who are told of all. It is told from now on;
/// `POST /webhook-endpoints/{id}/replay` tells what was before. The secret is shown this once. The same key with the same request
/// answers the same endpoint and secret again.
#[utoipa::path(post, path = "/webhook-endpoints", tag = "webhook_endpoints", security(("bearer" = [])),
    request_body = WebhookEndpointBody,
    responses(
        (status = 200, description = "Made", body = WebhookSecretView),
        (status = 409, description = "`too_many_webhook_endpoints`"),
    ))]
pub async fn create(
    State(app): State<App>,
    CommandRequest {
        metadata,
        body,
        caller,
    }: CommandRequest<MayKeepWebhooks, WebhookEndpointBody>,
) -> Result<Json<WebhookSecretView>, Problem> {
    allowed(&app, &body.url)?;
    let (owner_id, role) = (caller.id(), caller.role());
    let new = NewEndpoint {
        id: metadata.created_id("webhook endpoint"),
        owner_id,
        clinic_id: (role == Role::Clinic).then(|| owner_id.uuid()),
        digest: metadata.digest.clone(),
        url: body.url,
        event_types: body.event_types,
    };
    record(&app, &caller, OperatorAct::CreateWebhookEndpoint, new.id).await?;
    let made = endpoints::create(app.webhooks()?, &new).await?;
    Ok(Json(WebhookSecretView::from(made)))
}

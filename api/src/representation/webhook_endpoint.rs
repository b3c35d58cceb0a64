//! Endpoints of webhooks, and what they were sent, as JSON.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use webhooks::endpoints::{Delivery, Endpoint, Made};

/// An endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "owner_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "clinic_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
    "url": "https://app.example/webhooks",
    "event_types": ["booking.created", "booking.cancelled"],
    "state": "active",
    "disabled_reason": null,
    "disabled_at": null,
    "position": 42,
    "waiting": 0,
    "failing_since": null,
    "last_delivered_at": "2026-12-01T09:30:00Z",
    "last_failure": null,
    "previous_secret_until": null,
    "created_at": "2026-12-01T09:00:00Z"
}))]
pub struct WebhookEndpointView {
    /// Its id.
    pub id: Uuid,
    /// The account that made it.
    pub owner_id: Uuid,
    /// Whose doctors' bookings it is told of; null: of all.
    pub clinic_id: Option<Uuid>,
    /// Where it is.
    #[schema(format = "uri")]
    pub url: String,
    /// What it is told of.
    pub event_types: Vec<String>,
    /// `active`, `disabled`, or `deleted` in the answer to whoever deleted it.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// Why it is told of nothing: `by_owner`, `gone` (it answered 410), `failing` (it took nothing for days), `owner_deactivated`.
    #[schema(value_type = Option<String>)]
    pub disabled_reason: Option<&'static str>,
    /// Since when.
    pub disabled_at: Option<Timestamp>,
    /// Everything up to this position of the log is in its queue, or was.
    pub position: i64,
    /// Deliveries that wait; at most 1000 are counted.
    pub waiting: i64,
    /// Since when it has taken nothing.
    pub failing_since: Option<Timestamp>,
    /// When it last took something.
    pub last_delivered_at: Option<Timestamp>,
    /// Why the last attempt that failed did: the `failure` of a delivery.
    pub last_failure: Option<String>,
    /// Until when messages are signed with the secret before, too.
    pub previous_secret_until: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl From<Endpoint> for WebhookEndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            owner_id: endpoint.owner_id,
            clinic_id: endpoint.clinic_id,
            url: endpoint.url,
            event_types: endpoint.event_types,
            state: endpoint.state.as_str(),
            disabled_reason: endpoint.disabled_reason.map(|reason| reason.as_str()),
            disabled_at: endpoint.disabled_at,
            position: endpoint.position,
            waiting: endpoint.waiting,
            failing_since: endpoint.failing_since,
            last_delivered_at: endpoint.last_delivered_at,
            last_failure: endpoint.last_failure,
            previous_secret_until: endpoint.previous_secret_until,
            created_at: endpoint.created_at,
        }
    }
}

/// An endpoint with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "endpoint": {
        "id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
        "owner_id": "019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69",
        "clinic_id": null,
        "url": "https://app.example/webhooks",
        "event_types": ["booking.created"],
        "state": "active",
        "disabled_reason": null,
        "disabled_at": null,
        "position": 42,
        "waiting": 0,
        "failing_since": null,
        "last_delivered_at": null,
        "last_failure": null,
        "previous_secret_until": null,
        "created_at": "2026-12-01T09:00:00Z"
    },
    "secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
}))]
pub struct WebhookSecretView {
    /// The endpoint.
    pub endpoint: WebhookEndpointView,
    /// `whsec_` and base64: what its messages are signed with.
    pub secret: String,
}

impl From<Made> for WebhookSecretView {
    fn from(made: Made) -> Self {
        Self {
            secret: made.secret.to_text().expose_secret().to_owned(),
            endpoint: WebhookEndpointView::from(made.endpoint),
        }
    }
}

/// One event at one endpoint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69",
    "position": 42,
    "event_type": "booking.created",
    "state": "waiting",
    "queued_at": "2026-12-01T09:30:00Z",
    "next_attempt_at": "2026-12-01T09:35:05Z",
    "attempts": 2,
    "last_attempt_at": "2026-12-01T09:30:05Z",
    "http_status": 500,
    "failure": "status",
    "took_ms": 12,
    "delivered_at": null
}))]
pub struct DeliveryView {
    /// `webhook-id`: the same whenever this event is sent.
    pub id: Uuid,
    /// The position of its fact in the log; null for a test.
    pub position: Option<i64>,
    /// What it is.
    pub event_type: String,
    /// `waiting`, `delivered`, or `failed` once it was given up.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// Since when it has been in the queue.
    pub queued_at: Timestamp,
    /// From when on it is sent, or sent again; null when it is over.
    pub next_attempt_at: Option<Timestamp>,
    /// How often it was sent.
    pub attempts: i32,
    /// When it was last.
    pub last_attempt_at: Option<Timestamp>,
    /// What the last attempt was answered with.
    pub http_status: Option<i16>,
    /// Why the last attempt was not taken: `status`, `redirect`, `timeout`, `tls`, `not_connected`, `connection_lost`, `unresolved`,
    /// or `not_public` (its name leads to an address that is not of the public internet).
    pub failure: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub took_ms: Option<i32>,
    /// When it was taken.
    pub delivered_at: Option<Timestamp>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.message_id,
            position: Some(delivery.position).filter(|position| *position > 0),
            event_type: delivery.event_type,
            state: delivery.state.as_str(),
            queued_at: delivery.queued_at,
            next_attempt_at: delivery.due_at,
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at,
            http_status: delivery.http_status,
            failure: delivery.failure,
            took_ms: delivery.took_ms,
            delivered_at: delivery.delivered_at,
        }
    }
}

/// A delivery that was queued on purpose.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69", "state": "waiting"}))]
pub struct QueuedDeliveryView {
    /// `webhook-id`.
    pub id: Uuid,
    /// `waiting`.
    #[schema(value_type = String)]
    pub state: &'static str,
}

impl QueuedDeliveryView {
    /// The delivery of this id.
    pub const fn of(id: Uuid) -> Self {
        Self { id, state: "waiting" }
    }
}

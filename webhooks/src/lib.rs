#![doc = include_str!("../README.md")]

pub mod address;
pub mod catalogue;
mod dispatcher;
pub mod endpoints;
mod error;
mod event;
mod fan_out;
pub mod gauges;
mod keep;
mod options;
mod queue;
mod recipients;
mod retry;
mod secret;
mod states;
pub mod transport;
mod turn;

pub use catalogue::EventType;
pub use dispatcher::Dispatcher;
pub use error::WebhookError;
pub use fan_out::{FanOut, FanOutStep};
pub use keep::keep_deliveries;
pub use options::{DispatcherOptions, FanOutOptions, KeepOptions};
pub use secret::{SigningSecret, WebhookKeys};
pub use transport::{Attempt, OutgoingRequest, Transport};

/// The webhooks of one platform: what the API and the dispatcher need to know. Cheap to clone.
#[derive(Clone)]
pub struct Webhooks {
    /// Where endpoints and deliveries are kept: the log's own database.
    pub pool: sqlx::PgPool,
    /// What secrets are sealed under.
    pub keys: std::sync::Arc<WebhookKeys>,
    /// Whether endpoints on this machine are allowed: for development alone.
    pub loopback: address::Loopback,
}

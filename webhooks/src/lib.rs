#![doc = include_str!("../README.md")]

pub mod address;
pub mod catalogue;
mod context;
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
pub use context::Webhooks;
pub use dispatcher::Dispatcher;
pub use error::WebhookError;
pub use fan_out::{FanOut, FanOutStep};
pub use keep::keep_deliveries;
pub use options::{DispatcherOptions, FanOutOptions, KeepOptions};
pub use secret::{SigningSecret, WebhookKeys};
pub use transport::{Attempt, OutgoingRequest, Transport};

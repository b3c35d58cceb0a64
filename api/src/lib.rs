#![doc = include_str!("../README.md")]

mod address;
mod app;
mod base_path;
pub mod connections;
mod extract;
mod headers;
mod middleware;
mod openapi;
mod pages;
mod patient_limits;
mod places;
mod problem;
mod read_consistency;
mod rebuilds;
mod representation;
pub mod return_targets;
mod router;
mod routes;
pub mod settings;
#[cfg(test)]
mod tests;
mod throttle;
mod trace;
pub mod webhook_ports;
pub mod witness;

pub use app::App;
pub use extract::price_document::{PriceDocumentError, read_price_document};
pub use problem::Code;
pub use router::router;

/// The description of the API, as served.
pub fn openapi() -> utoipa::openapi::OpenApi {
    router::described().1.api
}

/// That of what payment providers call.
pub fn openapi_of_webhooks() -> utoipa::openapi::OpenApi {
    router::described().1.webhooks
}

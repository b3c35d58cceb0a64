#![doc = include_str!("../README.md")]

mod address;
mod app;
mod apps;
mod base_path;
mod business_limits;
mod compression;
pub mod connections;
mod cors;
mod docs;
mod erasure_holds;
mod extract;
mod feed;
mod headers;
mod icalendar;
mod language;
mod middleware;
mod openapi;
pub mod origin;
mod pages;
mod patient_limits;
mod places;
mod problem;
mod read_consistency;
mod rebuilds;
mod refresh_cookie;
mod representation;
pub mod return_targets;
mod router;
mod routes;
mod security_events;
pub mod settings;
mod sign_in_brake;
mod static_text;
mod subject_access;
#[cfg(test)]
mod tests;
mod throttle;
mod trace;
mod version;
pub mod webhook_ports;
pub mod witness;

pub use app::App;
pub use erasure_holds::{HoldsError, erasure_holds};
pub use extract::price_document::{PriceDocumentError, read_price_document};
pub use openapi::Descriptions;
pub use problem::Code;
pub use representation::audit_trail::{AuditEntryView, audit_cursor, audit_place};
pub use router::router;

/// The descriptions of the API, one for each audience.
pub fn openapi() -> Descriptions {
    router::described().1
}

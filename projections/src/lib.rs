#![doc = include_str!("../README.md")]

pub mod anomalies;
pub mod booking_details;
mod booking_facts;
pub mod booking_summary;
mod bulk_copy;
pub mod doctor_agenda;
mod facts;
mod fault;
pub mod freshness;
#[cfg(test)]
mod kit;
mod model;
pub mod open_slots;
mod page;
pub mod patient_bookings;
pub mod payment_ledger;
pub mod payouts;
mod projector;
pub mod provider_payments;
pub mod rebuild;
pub mod reconciliations;
pub mod refunds;
mod rows;
pub mod runner;
mod sql_types;
pub mod status;

pub use fault::QueryFault;
pub use model::{Model, Models};
pub use page::{Cursor, CursorRefusal, LIMIT_DEFAULT, LIMIT_MAX, Limit, LimitRefusal, Page};

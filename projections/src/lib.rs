//! What the platform can be asked to show: read models built from the log, one table or two for each question.
//!
//! Each model is a folder of the same files: `mod` (what a question is answered with), `projector` (facts → rows, in one
//! transaction with the checkpoints), `rows` (how they stand in columns), `query` (the questions; each takes the one who
//! asks) and `tests`.
//! Models never read each other's tables and can be rebuilt one by one ([`rebuild`]).

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

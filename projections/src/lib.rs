#![doc = include_str!("../README.md")]

pub mod anomalies;
pub mod bookings;
mod bulk_copy;
mod bulk_write;
pub mod erasure_holds;
mod error;
mod facts;
pub mod freshness;
#[cfg(test)]
mod kit;
mod model;
pub mod open_slots;
mod page;
pub mod payment_ledger;
pub mod payouts;
#[cfg(test)]
mod plans;
mod projector;
pub mod provider_payments;
pub mod rebuild;
pub mod reconciliations;
pub mod refunds;
pub mod report_sums;
mod rows;
pub mod runner;
mod sql_types;
pub mod status;

use std::sync::Arc;

use event_store::Consumer;

use anomalies::projector::Anomalies;
use bookings::projector::Bookings;
use open_slots::projector::OpenSlots;
use payment_ledger::projector::PaymentLedger;
use payouts::projector::Payouts;
use projector::consumer;
use provider_payments::projector::ProviderPayments;

pub use error::QueryError;
pub use model::{Model, Models};
pub use page::{Cursor, CursorRefusal, LIMIT_DEFAULT, LIMIT_MAX, Limit, LimitRefusal, List, Page};

impl Model {
    /// What workers feed facts to and rebuilds begin anew.
    pub fn consumer(self) -> Arc<dyn Consumer> {
        match self {
            Self::Bookings => consumer::<Bookings>(),
            Self::OpenSlots => consumer::<OpenSlots>(),
            Self::PaymentLedger => consumer::<PaymentLedger>(),
            Self::ProviderPayments => consumer::<ProviderPayments>(),
            Self::Payouts => consumer::<Payouts>(),
            Self::Anomalies => consumer::<Anomalies>(),
        }
    }
}

//! What providers carry, as we see it: payments and refunds, to be compared with their lists.
#![expect(missing_docs, reason = "pure data: most names say it all")]

mod fold;
pub(crate) mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;

use domain::ids::{BookingId, PaymentId, TransferId};
use domain::money::Money;
use domain::payment::attempt::RefundStage;
use domain::payment::provider::Provider;
use domain::payment::status::PaymentStatus;
use jiff::Timestamp;

/// A payment that a provider carries, as its facts so far leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedRow {
    pub payment_id: PaymentId,
    pub purpose: Purpose,
    /// Who carries it; none for the instant between the two facts that begin it.
    pub provider: Option<Provider>,
    /// The provider's own id of it, once known.
    pub provider_id: Option<String>,
    /// The latest attempt at beginning it; 0 before the first.
    pub attempt: u16,
    pub status: PaymentStatus,
    pub amount: Money,
    /// Held and neither taken nor given up.
    pub held: Money,
    pub captured: Money,
    /// Given back of what was taken.
    pub refunded: Money,
    /// What of the taken money reaches the platform after the provider's fee, once known.
    pub income: Option<Money>,
    pub started_at: Timestamp,
    pub changed_at: Timestamp,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    Booking(BookingId),
    Deposit(TransferId),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRow {
    pub payment_id: PaymentId,
    /// Its number within the payment, from 1.
    pub number: u32,
    pub provider: Option<Provider>,
    /// The provider's own id of it, once known; none where refunds have no id.
    pub provider_id: Option<String>,
    pub stage: RefundStage,
    pub amount: Money,
    pub requested_at: Timestamp,
    pub changed_at: Timestamp,
}

/// What the payments of one provider in one state come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalRow {
    pub provider: Provider,
    pub status: PaymentStatus,
    pub payments: i64,
    pub held: Money,
    pub captured: Money,
    pub refunded: Money,
    /// What the provider keeps for its service, as far as it said.
    pub fees: Money,
    /// Taken less given back less fees.
    pub net: Money,
}

//! Money on its way out: each payout as it stands.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub(crate) mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;

use domain::ids::{AccountId, PayoutId};
use domain::money::Money;
use domain::payout::events::PayoutPurpose;
use domain::payout::status::PayoutStatus;
use jiff::Timestamp;

/// A payout as its facts so far leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRow {
    pub payout_id: PayoutId,
    pub owner_id: AccountId,
    pub purpose: PayoutPurpose,
    pub amount: Money,
    pub status: PayoutStatus,
    /// What became of the last request is not known and is being asked.
    pub checking: bool,
    /// The gateway's own id of it, once known.
    pub provider_id: Option<String>,
    pub code: Option<String>,
    pub requested_at: Timestamp,
    /// When it arrived or came to nothing.
    pub ended_at: Option<Timestamp>,
    pub version: i64,
}

/// Which payouts a list shows; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutFilter {
    pub owner: Option<AccountId>,
    pub status: Option<PayoutStatus>,
}

/// What the payouts in one state come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayoutTotalRow {
    pub status: PayoutStatus,
    pub payouts: i64,
    pub amount: Money,
}

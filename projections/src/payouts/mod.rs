//! Money on its way out: each payout as it stands.

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
    /// The payout.
    pub payout_id: PayoutId,
    /// Whose money.
    pub owner_id: AccountId,
    /// Why.
    pub purpose: PayoutPurpose,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: PayoutStatus,
    /// What became of the last request is not known and is being asked.
    pub checking: bool,
    /// The gateway's own id of it, once known.
    pub provider_id: Option<String>,
    /// Why it came to nothing.
    pub code: Option<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it arrived or came to nothing.
    pub ended_at: Option<Timestamp>,
    /// The version of the payout's stream.
    pub version: i64,
}

/// Which payouts a list shows; what is absent does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutFilter {
    /// Only of this owner.
    pub owner: Option<AccountId>,
    /// Only in this status.
    pub status: Option<PayoutStatus>,
}

/// What the payouts in one state come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayoutTotalRow {
    /// Where they stand.
    pub status: PayoutStatus,
    /// How many there are.
    pub payouts: i64,
    /// How much they are about.
    pub amount: Money,
}

//! What a report says of money that was paid out.

use commands::ports::PayoutSnapshot;
use domain::payment::provider::Provider;
use projections::payouts::PayoutTotalRow;
use serde::{Deserialize, Serialize};

use super::{Side, side, word};
use crate::ledger_source::payouts::OurPayout;

/// What our payouts in one state come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayoutTotalLine {
    /// Whose gateway is set up, if one is.
    pub provider: Option<String>,
    pub status: String,
    pub currency: String,
    pub payouts: i64,
    /// What they come to: on its way, paid out, or come back, by the status.
    pub amount: String,
}

/// How much of a payout gateway was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayLine {
    pub provider: String,
    /// How many payouts it showed.
    pub payouts: u64,
}

impl PayoutTotalLine {
    /// A sum, beside the gateway that is set up.
    pub fn of(total: PayoutTotalRow, gateway: Option<Provider>) -> Self {
        Self {
            provider: gateway.map(|name| name.as_str().to_owned()),
            status: total.status.as_str().to_owned(),
            currency: total.amount.currency.code().to_owned(),
            payouts: total.payouts,
            amount: total.amount.decimal(),
        }
    }
}

impl From<&OurPayout> for Side {
    fn from(ours: &OurPayout) -> Self {
        side(
            ours.status.as_str(),
            ours.amount,
            None,
            None,
            Some(ours.requested_at),
        )
    }
}

impl From<&PayoutSnapshot> for Side {
    fn from(theirs: &PayoutSnapshot) -> Self {
        side(word(&theirs.status), theirs.amount, None, None, theirs.created_at)
    }
}

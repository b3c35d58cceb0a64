//! Our side of what was paid out, as a comparison needs it.

use commands::ports::{PayoutSnapshot, Window};
use domain::ids::PayoutId;
use domain::money::Money;
use domain::payment::anomaly::AnomalyEntry;
use domain::payout::Payout;
use domain::payout::status::PayoutStatus;
use jiff::Timestamp;
use projections::payouts::PayoutTotalRow;

use super::LedgerFuture;

/// A payout as we have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OurPayout {
    pub payout_id: PayoutId,
    /// The gateway's id of it, once known.
    pub provider_id: Option<String>,
    pub status: PayoutStatus,
    /// How much goes out.
    pub amount: Money,
    pub requested_at: Timestamp,
}

/// A payout as the log has it, with everything that explains a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutRecord {
    pub ours: OurPayout,
    /// What the gateway showed of it and the rules could not believe.
    pub anomalies: Vec<AnomalyEntry>,
}

/// A payout after it was told what the gateway has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPayout {
    /// The payout as it stands now.
    pub carried: PayoutRecord,
    /// Whether anything of it was news.
    pub news: bool,
}

/// Our side of what was paid out. There is one gateway at a time, so nobody asks whose a payout is.
pub trait PayoutLedgerSource: Send + Sync {
    /// Payouts asked for within the window, oldest first, behind the one given; none means that there are no more.
    fn payouts(
        &self,
        within: Window,
        after: Option<(Timestamp, PayoutId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayout>>;

    /// Payouts that the gateway knows under one of these ids, and those of ours.
    fn payouts_known_as(
        &self,
        provider_ids: Vec<String>,
        payouts: Vec<PayoutId>,
    ) -> LedgerFuture<'_, Vec<OurPayout>>;

    /// What the payouts asked for within a window come to, with everything recorded so far.
    fn payout_totals(&self, window: Window) -> LedgerFuture<'_, Vec<PayoutTotalRow>>;

    /// A payout as the log has it; none when there is no such payout.
    fn payout_now(&self, payout: PayoutId) -> LedgerFuture<'_, Option<PayoutRecord>>;

    /// Tells a payout what the gateway has of it; none when we know of no such payout.
    fn record_payout(
        &self,
        payout: PayoutId,
        seen: PayoutSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayout>>;
}

impl PayoutRecord {
    /// The payout in this state; none before it was asked for.
    pub fn of(payout: &Payout) -> Option<Self> {
        let order = payout.order()?;
        Some(Self {
            ours: OurPayout {
                payout_id: order.terms.payout_id,
                provider_id: order.provider_id.clone(),
                status: payout.status(),
                amount: order.terms.amount,
                requested_at: order.terms.requested_at,
            },
            anomalies: order.anomalies.clone(),
        })
    }
}

//! Our side of what was paid out: the read model of payouts, the log for single ones, the payout itself for what is news.

use commands::payouts;
use commands::ports::{PayoutSnapshot, Window};
use domain::ids::PayoutId;
use futures::FutureExt as _;
use jiff::Timestamp;
use projections::payouts::query;
use projections::payouts::view::{PayoutRow, PayoutTotalRow};

use super::{HouseBooks, known, unread};
use crate::books::Answering;
use crate::books::payouts::{CarriedPayout, OurPayout, PayoutBooks, PayoutTotal, RecordedPayout};

impl PayoutBooks for HouseBooks {
    fn payouts(
        &self,
        within: Window,
        after: Option<(Timestamp, PayoutId)>,
        rows: u32,
    ) -> Answering<'_, Vec<OurPayout>> {
        async move {
            let stretch = (within.from, within.to);
            let found = query::requested_within(&self.models.pool, stretch, after, rows).await;
            Ok(found.map_err(unread)?.into_iter().map(OurPayout::from).collect())
        }
        .boxed()
    }

    fn payouts_known_as(
        &self,
        provider_ids: Vec<String>,
        payouts: Vec<PayoutId>,
    ) -> Answering<'_, Vec<OurPayout>> {
        async move {
            let found = query::known_as(&self.models.pool, &provider_ids, &payouts).await;
            Ok(found.map_err(unread)?.into_iter().map(OurPayout::from).collect())
        }
        .boxed()
    }

    fn payout_totals(&self, window: Window) -> Answering<'_, Vec<PayoutTotal>> {
        async move {
            let rows = query::totals(&self.models.pool, window.from, window.to).await;
            let total = |row: PayoutTotalRow| PayoutTotal {
                status: row.status,
                payouts: row.payouts,
                amount: row.amount,
            };
            Ok(rows.map_err(unread)?.into_iter().map(total).collect())
        }
        .boxed()
    }

    fn payout_now(&self, payout: PayoutId) -> Answering<'_, Option<CarriedPayout>> {
        async move {
            let now = payouts::payout_now(&self.house, payout).await;
            Ok(known(now)?.and_then(|payout| CarriedPayout::of(&payout)))
        }
        .boxed()
    }

    fn record_payout(&self, payout: PayoutId, seen: PayoutSnapshot) -> Answering<'_, Option<RecordedPayout>> {
        async move {
            let told = payouts::record_found(&self.house, &self.asked, payout, &seen).await;
            Ok(known(told)?.and_then(|told| {
                Some(RecordedPayout {
                    carried: CarriedPayout::of(&told.payout)?,
                    news: told.news,
                })
            }))
        }
        .boxed()
    }
}

impl From<PayoutRow> for OurPayout {
    fn from(row: PayoutRow) -> Self {
        Self {
            payout_id: row.payout_id,
            provider_id: row.provider_id,
            status: row.status,
            amount: row.amount,
            requested_at: row.requested_at,
        }
    }
}

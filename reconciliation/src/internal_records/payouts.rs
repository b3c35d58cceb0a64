//! Our side of what was paid out: the read model of payouts, the log for single ones, the payout itself for what is news.

use commands::payouts;
use commands::ports::{PayoutSnapshot, Window};
use domain::ids::PayoutId;
use futures::FutureExt as _;
use jiff::Timestamp;
use projections::payouts::query;
use projections::payouts::{PayoutRow, PayoutTotalRow};

use super::{InternalRecords, known, read};
use crate::ledger_source::LedgerFuture;
use crate::ledger_source::payouts::{OurPayout, PayoutLedgerSource, PayoutRecord, RecordedPayout};

impl PayoutLedgerSource for InternalRecords {
    fn payouts(
        &self,
        within: Window,
        after: Option<(Timestamp, PayoutId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayout>> {
        async move {
            let interval = (within.from, within.to);
            read(query::requested_within(&self.models.pool, interval, after, rows).await)
        }
        .boxed()
    }

    fn payouts_known_as(
        &self,
        provider_ids: Vec<String>,
        payouts: Vec<PayoutId>,
    ) -> LedgerFuture<'_, Vec<OurPayout>> {
        async move { read(query::known_as(&self.models.pool, &provider_ids, &payouts).await) }.boxed()
    }

    fn payout_totals(&self, window: Window) -> LedgerFuture<'_, Vec<PayoutTotalRow>> {
        async move { read(query::totals(&self.models.pool, window.from, window.to).await) }.boxed()
    }

    fn payout_now(&self, payout: PayoutId) -> LedgerFuture<'_, Option<PayoutRecord>> {
        async move {
            let now = payouts::payout_now(&self.services, payout).await;
            Ok(known(now)?.and_then(|payout| PayoutRecord::of(&payout)))
        }
        .boxed()
    }

    fn record_payout(
        &self,
        payout: PayoutId,
        seen: PayoutSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayout>> {
        async move {
            let outcome = payouts::record_reconciled(&self.services, &self.metadata, payout, &seen).await;
            Ok(known(outcome)?.and_then(|outcome| {
                Some(RecordedPayout {
                    carried: PayoutRecord::of(&outcome.payout)?,
                    news: outcome.news,
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

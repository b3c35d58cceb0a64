//! Our payouts in memory: states of the domain, which learn by its own rules what a gateway has.

use commands::ports::{PayoutSnapshot, Status, Window};
use domain::ids::PayoutId;
use domain::payment::anomaly::Source;
use domain::payout::commands::{PayoutStage, RecordPayoutSnapshot};
use domain::payout::status::PayoutStatus;
use domain::payout::{Payout, PayoutCommand, decide, evolve};
use jiff::Timestamp;
use projections::payouts::PayoutTotalRow;

use super::memory::{Memory, answered};
use crate::ledger_source::LedgerFuture;
use crate::ledger_source::payouts::{OurPayout, PayoutLedgerSource, PayoutRecord, RecordedPayout};
use crate::window::holds;

/// Lets a payout decide, and become what it decided.
pub fn tell(payout: &mut Payout, command: impl Into<PayoutCommand>) {
    for fact in decide::decide(payout, command.into()).unwrap() {
        *payout = evolve::evolve(std::mem::take(payout), fact);
    }
}

impl Memory {
    pub fn put_payout(&self, payout: Payout) {
        let id = payout.order().unwrap().terms.payout_id;
        self.payouts.lock().unwrap().insert(id, payout);
    }

    fn ours(&self) -> Vec<OurPayout> {
        let all = self.payouts.lock().unwrap();
        all.values()
            .map(|payout| PayoutRecord::of(payout).unwrap().ours)
            .collect()
    }
}

impl PayoutLedgerSource for Memory {
    fn payouts(
        &self,
        within: Window,
        after: Option<(Timestamp, PayoutId)>,
        rows: u32,
    ) -> LedgerFuture<'_, Vec<OurPayout>> {
        let mut found = self.ours();
        found.retain(|ours| {
            holds(within, ours.requested_at)
                && after.is_none_or(|after| (ours.requested_at, ours.payout_id) > after)
        });
        found.sort_by_key(|ours| (ours.requested_at, ours.payout_id));
        found.truncate(usize::try_from(rows).unwrap());
        answered(found)
    }

    fn payouts_known_as(
        &self,
        provider_ids: Vec<String>,
        payouts: Vec<PayoutId>,
    ) -> LedgerFuture<'_, Vec<OurPayout>> {
        let mut found = self.ours();
        found.retain(|ours| {
            let known_as = ours.provider_id.as_ref();
            payouts.contains(&ours.payout_id) || known_as.is_some_and(|id| provider_ids.contains(id))
        });
        answered(found)
    }

    fn payout_totals(&self, window: Window) -> LedgerFuture<'_, Vec<PayoutTotalRow>> {
        let mut ours = self.ours();
        ours.retain(|ours| holds(window, ours.requested_at));
        let total = |status| {
            let of = ours.iter().filter(|ours| ours.status == status);
            let sums = of.clone().map(|ours| ours.amount);
            Some(PayoutTotalRow {
                status,
                payouts: i64::try_from(of.count()).unwrap(),
                amount: sums.reduce(|one, other| one.plus(other).unwrap())?,
            })
        };
        answered(PayoutStatus::ALL.into_iter().filter_map(total).collect())
    }

    fn payout_now(&self, payout: PayoutId) -> LedgerFuture<'_, Option<PayoutRecord>> {
        let all = self.payouts.lock().unwrap();
        answered(all.get(&payout).and_then(PayoutRecord::of))
    }

    fn record_payout(
        &self,
        payout: PayoutId,
        seen: PayoutSnapshot,
    ) -> LedgerFuture<'_, Option<RecordedPayout>> {
        let mut all = self.payouts.lock().unwrap();
        let recorded = all.get_mut(&payout).map(|payout| {
            let before = payout.clone();
            let stage = match &seen.status {
                Status::Pending | Status::WaitingForCapture => Some(PayoutStage::Pending),
                Status::Succeeded => Some(PayoutStage::Succeeded),
                Status::Cancelled => Some(PayoutStage::Cancelled),
                Status::Other(_) => None,
            };
            if let Some(stage) = stage {
                tell(payout, learnt(&seen, stage));
            }
            RecordedPayout {
                news: *payout != before,
                carried: PayoutRecord::of(payout).unwrap(),
            }
        });
        answered(recorded)
    }
}

/// What the gateway has, as news to a payout.
pub fn learnt(seen: &PayoutSnapshot, stage: PayoutStage) -> RecordPayoutSnapshot {
    RecordPayoutSnapshot {
        provider_id: seen.provider_id.clone(),
        stage,
        amount: seen.amount,
        code: None,
        source: Source::Reconciliation,
        at: Timestamp::UNIX_EPOCH,
    }
}

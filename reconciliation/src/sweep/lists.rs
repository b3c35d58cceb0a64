//! Whoever has lists: piece by piece, theirs against ours and ours against theirs.

use std::collections::VecDeque;

use commands::ports::{PaymentProvider, PayoutProvider, Statement, Window};
use domain::ids::{PaymentId, PayoutId};

use crate::diff::payouts::is_payout_expected;
use crate::diff::{ListedObjects, is_expected, is_refund_expected};
use crate::provider_query::QueryFailure;
use crate::sweep::comparison::ProviderComparison;
use crate::sweep::{StepFailure, SweepError, pages};
use crate::sweep::{payments as payment_side, payouts as payout_side, refunds as refund_side};
use crate::window::{slices, within};

/// A piece and its two neighbours: what is ours may stand in the provider's list a little earlier or later.
const NEIGHBOURS: usize = 3;

/// A piece of time that was read.
struct Slice {
    window: Window,
    seen: ListedObjects,
    /// Whether all of it was read.
    whole: bool,
}

/// A list that is walked, and whom to ask about what stands in it.
#[derive(Clone, Copy)]
pub(super) enum List<'a> {
    Payments(&'a dyn PaymentProvider, &'a dyn Statement),
    Refunds(&'a dyn PaymentProvider, &'a dyn Statement),
    Payouts(&'a dyn PayoutProvider),
}

impl List<'_> {
    const fn word(self) -> &'static str {
        match self {
            Self::Payments(..) => "payments",
            Self::Refunds(..) => "refunds",
            Self::Payouts(_) => "payouts",
        }
    }

    /// How many lists are walked at one provider.
    const fn lists_per_comparison(self) -> u64 {
        match self {
            Self::Payments(..) | Self::Refunds(..) => 2,
            Self::Payouts(_) => 1,
        }
    }
}

/// Compares all that a list shows, and all of ours that it should.
pub(super) async fn walk(comparison: &mut ProviderComparison<'_>, list: List<'_>) -> Result<(), SweepError> {
    let pieces = slices(comparison.wide, comparison.limits);
    let total = u64::try_from(pieces.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(list.lists_per_comparison());
    let mut recent: VecDeque<Slice> = VecDeque::with_capacity(NEIGHBOURS);
    for window in pieces {
        if comparison.gives_up() {
            let rest = Window {
                from: window.from,
                to: comparison.wide.to,
            };
            let why = QueryFailure::Unanswered("the provider did not answer several times before".to_owned());
            return comparison.gap(list.word(), rest, StepFailure::Silent(why));
        }
        let mut seen = ListedObjects::default();
        let read = match list {
            List::Payments(provider, statement) => {
                pages::payments(comparison, provider, statement, window, &mut seen).await
            }
            List::Refunds(provider, statement) => {
                pages::refunds(comparison, provider, statement, window, &mut seen).await
            }
            List::Payouts(gateway) => pages::payouts(comparison, gateway, window, &mut seen).await,
        };
        let whole = read.is_ok();
        if let Err(halt) = read {
            comparison.gap(list.word(), window, halt)?;
        }
        recent.push_back(Slice { window, seen, whole });
        if recent.len() > 1 {
            ours(comparison, &recent, recent.len() - 2, list).await?;
        }
        if recent.len() == NEIGHBOURS {
            recent.pop_front();
        }
        comparison.proceed(total);
    }
    match recent.len() {
        0 => Ok(()),
        read => ours(comparison, &recent, read - 1, list).await,
    }
}

/// Looks for what is ours in a piece and was not shown in it or beside it.
async fn ours(
    comparison: &mut ProviderComparison<'_>,
    recent: &VecDeque<Slice>,
    at: usize,
    list: List<'_>,
) -> Result<(), SweepError> {
    let Some(piece) = recent.get(at) else {
        return Ok(());
    };
    let Some(window) = within(piece.window, comparison.window) else {
        return Ok(());
    };
    // Where a piece was not read whole nothing is missing; the gap is told.
    if recent.iter().any(|piece| !piece.whole) {
        return Ok(());
    }
    let met = |seen: &dyn Fn(&ListedObjects) -> bool| recent.iter().any(|piece| seen(&piece.seen));
    let ended = match list {
        List::Payments(provider, _) => {
            ours_paid(comparison, provider, window, &|id| met(&|seen| seen.has(id))).await
        }
        List::Refunds(provider, _) => {
            let shown = |id, number| met(&|seen| seen.has_refund(id, number));
            ours_refunded(comparison, provider, window, &shown).await
        }
        List::Payouts(gateway) => {
            ours_paid_out(comparison, gateway, window, &|id| {
                met(&|seen| seen.has_payout(id))
            })
            .await
        }
    };
    match ended {
        Ok(()) => Ok(()),
        Err(halt) => comparison.gap(list.word(), window, halt),
    }
}

async fn ours_paid(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    window: Window,
    met: &(dyn Fn(PaymentId) -> bool + Sync),
) -> Result<(), StepFailure> {
    let mut after = None;
    loop {
        let page = comparison
            .ledger
            .payments(comparison.interval(window), after, comparison.limits.rows)
            .await?;
        after = page.last().map(|ours| (ours.started_at, ours.payment_id));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_expected(&ours) && !met(ours.payment_id) {
                let result = payment_side::not_shown(comparison, provider, &ours).await;
                carry_on(comparison, result, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

async fn ours_refunded(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    window: Window,
    met: &(dyn Fn(PaymentId, u32) -> bool + Sync),
) -> Result<(), StepFailure> {
    let mut after = None;
    loop {
        let page = comparison
            .ledger
            .refunds(comparison.interval(window), after, comparison.limits.rows)
            .await?;
        after = page
            .last()
            .map(|ours| (ours.requested_at, ours.payment_id, ours.number));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_refund_expected(&ours) && !met(ours.payment_id, ours.number) {
                let result = refund_side::looked_up(comparison, provider, ours.payment_id, ours.number).await;
                carry_on(comparison, result, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

async fn ours_paid_out(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    window: Window,
    met: &(dyn Fn(PayoutId) -> bool + Sync),
) -> Result<(), StepFailure> {
    let mut after = None;
    loop {
        let page = comparison
            .ledger
            .payouts(window, after, comparison.limits.rows)
            .await?;
        after = page.last().map(|ours| (ours.requested_at, ours.payout_id));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_payout_expected(&ours) && !met(ours.payout_id) {
                let result = payout_side::not_shown(comparison, gateway, &ours).await;
                carry_on(comparison, result, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

/// One question without an answer leaves a gap; several in a row end the piece.
pub(super) fn carry_on(
    comparison: &mut ProviderComparison<'_>,
    result: Result<(), StepFailure>,
    window: Window,
    what: Option<&str>,
) -> Result<(), StepFailure> {
    match result {
        Ok(()) => {
            comparison.heard();
            Ok(())
        }
        Err(halt @ StepFailure::Silent(QueryFailure::Unanswered(_) | QueryFailure::CannotTell(_)))
            if !comparison.gives_up() =>
        {
            match comparison.gap(what.unwrap_or("an unnamed object"), window, halt) {
                Ok(()) => Ok(()),
                Err(SweepError::LedgerSource(error)) => Err(StepFailure::LedgerSource(error)),
                Err(SweepError::Stopped) => Err(StepFailure::Silent(QueryFailure::Stopped)),
            }
        }
        Err(halt @ (StepFailure::LedgerSource(_) | StepFailure::Silent(_))) => Err(halt),
    }
}

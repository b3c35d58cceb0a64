//! A piece of a list, read page by page to its end; what differs is followed at once.

use commands::ports::{Page, PaymentProvider, PayoutProvider, ProviderFuture, Refused, Statement, Window};

use crate::diff::payouts::payout_referred;
use crate::diff::{ListedObjects, referred};
use crate::provider_query::{self, QueryFailure, QueryReply};
use crate::sweep::StepFailure;
use crate::sweep::comparison::{ProviderComparison, not_there};
use crate::sweep::lists::carry_on;
use crate::sweep::{payments as payment_side, payouts as payout_side, refunds as refund_side};

/// A list that has more pages than this for one piece of time does not end.
const PAGES_MAX: u32 = 100_000;

pub(super) async fn payments(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut ListedObjects,
) -> Result<(), StepFailure> {
    let mut pages = Pages::default();
    while let Some(items) = pages
        .next(comparison, |cursor| statement.payments(window, cursor))
        .await?
    {
        comparison.payments += u64::try_from(items.len()).unwrap_or(0);
        let ids = items.iter().map(|theirs| theirs.provider_id.clone()).collect();
        let referred = items.iter().filter_map(referred).collect();
        let ours = comparison.ledger.known_as(comparison.name, ids, referred).await?;
        for finding in seen.payments(items, &ours) {
            let id = payment_side::named(&finding);
            let result = payment_side::settle(comparison, provider, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
    }
    Ok(())
}

pub(super) async fn refunds(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut ListedObjects,
) -> Result<(), StepFailure> {
    let mut pages = Pages::default();
    while let Some(items) = pages
        .next(comparison, |cursor| statement.refunds(window, cursor))
        .await?
    {
        comparison.refunds += u64::try_from(items.len()).unwrap_or(0);
        let mut ids: Vec<String> = items
            .iter()
            .map(|theirs| theirs.payment_provider_id.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let ours = comparison.ledger.refunds_of(comparison.name, ids).await?;
        for finding in seen.refunds(items, &ours) {
            let id = refund_side::named(&finding);
            let result = refund_side::settle(comparison, provider, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
    }
    Ok(())
}

pub(super) async fn payouts(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    window: Window,
    seen: &mut ListedObjects,
) -> Result<(), StepFailure> {
    let mut pages = Pages::default();
    while let Some(items) = pages
        .next(comparison, |cursor| gateway.payouts(window, cursor))
        .await?
    {
        comparison.payouts += u64::try_from(items.len()).unwrap_or(0);
        let ids = items.iter().map(|theirs| theirs.provider_id.clone()).collect();
        let referred = items.iter().filter_map(payout_referred).collect();
        let ours = comparison.ledger.payouts_known_as(ids, referred).await?;
        for finding in seen.payouts(items, &ours) {
            let id = payout_side::named(&finding);
            let result = payout_side::settle(comparison, gateway, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
    }
    Ok(())
}

/// Where a list is read: how many pages of it were, and where it goes on.
#[derive(Default)]
struct Pages {
    read: u32,
    cursor: Option<String>,
    leads_back: bool,
}

impl Pages {
    /// What stands on the next page; none after the last one. A list that leads back to where it was does not end.
    async fn next<'q, T>(
        &mut self,
        comparison: &mut ProviderComparison<'_>,
        list: impl Fn(Option<String>) -> ProviderFuture<'q, Page<T>>,
    ) -> Result<Option<Vec<T>>, StepFailure> {
        if self.read > 0 && self.cursor.is_none() {
            return Ok(None);
        }
        if self.read >= PAGES_MAX || self.leads_back {
            return Err(endless());
        }
        let question = || list(self.cursor.clone());
        let answer =
            provider_query::query_with_backoff(comparison.limits, comparison.sweep.stop, question).await?;
        let page = match answer {
            QueryReply::Answered(page) => page,
            QueryReply::Refused(refused) => return Err(refused_list(refused)),
        };
        comparison.heard();
        self.read += 1;
        self.leads_back = page.next == self.cursor;
        self.cursor = page.next;
        Ok(Some(page.items))
    }
}

/// A list that cannot be read is not empty.
fn refused_list(refused: Refused) -> StepFailure {
    match not_there::<()>(refused) {
        Err(halt) => halt,
        Ok(Some(()) | None) => {
            StepFailure::Silent(QueryFailure::Unanswered("there is no such list".to_owned()))
        }
    }
}

fn endless() -> StepFailure {
    StepFailure::Silent(QueryFailure::Unanswered(
        "the provider's list does not end".to_owned(),
    ))
}

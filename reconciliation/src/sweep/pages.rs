//! A piece of a list, read page by page to its end; what differs is followed at once.

use commands::ports::{Page, PaymentProvider, PayoutProvider, ProviderFuture, Refused, Statement, Window};

use crate::diff::payouts::payout_referred;
use crate::diff::{SeenObjects, referred};
use crate::provider_query::{self, QueryFailure, QueryReply};
use crate::sweep::StepFailure;
use crate::sweep::comparison::{ProviderComparison, not_there};
use crate::sweep::lists::carry_on;
use crate::sweep::{payments as payment_side, payouts as payout_side, refunds as refund_side};

/// A list that has more pages than this for one piece of time does not end.
const PAGES_MAX: u32 = 100_000;

/// Reads payments.
pub(super) async fn payments(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut SeenObjects,
) -> Result<(), StepFailure> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(comparison, || statement.payments(window, cursor.clone())).await?;
        comparison.payments += counted(&page);
        let ids = page
            .items
            .iter()
            .map(|theirs| theirs.provider_id.clone())
            .collect();
        let referred = page.items.iter().filter_map(referred).collect();
        let ours = comparison.ledger.known_as(comparison.name, ids, referred).await?;
        for finding in seen.payments(page.items, &ours) {
            let id = payment_side::named(&finding);
            let result = payment_side::settle(comparison, provider, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
        match next(cursor, page.next)? {
            Some(further) => cursor = Some(further),
            None => return Ok(()),
        }
    }
    Err(endless())
}

/// Reads refunds.
pub(super) async fn refunds(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut SeenObjects,
) -> Result<(), StepFailure> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(comparison, || statement.refunds(window, cursor.clone())).await?;
        comparison.refunds += counted(&page);
        let mut ids: Vec<String> = page
            .items
            .iter()
            .map(|theirs| theirs.payment_provider_id.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let ours = comparison.ledger.refunds_of(comparison.name, ids).await?;
        for finding in seen.refunds(page.items, &ours) {
            let id = refund_side::named(&finding);
            let result = refund_side::settle(comparison, provider, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
        match next(cursor, page.next)? {
            Some(further) => cursor = Some(further),
            None => return Ok(()),
        }
    }
    Err(endless())
}

/// Reads payouts.
pub(super) async fn payouts(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    window: Window,
    seen: &mut SeenObjects,
) -> Result<(), StepFailure> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(comparison, || gateway.payouts(window, cursor.clone())).await?;
        comparison.payouts += counted(&page);
        let ids = page
            .items
            .iter()
            .map(|theirs| theirs.provider_id.clone())
            .collect();
        let referred = page.items.iter().filter_map(payout_referred).collect();
        let ours = comparison.ledger.payouts_known_as(ids, referred).await?;
        for finding in seen.payouts(page.items, &ours) {
            let id = payout_side::named(&finding);
            let result = payout_side::settle(comparison, gateway, finding).await;
            carry_on(comparison, result, window, Some(&id))?;
        }
        match next(cursor, page.next)? {
            Some(further) => cursor = Some(further),
            None => return Ok(()),
        }
    }
    Err(endless())
}

/// The next page, if the list can be read at all.
async fn heard<'q, T>(
    comparison: &mut ProviderComparison<'_>,
    question: impl FnMut() -> ProviderFuture<'q, Page<T>>,
) -> Result<Page<T>, StepFailure> {
    match provider_query::query_with_backoff(comparison.limits, comparison.sweep.stop, question).await? {
        QueryReply::Answered(page) => {
            comparison.heard();
            Ok(page)
        }
        QueryReply::Refused(refused) => Err(refused_list(refused)),
    }
}

fn counted<T>(page: &Page<T>) -> u64 {
    u64::try_from(page.items.len()).unwrap_or(0)
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

/// Where to go on; a list that leads back to where it was does not end.
fn next(before: Option<String>, next: Option<String>) -> Result<Option<String>, StepFailure> {
    if next.is_some() && next == before {
        return Err(endless());
    }
    Ok(next)
}

fn endless() -> StepFailure {
    StepFailure::Silent(QueryFailure::Unanswered(
        "the provider's list does not end".to_owned(),
    ))
}

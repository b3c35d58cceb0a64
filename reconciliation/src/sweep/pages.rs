//! A piece of a list, read page by page to its end; what differs is followed at once.

use commands::ports::{Asking, Page, PaymentProvider, PayoutProvider, Refused, Statement, Window};

use crate::asker::{self, Heard, Silence};
use crate::diff::payouts::payout_referred;
use crate::diff::{Seen, referred};
use crate::sweep::Halt;
use crate::sweep::desk::{Desk, not_there};
use crate::sweep::lists::carry_on;
use crate::sweep::{payments as payment_side, payouts as payout_side, refunds as refund_side};

/// A list that has more pages than this for one piece of time does not end.
const PAGES_MAX: u32 = 100_000;

/// Reads payments.
pub(super) async fn payments(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut Seen,
) -> Result<(), Halt> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(desk, || statement.payments(window, cursor.clone())).await?;
        desk.payments += counted(&page);
        let ids = page
            .items
            .iter()
            .map(|theirs| theirs.provider_id.clone())
            .collect();
        let referred = page.items.iter().filter_map(referred).collect();
        let ours = desk.books.known_as(desk.name, ids, referred).await?;
        for finding in seen.payments(page.items, &ours) {
            let id = payment_side::named(&finding);
            let asked = payment_side::settle(desk, provider, finding).await;
            carry_on(desk, asked, window, Some(&id))?;
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
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    statement: &dyn Statement,
    window: Window,
    seen: &mut Seen,
) -> Result<(), Halt> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(desk, || statement.refunds(window, cursor.clone())).await?;
        desk.refunds += counted(&page);
        let mut ids: Vec<String> = page
            .items
            .iter()
            .map(|theirs| theirs.payment_provider_id.clone())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let ours = desk.books.refunds_of(desk.name, ids).await?;
        for finding in seen.refunds(page.items, &ours) {
            let id = refund_side::named(&finding);
            let asked = refund_side::settle(desk, provider, finding).await;
            carry_on(desk, asked, window, Some(&id))?;
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
    desk: &mut Desk<'_>,
    gateway: &dyn PayoutProvider,
    window: Window,
    seen: &mut Seen,
) -> Result<(), Halt> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let page = heard(desk, || gateway.payouts(window, cursor.clone())).await?;
        desk.payouts += counted(&page);
        let ids = page
            .items
            .iter()
            .map(|theirs| theirs.provider_id.clone())
            .collect();
        let referred = page.items.iter().filter_map(payout_referred).collect();
        let ours = desk.books.payouts_known_as(ids, referred).await?;
        for finding in seen.payouts(page.items, &ours) {
            let id = payout_side::named(&finding);
            let asked = payout_side::settle(desk, gateway, finding).await;
            carry_on(desk, asked, window, Some(&id))?;
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
    desk: &mut Desk<'_>,
    question: impl FnMut() -> Asking<'q, Page<T>>,
) -> Result<Page<T>, Halt> {
    match asker::asked(desk.limits, desk.sweep.stop, question).await? {
        Heard::Told(page) => {
            desk.heard();
            Ok(page)
        }
        Heard::Refused(refused) => Err(refused_list(refused)),
    }
}

fn counted<T>(page: &Page<T>) -> u64 {
    u64::try_from(page.items.len()).unwrap_or(0)
}

/// A list that cannot be read is not empty.
fn refused_list(refused: Refused) -> Halt {
    match not_there::<()>(refused) {
        Err(halt) => halt,
        Ok(Some(()) | None) => Halt::Silent(Silence::Unanswered("there is no such list".to_owned())),
    }
}

/// Where to go on; a list that leads back to where it was does not end.
fn next(before: Option<String>, next: Option<String>) -> Result<Option<String>, Halt> {
    if next.is_some() && next == before {
        return Err(endless());
    }
    Ok(next)
}

fn endless() -> Halt {
    Halt::Silent(Silence::Unanswered("the provider's list does not end".to_owned()))
}

//! A provider with lists: piece by piece, theirs against ours and ours against theirs.

use std::collections::VecDeque;

use commands::ports::{Page, RefundSnapshot, Snapshot, Statement, Window};

use crate::asker::{self, Heard, Silence};
use crate::diff::{Seen, is_expected, is_refund_expected, referred};
use crate::sweep::desk::{Desk, not_there};
use crate::sweep::{Halt, SweepFault, payments as payment_side, refunds as refund_side};
use crate::window::{slices, within};

/// A list that has more pages than this for one piece of time does not end.
const PAGES_MAX: u32 = 100_000;
/// A piece and its two neighbours: what is ours may stand in the provider's list a little earlier or later.
const NEIGHBOURS: usize = 3;

/// A piece of time that was read.
struct Piece {
    window: Window,
    seen: Seen,
    /// Whether all of it was read.
    whole: bool,
}

/// What of the lists is walked.
#[derive(Clone, Copy)]
enum What {
    Payments,
    Refunds,
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Payments => "payments",
            Self::Refunds => "refunds",
        }
    }
}

/// Compares payments.
pub(super) async fn payments(desk: &mut Desk<'_>, statement: &dyn Statement) -> Result<(), SweepFault> {
    walk(desk, statement, What::Payments).await
}

/// Compares refunds.
pub(super) async fn refunds(desk: &mut Desk<'_>, statement: &dyn Statement) -> Result<(), SweepFault> {
    walk(desk, statement, What::Refunds).await
}

async fn walk(desk: &mut Desk<'_>, statement: &dyn Statement, what: What) -> Result<(), SweepFault> {
    let pieces = slices(desk.wide, desk.limits);
    // Payments and refunds, each theirs and ours.
    let total = u64::try_from(pieces.len()).unwrap_or(u64::MAX).saturating_mul(2);
    let mut recent: VecDeque<Piece> = VecDeque::with_capacity(NEIGHBOURS);
    for window in pieces {
        if desk.gives_up() {
            let rest = Window {
                from: window.from,
                to: desk.wide.to,
            };
            let why = Silence::Unanswered("the provider did not answer several times before".to_owned());
            return desk.gap(what.word(), rest, Halt::Silent(why));
        }
        let mut seen = Seen::default();
        let read = match what {
            What::Payments => read_payments(desk, statement, window, &mut seen).await,
            What::Refunds => read_refunds(desk, statement, window, &mut seen).await,
        };
        let whole = read.is_ok();
        if let Err(halt) = read {
            desk.gap(what.word(), window, halt)?;
        }
        recent.push_back(Piece { window, seen, whole });
        if recent.len() > 1 {
            ours(desk, &recent, recent.len() - 2, what).await?;
        }
        if recent.len() == NEIGHBOURS {
            recent.pop_front();
        }
        desk.proceed(total);
    }
    match recent.len() {
        0 => Ok(()),
        read => ours(desk, &recent, read - 1, what).await,
    }
}

/// Looks for what is ours in a piece and was not shown in it or beside it.
async fn ours(
    desk: &mut Desk<'_>,
    recent: &VecDeque<Piece>,
    at: usize,
    what: What,
) -> Result<(), SweepFault> {
    let Some(piece) = recent.get(at) else {
        return Ok(());
    };
    let Some(window) = within(piece.window, desk.window) else {
        return Ok(());
    };
    // Where a piece was not read whole nothing is missing; the gap is told.
    if recent.iter().any(|piece| !piece.whole) {
        return Ok(());
    }
    let met = |seen: &dyn Fn(&Seen) -> bool| recent.iter().any(|piece| seen(&piece.seen));
    let ended = match what {
        What::Payments => ours_paid(desk, window, &|id| met(&|seen| seen.has(id))).await,
        What::Refunds => {
            ours_refunded(desk, window, &|id, number| {
                met(&|seen| seen.has_refund(id, number))
            })
            .await
        }
    };
    match ended {
        Ok(()) => Ok(()),
        Err(halt) => desk.gap(what.word(), window, halt),
    }
}

async fn ours_paid(
    desk: &mut Desk<'_>,
    window: Window,
    met: &(dyn Fn(domain::ids::PaymentId) -> bool + Sync),
) -> Result<(), Halt> {
    let mut after = None;
    loop {
        let page = desk
            .books
            .payments(desk.stretch(window), after, desk.limits.rows)
            .await?;
        after = page.last().map(|ours| (ours.started_at, ours.payment_id));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_expected(&ours) && !met(ours.payment_id) {
                let asked = payment_side::not_shown(desk, &ours).await;
                carry_on(desk, asked, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

async fn ours_refunded(
    desk: &mut Desk<'_>,
    window: Window,
    met: &(dyn Fn(domain::ids::PaymentId, u32) -> bool + Sync),
) -> Result<(), Halt> {
    let mut after = None;
    loop {
        let page = desk
            .books
            .refunds(desk.stretch(window), after, desk.limits.rows)
            .await?;
        after = page
            .last()
            .map(|ours| (ours.requested_at, ours.payment_id, ours.number));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_refund_expected(&ours) && !met(ours.payment_id, ours.number) {
                let asked = refund_side::looked_up(desk, ours.payment_id, ours.number).await;
                carry_on(desk, asked, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

/// One question without an answer leaves a gap; several in a row end the piece.
pub(super) fn carry_on(
    desk: &mut Desk<'_>,
    asked: Result<(), Halt>,
    window: Window,
    what: Option<&str>,
) -> Result<(), Halt> {
    match asked {
        Ok(()) => {
            desk.heard();
            Ok(())
        }
        Err(halt @ Halt::Silent(Silence::Unanswered(_) | Silence::CannotTell(_))) if !desk.gives_up() => {
            match desk.gap(what.unwrap_or("an unnamed object"), window, halt) {
                Ok(()) => Ok(()),
                Err(SweepFault::Books(fault)) => Err(Halt::Books(fault)),
                Err(SweepFault::Stopped) => Err(Halt::Silent(Silence::Stopped)),
            }
        }
        Err(halt @ (Halt::Books(_) | Halt::Silent(_))) => Err(halt),
    }
}

async fn read_payments(
    desk: &mut Desk<'_>,
    statement: &dyn Statement,
    window: Window,
    seen: &mut Seen,
) -> Result<(), Halt> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let question = || statement.payments(window, cursor.clone());
        let page: Page<Snapshot> = match asker::asked(desk.limits, desk.sweep.stop, question).await? {
            Heard::Told(page) => page,
            Heard::Refused(refused) => return refused_list(refused),
        };
        desk.heard();
        desk.payments += u64::try_from(page.items.len()).unwrap_or(0);
        let ids = page
            .items
            .iter()
            .map(|theirs| theirs.provider_id.clone())
            .collect();
        let referred = page.items.iter().filter_map(referred).collect();
        let ours = desk.books.known_as(desk.name, ids, referred).await?;
        for finding in seen.payments(page.items, &ours) {
            let id = payment_side::named(&finding);
            let asked = payment_side::settle(desk, finding).await;
            carry_on(desk, asked, window, Some(&id))?;
        }
        match next(cursor, page.next)? {
            Some(further) => cursor = Some(further),
            None => return Ok(()),
        }
    }
    Err(endless())
}

async fn read_refunds(
    desk: &mut Desk<'_>,
    statement: &dyn Statement,
    window: Window,
    seen: &mut Seen,
) -> Result<(), Halt> {
    let mut cursor = None;
    for _ in 0..PAGES_MAX {
        let question = || statement.refunds(window, cursor.clone());
        let page: Page<RefundSnapshot> = match asker::asked(desk.limits, desk.sweep.stop, question).await? {
            Heard::Told(page) => page,
            Heard::Refused(refused) => return refused_list(refused),
        };
        desk.heard();
        desk.refunds += u64::try_from(page.items.len()).unwrap_or(0);
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
            let asked = refund_side::settle(desk, finding).await;
            carry_on(desk, asked, window, Some(&id))?;
        }
        match next(cursor, page.next)? {
            Some(further) => cursor = Some(further),
            None => return Ok(()),
        }
    }
    Err(endless())
}

/// A list that cannot be read is not empty.
fn refused_list(refused: commands::ports::Refused) -> Result<(), Halt> {
    match not_there::<()>(refused)? {
        Some(()) | None => Err(Halt::Silent(Silence::Unanswered(
            "there is no such list".to_owned(),
        ))),
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

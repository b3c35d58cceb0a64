//! Whoever has lists: piece by piece, theirs against ours and ours against theirs.

use std::collections::VecDeque;

use commands::ports::{PaymentProvider, PayoutProvider, Statement, Window};
use domain::ids::{PaymentId, PayoutId};

use crate::asker::Silence;
use crate::diff::payouts::is_payout_expected;
use crate::diff::{Seen, is_expected, is_refund_expected};
use crate::sweep::desk::Desk;
use crate::sweep::{Halt, SweepFault, pages};
use crate::sweep::{payments as payment_side, payouts as payout_side, refunds as refund_side};
use crate::window::{slices, within};

/// A piece and its two neighbours: what is ours may stand in the provider's list a little earlier or later.
const NEIGHBOURS: usize = 3;

/// A piece of time that was read.
struct Piece {
    window: Window,
    seen: Seen,
    /// Whether all of it was read.
    whole: bool,
}

/// A list that is walked, and whom to ask about what stands in it.
#[derive(Clone, Copy)]
pub(super) enum List<'a> {
    /// A provider's payments.
    Payments(&'a dyn PaymentProvider, &'a dyn Statement),
    /// A provider's refunds.
    Refunds(&'a dyn PaymentProvider, &'a dyn Statement),
    /// A gateway's payouts.
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

    /// How many lists are walked at one desk.
    const fn at_its_desk(self) -> u64 {
        match self {
            Self::Payments(..) | Self::Refunds(..) => 2,
            Self::Payouts(_) => 1,
        }
    }
}

/// Compares all that a list shows, and all of ours that it should.
pub(super) async fn walk(desk: &mut Desk<'_>, list: List<'_>) -> Result<(), SweepFault> {
    let pieces = slices(desk.wide, desk.limits);
    let total = u64::try_from(pieces.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(list.at_its_desk());
    let mut recent: VecDeque<Piece> = VecDeque::with_capacity(NEIGHBOURS);
    for window in pieces {
        if desk.gives_up() {
            let rest = Window {
                from: window.from,
                to: desk.wide.to,
            };
            let why = Silence::Unanswered("the provider did not answer several times before".to_owned());
            return desk.gap(list.word(), rest, Halt::Silent(why));
        }
        let mut seen = Seen::default();
        let read = match list {
            List::Payments(provider, statement) => {
                pages::payments(desk, provider, statement, window, &mut seen).await
            }
            List::Refunds(provider, statement) => {
                pages::refunds(desk, provider, statement, window, &mut seen).await
            }
            List::Payouts(gateway) => pages::payouts(desk, gateway, window, &mut seen).await,
        };
        let whole = read.is_ok();
        if let Err(halt) = read {
            desk.gap(list.word(), window, halt)?;
        }
        recent.push_back(Piece { window, seen, whole });
        if recent.len() > 1 {
            ours(desk, &recent, recent.len() - 2, list).await?;
        }
        if recent.len() == NEIGHBOURS {
            recent.pop_front();
        }
        desk.proceed(total);
    }
    match recent.len() {
        0 => Ok(()),
        read => ours(desk, &recent, read - 1, list).await,
    }
}

/// Looks for what is ours in a piece and was not shown in it or beside it.
async fn ours(
    desk: &mut Desk<'_>,
    recent: &VecDeque<Piece>,
    at: usize,
    list: List<'_>,
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
    let ended = match list {
        List::Payments(provider, _) => {
            ours_paid(desk, provider, window, &|id| met(&|seen| seen.has(id))).await
        }
        List::Refunds(provider, _) => {
            let shown = |id, number| met(&|seen| seen.has_refund(id, number));
            ours_refunded(desk, provider, window, &shown).await
        }
        List::Payouts(gateway) => {
            ours_paid_out(desk, gateway, window, &|id| met(&|seen| seen.has_payout(id))).await
        }
    };
    match ended {
        Ok(()) => Ok(()),
        Err(halt) => desk.gap(list.word(), window, halt),
    }
}

async fn ours_paid(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    window: Window,
    met: &(dyn Fn(PaymentId) -> bool + Sync),
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
                let asked = payment_side::not_shown(desk, provider, &ours).await;
                carry_on(desk, asked, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

async fn ours_refunded(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    window: Window,
    met: &(dyn Fn(PaymentId, u32) -> bool + Sync),
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
                let asked = refund_side::looked_up(desk, provider, ours.payment_id, ours.number).await;
                carry_on(desk, asked, window, ours.provider_id.as_deref())?;
            }
        }
    }
}

async fn ours_paid_out(
    desk: &mut Desk<'_>,
    gateway: &dyn PayoutProvider,
    window: Window,
    met: &(dyn Fn(PayoutId) -> bool + Sync),
) -> Result<(), Halt> {
    let mut after = None;
    loop {
        let page = desk.books.payouts(window, after, desk.limits.rows).await?;
        after = page.last().map(|ours| (ours.requested_at, ours.payout_id));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            if is_payout_expected(&ours) && !met(ours.payout_id) {
                let asked = payout_side::not_shown(desk, gateway, &ours).await;
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

//! A provider without lists: asked for each payment of ours in the window, at a measured pace.

use commands::ports::{PaymentProvider, Reference, Sought, Window};

use crate::asker::{self, Heard, Silence};
use crate::books::Ours;
use crate::diff::{Seen, is_expected, is_refund_expected};
use crate::sweep::desk::{Desk, not_there};
use crate::sweep::lists::carry_on;
use crate::sweep::{Halt, SweepFault, payments, refunds};
use crate::window::slices;

/// Asks for all of ours. What is not ours such a provider cannot show.
pub(super) async fn all(desk: &mut Desk<'_>, provider: &dyn PaymentProvider) -> Result<(), SweepFault> {
    let window = Window {
        from: desk.wide.from,
        to: desk.window.to,
    };
    let pieces = slices(window, desk.limits);
    let total = u64::try_from(pieces.len()).unwrap_or(u64::MAX);
    for piece in pieces {
        if desk.gives_up() {
            let rest = Window {
                from: piece.from,
                to: window.to,
            };
            let why = Silence::Unanswered("the provider did not answer several times before".to_owned());
            return desk.gap("payments", rest, Halt::Silent(why));
        }
        if let Err(halt) = of_piece(desk, provider, piece).await {
            desk.gap("payments", piece, halt)?;
        }
        desk.proceed(total);
    }
    Ok(())
}

async fn of_piece(desk: &mut Desk<'_>, provider: &dyn PaymentProvider, piece: Window) -> Result<(), Halt> {
    let mut after = None;
    loop {
        let page = desk
            .books
            .payments(desk.stretch(piece), after, desk.limits.rows)
            .await?;
        after = page.last().map(|ours| (ours.started_at, ours.payment_id));
        if after.is_none() {
            return Ok(());
        }
        for ours in page {
            // One that was never sent is nowhere to be found.
            if ours.attempt == 0 {
                continue;
            }
            let asked = compare(desk, provider, &ours).await;
            let id = ours.payment_id.to_string();
            carry_on(desk, asked, piece, Some(&id))?;
            pause(desk).await?;
        }
    }
}

async fn compare(desk: &mut Desk<'_>, provider: &dyn PaymentProvider, ours: &Ours) -> Result<(), Halt> {
    let sought = Sought {
        reference: Reference {
            subject: ours.subject,
            attempt: ours.attempt,
        },
        created: desk.wide,
    };
    let question = || provider.find(sought);
    let there = match asker::asked(desk.limits, desk.sweep.stop, question).await? {
        Heard::Told(there) => there,
        Heard::Refused(refused) => not_there(refused)?.unwrap_or_default(),
    };
    desk.payments += u64::try_from(there.len()).unwrap_or(0);
    let mut seen = Seen::default();
    for finding in seen.payments(there, std::slice::from_ref(ours)) {
        payments::settle(desk, provider, finding).await?;
    }
    if is_expected(ours) && !seen.has(ours.payment_id) {
        payments::not_shown(desk, provider, ours).await?;
    }
    if !ours.captured.is_positive() {
        return Ok(());
    }
    let Some(provider_id) = ours.provider_id.clone() else {
        return Ok(());
    };
    let own = desk.books.refunds_of(desk.name, vec![provider_id]).await?;
    for refund in own.iter().filter(|refund| is_refund_expected(refund)) {
        desk.refunds += 1;
        refunds::looked_up(desk, provider, refund.payment_id, refund.number).await?;
    }
    Ok(())
}

async fn pause(desk: &Desk<'_>) -> Result<(), Halt> {
    tokio::select! {
        () = desk.sweep.stop.cancelled() => Err(Halt::Silent(Silence::Stopped)),
        () = tokio::time::sleep(desk.limits.pace) => Ok(()),
    }
}

//! A provider without lists: asked for each payment of ours in the window, at a measured pace.

use commands::ports::{PaymentProvider, PaymentQuery, Reference, Window};

use crate::diff::{ListedObjects, is_expected, is_refund_expected};
use crate::ledger_source::OurPayment;
use crate::provider_query::{self, QueryFailure, QueryReply};
use crate::sweep::comparison::{ProviderComparison, not_there};
use crate::sweep::lists::carry_on;
use crate::sweep::{StepFailure, SweepError, payments, refunds};
use crate::window::slices;

/// Asks for all of ours. What is not ours such a provider cannot show.
pub(super) async fn all(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
) -> Result<(), SweepError> {
    let window = Window {
        from: comparison.wide.from,
        to: comparison.window.to,
    };
    let pieces = slices(window, comparison.limits);
    let total = u64::try_from(pieces.len()).unwrap_or(u64::MAX);
    for piece in pieces {
        if comparison.gives_up() {
            let rest = Window {
                from: piece.from,
                to: window.to,
            };
            let why = QueryFailure::Unanswered("the provider did not answer several times before".to_owned());
            return comparison.gap("payments", rest, StepFailure::Silent(why));
        }
        if let Err(halt) = of_piece(comparison, provider, piece).await {
            comparison.gap("payments", piece, halt)?;
        }
        comparison.proceed(total);
    }
    Ok(())
}

async fn of_piece(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    piece: Window,
) -> Result<(), StepFailure> {
    let mut after = None;
    loop {
        let page = comparison
            .ledger
            .payments(comparison.interval(piece), after, comparison.limits.rows)
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
            let result = compare(comparison, provider, &ours).await;
            let id = ours.payment_id.to_string();
            carry_on(comparison, result, piece, Some(&id))?;
            pause(comparison).await?;
        }
    }
}

async fn compare(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    ours: &OurPayment,
) -> Result<(), StepFailure> {
    let sought = PaymentQuery {
        reference: Reference {
            subject: ours.subject,
            attempt: ours.attempt,
        },
        created: comparison.wide,
    };
    let question = || provider.find(sought);
    let there =
        match provider_query::query_with_backoff(comparison.limits, comparison.sweep.stop, question).await? {
            QueryReply::Answered(there) => there,
            QueryReply::Refused(refused) => not_there(refused)?.unwrap_or_default(),
        };
    comparison.payments += u64::try_from(there.len()).unwrap_or(0);
    let mut seen = ListedObjects::default();
    for finding in seen.payments(there, std::slice::from_ref(ours)) {
        payments::settle(comparison, provider, finding).await?;
    }
    if is_expected(ours) && !seen.has(ours.payment_id) {
        payments::not_shown(comparison, provider, ours).await?;
    }
    if !ours.captured.is_positive() {
        return Ok(());
    }
    let Some(provider_id) = ours.provider_id.clone() else {
        return Ok(());
    };
    let own = comparison
        .ledger
        .refunds_of(comparison.name, vec![provider_id])
        .await?;
    for refund in own.iter().filter(|refund| is_refund_expected(refund)) {
        comparison.refunds += 1;
        refunds::looked_up(comparison, provider, refund.payment_id, refund.number).await?;
    }
    Ok(())
}

async fn pause(comparison: &ProviderComparison<'_>) -> Result<(), StepFailure> {
    tokio::select! {
        () = comparison.sweep.stop.cancelled() => Err(StepFailure::Silent(QueryFailure::Stopped)),
        () = tokio::time::sleep(comparison.limits.pace) => Ok(()),
    }
}

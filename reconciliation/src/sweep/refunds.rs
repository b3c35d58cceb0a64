//! A refund that seems to differ: asked for again on both sides, recorded, and judged by what remains.

use commands::ports::{PaymentProvider, RefundQuery, RefundSnapshot, Status};
use domain::ids::PaymentId;

use crate::diff::{RefundFinding, refund_differing};
use crate::ledger_source::{OurRefund, PaymentRecord};
use crate::provider_query::{self, QueryFailure, QueryReply};
use crate::report::{Handling, Kind, Line, Side, line};
use crate::sweep::StepFailure;
use crate::sweep::comparison::{ProviderComparison, done, done_about, not_there};
use crate::sweep::payments::now_there;

/// The provider's id of what a finding is about.
pub(super) fn named(finding: &RefundFinding) -> String {
    match finding {
        RefundFinding::Differs(_, theirs) | RefundFinding::Foreign(theirs) => theirs
            .provider_id
            .clone()
            .unwrap_or_else(|| format!("a refund of {}", theirs.payment_provider_id)),
    }
}

pub(super) async fn settle(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    finding: RefundFinding,
) -> Result<(), StepFailure> {
    match finding {
        RefundFinding::Differs(ours, _) => {
            looked_up(comparison, provider, ours.payment_id, ours.number).await
        }
        RefundFinding::Foreign(theirs) => foreign(comparison, provider, &theirs).await,
    }
}

/// One of our refunds, asked for by what we know of it.
pub(super) async fn looked_up(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    payment_id: PaymentId,
    number: u32,
) -> Result<(), StepFailure> {
    let Some(carried) = comparison.ledger.now(payment_id).await? else {
        return Ok(());
    };
    let Some((ours, sought)) = carried
        .refund(number)
        .and_then(|ours| Some((ours, sought(&carried, ours)?)))
    else {
        return Ok(());
    };
    let question = || provider.refund_state(sought.clone());
    let there =
        match provider_query::query_with_backoff(comparison.limits, comparison.sweep.stop, question).await {
            Ok(QueryReply::Answered(there)) => there,
            Ok(QueryReply::Refused(refused)) => not_there(refused)?,
            // Where refunds have no ids of their own, what is shown may fit several stories; the sums of the payment tell.
            Err(QueryFailure::CannotTell(_)) if ours.provider_id.is_none() => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
    let Some(theirs) = there else {
        comparison.add(about(
            comparison,
            Kind::MissingRefund,
            Handling::Nothing,
            ours,
            None,
        ));
        return Ok(());
    };
    if refund_differing(ours, &theirs).is_empty() {
        return Ok(());
    }
    let recorded = comparison
        .ledger
        .record_refund(payment_id, number, theirs.clone())
        .await?;
    let Some(recorded) = recorded else {
        return Ok(());
    };
    let Some(after) = recorded.carried.refund(number) else {
        return Ok(());
    };
    let fields = refund_differing(after, &theirs);
    if fields.is_empty() {
        if recorded.news {
            let (kind, how) = (Kind::RefundDiffers, Handling::Recorded);
            comparison.add(about(comparison, kind, how, ours, Some(&theirs)));
        }
        return Ok(());
    }
    let how = refund_done(&recorded.carried, &theirs);
    comparison.add(Line {
        fields,
        ..about(comparison, Kind::RefundDiffers, how, after, Some(&theirs))
    });
    Ok(())
}

/// The provider gave back what we did not ask for: our payment is told, which records what cannot be believed.
async fn foreign(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    theirs: &RefundSnapshot,
) -> Result<(), StepFailure> {
    let id = theirs.payment_provider_id.clone();
    let known = comparison
        .ledger
        .known_as(comparison.name, vec![id.clone()], Vec::new())
        .await?;
    let mut told = None;
    if let Some(ours) = known.into_iter().next()
        && let Some(payment) = now_there(comparison, provider, &id).await?
    {
        let recorded = comparison.ledger.record(ours.subject, payment.clone()).await?;
        told = recorded.map(|recorded| (ours, payment, recorded));
    }
    let Some((ours, payment, recorded)) = told else {
        comparison.add(nobodys(comparison, theirs));
        return Ok(());
    };
    let is_same = |refund: &&OurRefund| {
        refund.provider_id.is_some() && refund.provider_id == theirs.provider_id
            || (refund.provider_id.is_none() && theirs.number == Some(refund.number))
    };
    if let Some(ours) = recorded.carried.refunds.iter().find(is_same) {
        let (payment_id, number) = (ours.payment_id, ours.number);
        return looked_up(comparison, provider, payment_id, number).await;
    }
    // One that came to nothing moved no money.
    if theirs.status == Status::Cancelled {
        return Ok(());
    }
    comparison.refunds_told.insert(id.clone());
    comparison.add(Line {
        payment_id: Some(ours.payment_id.uuid()),
        ours: Some(Side::from(&recorded.carried.ours)),
        ..Line {
            done: done(&recorded.carried, Some(&payment)),
            ..nobodys(comparison, theirs)
        }
    });
    Ok(())
}

fn nobodys(comparison: &ProviderComparison<'_>, theirs: &RefundSnapshot) -> Line {
    Line {
        provider_id: Some(theirs.payment_provider_id.clone()),
        refund: theirs.provider_id.clone(),
        theirs: Some(Side::from(theirs)),
        ..line(comparison.name, Kind::ForeignRefund, Handling::Nothing)
    }
}

fn about(
    comparison: &ProviderComparison<'_>,
    kind: Kind,
    how: Handling,
    ours: &OurRefund,
    theirs: Option<&RefundSnapshot>,
) -> Line {
    Line {
        payment_id: Some(ours.payment_id.uuid()),
        provider_id: ours.payment_provider_id.clone(),
        refund: Some(
            ours.provider_id
                .clone()
                .unwrap_or_else(|| ours.number.to_string()),
        ),
        ours: Some(Side::from(ours)),
        theirs: theirs.map(Side::from),
        ..line(comparison.name, kind, how)
    }
}

/// An anomaly of just this refund waits or is settled, or nothing was done.
fn refund_done(carried: &PaymentRecord, theirs: &RefundSnapshot) -> Handling {
    done_about(&carried.anomalies, |anomaly| {
        anomaly.provider_id == theirs.provider_id && anomaly.seen == Some(theirs.amount)
    })
}

fn sought(carried: &PaymentRecord, refund: &OurRefund) -> Option<RefundQuery> {
    Some(RefundQuery {
        provider_id: refund.provider_id.clone(),
        payment_provider_id: carried.ours.provider_id.clone()?,
        number: refund.number,
        amount: refund.amount,
        captured: carried.ours.captured,
        refunded_before: carried.refunded_before(refund.number),
    })
}

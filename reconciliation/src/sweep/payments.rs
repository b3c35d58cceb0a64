//! A payment that seems to differ: asked for again on both sides, recorded, and judged by what remains.

use commands::ports::{PaymentProvider, ReferenceSubject, Snapshot, Status};

use crate::diff::{Field, Finding, differing};
use crate::ledger_source::{OurPayment, PaymentRecord, RecordedPayment};
use crate::report::{Handling, Kind, Line, Side, line};
use crate::sweep::StepFailure;
use crate::sweep::comparison::{ProviderComparison, done};

/// The provider's id of what a finding is about.
pub(super) fn named(finding: &Finding) -> String {
    match finding {
        Finding::Differs(_, theirs) | Finding::Unlinked(theirs) | Finding::Foreign(theirs) => {
            theirs.provider_id.clone()
        }
    }
}

pub(super) async fn settle(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    finding: Finding,
) -> Result<(), StepFailure> {
    match finding {
        Finding::Foreign(theirs) => {
            let difference = about(comparison, Kind::ForeignPayment, Handling::Nothing, None, &theirs);
            comparison.add(difference);
            Ok(())
        }
        Finding::Unlinked(theirs) => match theirs.reference {
            Some(reference) => {
                let before = (reference.subject, None);
                record(comparison, provider, Kind::UnlinkedPayment, before, theirs).await
            }
            None => Ok(()),
        },
        Finding::Differs(ours, theirs) => {
            let before = (ours.subject, Some(&ours));
            record(comparison, provider, Kind::PaymentDiffers, before, theirs).await
        }
    }
}

/// One of ours that no list has shown: asked for by its id, since lists have edges and clocks differ.
pub(super) async fn not_shown(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    ours: &OurPayment,
) -> Result<(), StepFailure> {
    let Some(carried) = comparison.ledger.now(ours.payment_id).await? else {
        return Ok(());
    };
    let Some(provider_id) = carried.ours.provider_id.clone() else {
        return Ok(());
    };
    match now_there(comparison, provider, &provider_id).await? {
        Some(theirs) if differing(&carried.ours, &theirs, carried.reserved).is_empty() => Ok(()),
        Some(theirs) => {
            let before = (carried.ours.subject, Some(&carried.ours));
            record(comparison, provider, Kind::PaymentDiffers, before, theirs).await
        }
        None => {
            comparison.add(Line {
                payment_id: Some(carried.ours.payment_id.uuid()),
                provider_id: Some(provider_id),
                ours: Some(Side::from(&carried.ours)),
                ..line(comparison.name, Kind::MissingPayment, done(&carried, None))
            });
            Ok(())
        }
    }
}

/// A payment as the provider has it now; none when it says that there is none.
pub(super) async fn now_there(
    comparison: &ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    provider_id: &str,
) -> Result<Option<Snapshot>, StepFailure> {
    comparison
        .now_there(|| provider.payment(provider_id.to_owned()))
        .await
}

/// Tells our side what the provider has now, and judges what remains.
async fn record(
    comparison: &mut ProviderComparison<'_>,
    provider: &dyn PaymentProvider,
    kind: Kind,
    (subject, before): (ReferenceSubject, Option<&OurPayment>),
    listed: Snapshot,
) -> Result<(), StepFailure> {
    // They move while we look. What was listed and is gone already is as it was listed.
    let theirs = now_there(comparison, provider, &listed.provider_id)
        .await?
        .unwrap_or(listed);
    match comparison.ledger.record(subject, theirs.clone()).await? {
        Some(recorded) => judge(comparison, kind, &recorded, before, &theirs),
        None => {
            let difference = about(
                comparison,
                Kind::UnknownReference,
                Handling::Nothing,
                None,
                &theirs,
            );
            comparison.add(difference);
        }
    }
    Ok(())
}

fn judge(
    comparison: &mut ProviderComparison<'_>,
    kind: Kind,
    recorded: &RecordedPayment,
    before: Option<&OurPayment>,
    theirs: &Snapshot,
) {
    let carried = &recorded.carried;
    if carried.ours.provider_id.as_deref() != Some(theirs.provider_id.as_str()) {
        second(comparison, carried, theirs);
        return;
    }
    let mut fields = differing(&carried.ours, theirs, carried.reserved);
    // What a provider will keep may be told too late, or not credibly; nothing is owed for that.
    fields.retain(|field| *field != Field::Income);
    if fields.is_empty() {
        if recorded.news {
            let how = match before {
                None => Handling::Adopted,
                Some(_) => Handling::Recorded,
            };
            let mut difference = about(comparison, kind, how, Some(carried), theirs);
            difference.ours = before.map(Side::from).or(difference.ours);
            comparison.add(difference);
        }
        return;
    }
    if fields == [Field::Refunded] && comparison.refunds_told.contains(&theirs.provider_id) {
        return;
    }
    let how = done(carried, Some(theirs));
    comparison.add(Line {
        fields,
        ..about(comparison, Kind::PaymentDiffers, how, Some(carried), theirs)
    });
}

/// The provider has another payment of ours for the same: no harm unless it holds or took money.
fn second(comparison: &mut ProviderComparison<'_>, carried: &PaymentRecord, theirs: &Snapshot) {
    match theirs.status {
        Status::Pending | Status::Cancelled => {}
        Status::WaitingForCapture | Status::Succeeded | Status::Other(_) => {
            let how = done(carried, Some(theirs));
            let difference = about(comparison, Kind::SecondPayment, how, Some(carried), theirs);
            comparison.add(difference);
        }
    }
}

fn about(
    comparison: &ProviderComparison<'_>,
    kind: Kind,
    how: Handling,
    ours: Option<&PaymentRecord>,
    theirs: &Snapshot,
) -> Line {
    let referred = theirs.reference.map(|reference| reference.subject.uuid());
    Line {
        payment_id: ours.map(|carried| carried.ours.payment_id.uuid()).or(referred),
        provider_id: Some(theirs.provider_id.clone()),
        ours: ours.map(|carried| Side::from(&carried.ours)),
        theirs: Some(Side::from(theirs)),
        ..line(comparison.name, kind, how)
    }
}

//! A payout that seems to differ: asked for again on both sides, recorded, and judged by what remains.

use commands::ports::{PayoutProvider, PayoutSnapshot, Status};
use domain::ids::PayoutId;

use crate::diff::payouts::{PayoutFinding, payout_differing};
use crate::ledger_source::payouts::{OurPayout, PayoutRecord, RecordedPayout};
use crate::report::{Handling, Kind, Line, Side, line};
use crate::sweep::StepFailure;
use crate::sweep::comparison::{ProviderComparison, done_about};

/// The gateway's id of what a finding is about.
pub(super) fn named(finding: &PayoutFinding) -> String {
    match finding {
        PayoutFinding::Differs(_, theirs)
        | PayoutFinding::Unlinked(_, theirs)
        | PayoutFinding::Foreign(theirs) => theirs.provider_id.clone(),
    }
}

pub(super) async fn settle(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    finding: PayoutFinding,
) -> Result<(), StepFailure> {
    match finding {
        PayoutFinding::Foreign(theirs) => {
            let difference = about(comparison, Kind::ForeignPayout, Handling::Nothing, None, &theirs);
            comparison.add(difference);
            Ok(())
        }
        PayoutFinding::Unlinked(payout_id, theirs) => {
            let before = (payout_id, None);
            record(comparison, gateway, Kind::UnlinkedPayout, before, theirs).await
        }
        PayoutFinding::Differs(ours, theirs) => {
            let before = (ours.payout_id, Some(&ours));
            record(comparison, gateway, Kind::PayoutDiffers, before, theirs).await
        }
    }
}

/// One of ours that no list has shown: asked for by its id, since lists have edges and clocks differ.
pub(super) async fn not_shown(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    ours: &OurPayout,
) -> Result<(), StepFailure> {
    let Some(carried) = comparison.ledger.payout_now(ours.payout_id).await? else {
        return Ok(());
    };
    let Some(provider_id) = carried.ours.provider_id.clone() else {
        return Ok(());
    };
    let ours = &carried.ours;
    match now_there(comparison, gateway, &provider_id).await? {
        Some(theirs) if payout_differing(ours, &theirs).is_empty() => Ok(()),
        Some(theirs) => {
            let before = (ours.payout_id, Some(ours));
            record(comparison, gateway, Kind::PayoutDiffers, before, theirs).await
        }
        None => {
            comparison.add(Line {
                payout_id: Some(ours.payout_id.uuid()),
                provider_id: Some(provider_id),
                ours: Some(Side::from(ours)),
                ..line(comparison.name, Kind::MissingPayout, Handling::Nothing)
            });
            Ok(())
        }
    }
}

/// A payout as the gateway has it now; none when it says that there is none.
async fn now_there(
    comparison: &ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    provider_id: &str,
) -> Result<Option<PayoutSnapshot>, StepFailure> {
    comparison
        .now_there(|| gateway.payout_state(provider_id.to_owned()))
        .await
}

/// Tells our side what the gateway has now, and judges what remains.
async fn record(
    comparison: &mut ProviderComparison<'_>,
    gateway: &dyn PayoutProvider,
    kind: Kind,
    (payout_id, before): (PayoutId, Option<&OurPayout>),
    listed: PayoutSnapshot,
) -> Result<(), StepFailure> {
    // They move while we look. What was listed and is gone already is as it was listed.
    let theirs = now_there(comparison, gateway, &listed.provider_id)
        .await?
        .unwrap_or(listed);
    match comparison.ledger.record_payout(payout_id, theirs.clone()).await? {
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
    recorded: &RecordedPayout,
    before: Option<&OurPayout>,
    theirs: &PayoutSnapshot,
) {
    let carried = &recorded.carried;
    let known_as = carried.ours.provider_id.as_deref();
    if known_as.is_some_and(|known| known != theirs.provider_id) {
        second(comparison, carried, theirs);
        return;
    }
    let fields = payout_differing(&carried.ours, theirs);
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
    let how = done(carried, theirs);
    comparison.add(Line {
        fields,
        ..about(comparison, Kind::PayoutDiffers, how, Some(carried), theirs)
    });
}

/// The gateway has another payout for one of ours: no harm unless it is on its way or has arrived.
fn second(comparison: &mut ProviderComparison<'_>, carried: &PayoutRecord, theirs: &PayoutSnapshot) {
    match theirs.status {
        Status::Cancelled => {}
        Status::Pending | Status::WaitingForCapture | Status::Succeeded | Status::Other(_) => {
            let how = done(carried, theirs);
            comparison.add(about(comparison, Kind::SecondPayout, how, Some(carried), theirs));
        }
    }
}

/// An anomaly of just this payout waits or is settled, or nothing was done.
fn done(carried: &PayoutRecord, theirs: &PayoutSnapshot) -> Handling {
    done_about(&carried.anomalies, |anomaly| {
        anomaly.provider_id.as_ref() == Some(&theirs.provider_id) && anomaly.seen == Some(theirs.amount)
    })
}

fn about(
    comparison: &ProviderComparison<'_>,
    kind: Kind,
    how: Handling,
    ours: Option<&PayoutRecord>,
    theirs: &PayoutSnapshot,
) -> Line {
    Line {
        payout_id: ours
            .map(|carried| carried.ours.payout_id.uuid())
            .or(theirs.payout_id),
        provider_id: Some(theirs.provider_id.clone()),
        ours: ours.map(|carried| Side::from(&carried.ours)),
        theirs: Some(Side::from(theirs)),
        ..line(comparison.name, kind, how)
    }
}

//! A payout that seems to differ: asked for again on both sides, recorded, and judged by what remains.

use commands::ports::{PayoutProvider, PayoutSnapshot, Status};
use domain::ids::PayoutId;

use crate::books::payouts::{CarriedPayout, OurPayout, RecordedPayout};
use crate::diff::payouts::{PayoutFinding, payout_differing};
use crate::report::{Done, Kind, Line, Side, line};
use crate::sweep::Halt;
use crate::sweep::desk::Desk;

/// The gateway's id of what a finding is about.
pub(super) fn named(finding: &PayoutFinding) -> String {
    match finding {
        PayoutFinding::Differs(_, theirs)
        | PayoutFinding::Unlinked(_, theirs)
        | PayoutFinding::Foreign(theirs) => theirs.provider_id.clone(),
    }
}

/// Follows a finding to its end.
pub(super) async fn settle(
    desk: &mut Desk<'_>,
    gateway: &dyn PayoutProvider,
    finding: PayoutFinding,
) -> Result<(), Halt> {
    match finding {
        PayoutFinding::Foreign(theirs) => {
            let told = about(desk, Kind::ForeignPayout, Done::Nothing, None, &theirs);
            desk.add(told);
            Ok(())
        }
        PayoutFinding::Unlinked(payout_id, theirs) => {
            record(desk, gateway, Kind::UnlinkedPayout, (payout_id, None), theirs).await
        }
        PayoutFinding::Differs(ours, theirs) => {
            let before = (ours.payout_id, Some(&ours));
            record(desk, gateway, Kind::PayoutDiffers, before, theirs).await
        }
    }
}

/// One of ours that no list has shown: asked for by its id, since lists have edges and clocks differ.
pub(super) async fn not_shown(
    desk: &mut Desk<'_>,
    gateway: &dyn PayoutProvider,
    ours: &OurPayout,
) -> Result<(), Halt> {
    let Some(carried) = desk.books.payout_now(ours.payout_id).await? else {
        return Ok(());
    };
    let Some(provider_id) = carried.ours.provider_id.clone() else {
        return Ok(());
    };
    let ours = &carried.ours;
    match now_there(desk, gateway, &provider_id).await? {
        Some(theirs) if payout_differing(ours, &theirs).is_empty() => Ok(()),
        Some(theirs) => {
            let before = (ours.payout_id, Some(ours));
            record(desk, gateway, Kind::PayoutDiffers, before, theirs).await
        }
        None => {
            desk.add(Line {
                payout_id: Some(ours.payout_id.uuid()),
                provider_id: Some(provider_id),
                ours: Some(Side::from(ours)),
                ..line(desk.name, Kind::MissingPayout, Done::Nothing)
            });
            Ok(())
        }
    }
}

/// A payout as the gateway has it now; none when it says that there is none.
async fn now_there(
    desk: &Desk<'_>,
    gateway: &dyn PayoutProvider,
    provider_id: &str,
) -> Result<Option<PayoutSnapshot>, Halt> {
    desk.now_there(|| gateway.payout_state(provider_id.to_owned()))
        .await
}

/// Tells our side what the gateway has now, and judges what remains.
async fn record(
    desk: &mut Desk<'_>,
    gateway: &dyn PayoutProvider,
    kind: Kind,
    (payout_id, before): (PayoutId, Option<&OurPayout>),
    listed: PayoutSnapshot,
) -> Result<(), Halt> {
    // They move while we look. What was listed and is gone already is as it was listed.
    let theirs = now_there(desk, gateway, &listed.provider_id)
        .await?
        .unwrap_or(listed);
    match desk.books.record_payout(payout_id, theirs.clone()).await? {
        Some(recorded) => judge(desk, kind, &recorded, before, &theirs),
        None => {
            let told = about(desk, Kind::UnknownReference, Done::Nothing, None, &theirs);
            desk.add(told);
        }
    }
    Ok(())
}

fn judge(
    desk: &mut Desk<'_>,
    kind: Kind,
    recorded: &RecordedPayout,
    before: Option<&OurPayout>,
    theirs: &PayoutSnapshot,
) {
    let carried = &recorded.carried;
    let known_as = carried.ours.provider_id.as_deref();
    if known_as.is_some_and(|known| known != theirs.provider_id) {
        second(desk, carried, theirs);
        return;
    }
    let fields = payout_differing(&carried.ours, theirs);
    if fields.is_empty() {
        if recorded.news {
            let how = match before {
                None => Done::Adopted,
                Some(_) => Done::Recorded,
            };
            let mut told = about(desk, kind, how, Some(carried), theirs);
            told.ours = before.map(Side::from).or(told.ours);
            desk.add(told);
        }
        return;
    }
    let how = done(carried, theirs);
    desk.add(Line {
        fields,
        ..about(desk, Kind::PayoutDiffers, how, Some(carried), theirs)
    });
}

/// The gateway has another payout for one of ours: no harm unless it is on its way or has arrived.
fn second(desk: &mut Desk<'_>, carried: &CarriedPayout, theirs: &PayoutSnapshot) {
    match theirs.status {
        Status::Cancelled => {}
        Status::Pending | Status::WaitingForCapture | Status::Succeeded | Status::Other(_) => {
            let how = done(carried, theirs);
            desk.add(about(desk, Kind::SecondPayout, how, Some(carried), theirs));
        }
    }
}

/// An anomaly of just this payout waits or is settled, or nothing was done.
fn done(carried: &CarriedPayout, theirs: &PayoutSnapshot) -> Done {
    let mut how = Done::Nothing;
    for entry in &carried.anomalies {
        let anomaly = &entry.anomaly;
        if anomaly.provider_id.as_deref() == Some(theirs.provider_id.as_str())
            && anomaly.seen == Some(theirs.amount)
        {
            match entry.resolution {
                None => return Done::AnomalyOpen,
                Some(_) => how = Done::Settled,
            }
        }
    }
    how
}

fn about(
    desk: &Desk<'_>,
    kind: Kind,
    how: Done,
    ours: Option<&CarriedPayout>,
    theirs: &PayoutSnapshot,
) -> Line {
    Line {
        payout_id: ours
            .map(|carried| carried.ours.payout_id.uuid())
            .or(theirs.payout_id),
        provider_id: Some(theirs.provider_id.clone()),
        ours: ours.map(|carried| Side::from(&carried.ours)),
        theirs: Some(Side::from(theirs)),
        ..line(desk.name, kind, how)
    }
}

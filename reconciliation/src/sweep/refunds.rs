//! A refund that seems to differ: asked for again on both sides, recorded, and judged by what remains.

use commands::ports::{PaymentProvider, RefundSnapshot, RefundSought, Status};
use domain::ids::PaymentId;

use crate::asker::{self, Heard, Silence};
use crate::books::{Carried, OurRefund};
use crate::diff::{RefundFinding, refund_differing};
use crate::report::{Done, Kind, Line, Side, line};
use crate::sweep::Halt;
use crate::sweep::desk::{Desk, done, not_there};
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

/// Follows a finding to its end.
pub(super) async fn settle(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    finding: RefundFinding,
) -> Result<(), Halt> {
    match finding {
        RefundFinding::Differs(ours, _) => looked_up(desk, provider, ours.payment_id, ours.number).await,
        RefundFinding::Foreign(theirs) => foreign(desk, provider, &theirs).await,
    }
}

/// One of our refunds, asked for by what we know of it.
pub(super) async fn looked_up(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    payment_id: PaymentId,
    number: u32,
) -> Result<(), Halt> {
    let Some(carried) = desk.books.now(payment_id).await? else {
        return Ok(());
    };
    let Some((ours, sought)) = carried
        .refund(number)
        .and_then(|ours| Some((ours, sought(&carried, ours)?)))
    else {
        return Ok(());
    };
    let question = || provider.refund_state(sought.clone());
    let there = match asker::asked(desk.limits, desk.sweep.stop, question).await {
        Ok(Heard::Told(there)) => there,
        Ok(Heard::Refused(refused)) => not_there(refused)?,
        // Where refunds have no ids of their own, what is shown may fit several stories; the sums of the payment tell.
        Err(Silence::CannotTell(_)) if ours.provider_id.is_none() => return Ok(()),
        Err(silence) => return Err(silence.into()),
    };
    let Some(theirs) = there else {
        desk.add(about(desk, Kind::MissingRefund, Done::Nothing, ours, None));
        return Ok(());
    };
    if refund_differing(ours, &theirs).is_empty() {
        return Ok(());
    }
    let recorded = desk
        .books
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
            desk.add(about(
                desk,
                Kind::RefundDiffers,
                Done::Recorded,
                ours,
                Some(&theirs),
            ));
        }
        return Ok(());
    }
    let how = refund_done(&recorded.carried, &theirs);
    desk.add(Line {
        fields,
        ..about(desk, Kind::RefundDiffers, how, after, Some(&theirs))
    });
    Ok(())
}

/// The provider gave back what we did not ask for: our payment is told, which records what cannot be believed.
async fn foreign(
    desk: &mut Desk<'_>,
    provider: &dyn PaymentProvider,
    theirs: &RefundSnapshot,
) -> Result<(), Halt> {
    let id = theirs.payment_provider_id.clone();
    let known = desk
        .books
        .known_as(desk.name, vec![id.clone()], Vec::new())
        .await?;
    let Some(ours) = known.into_iter().next() else {
        desk.add(nobodys(desk, theirs));
        return Ok(());
    };
    let Some(payment) = now_there(desk, provider, &id).await? else {
        desk.add(nobodys(desk, theirs));
        return Ok(());
    };
    let Some(recorded) = desk.books.record(ours.subject, payment.clone()).await? else {
        desk.add(nobodys(desk, theirs));
        return Ok(());
    };
    let is_same = |refund: &&OurRefund| {
        refund.provider_id.is_some() && refund.provider_id == theirs.provider_id
            || (refund.provider_id.is_none() && theirs.number == Some(refund.number))
    };
    if let Some(ours) = recorded.carried.refunds.iter().find(is_same) {
        let (payment_id, number) = (ours.payment_id, ours.number);
        return looked_up(desk, provider, payment_id, number).await;
    }
    // One that came to nothing moved no money.
    if theirs.status == Status::Cancelled {
        return Ok(());
    }
    desk.refunds_told.insert(id.clone());
    desk.add(Line {
        payment_id: Some(ours.payment_id.uuid()),
        ours: Some(Side::from(&recorded.carried.ours)),
        ..Line {
            done: done(&recorded.carried, Some(&payment)),
            ..nobodys(desk, theirs)
        }
    });
    Ok(())
}

fn nobodys(desk: &Desk<'_>, theirs: &RefundSnapshot) -> Line {
    Line {
        provider_id: Some(theirs.payment_provider_id.clone()),
        refund: theirs.provider_id.clone(),
        theirs: Some(Side::from(theirs)),
        ..line(desk.name, Kind::ForeignRefund, Done::Nothing)
    }
}

fn about(desk: &Desk<'_>, kind: Kind, how: Done, ours: &OurRefund, theirs: Option<&RefundSnapshot>) -> Line {
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
        ..line(desk.name, kind, how)
    }
}

/// An anomaly of just this refund waits or is settled, or nothing was done.
fn refund_done(carried: &Carried, theirs: &RefundSnapshot) -> Done {
    let mut how = Done::Nothing;
    for entry in &carried.anomalies {
        let anomaly = &entry.anomaly;
        if anomaly.provider_id == theirs.provider_id && anomaly.seen == Some(theirs.amount) {
            match entry.resolution {
                None => return Done::AnomalyOpen,
                Some(_) => how = Done::Settled,
            }
        }
    }
    how
}

fn sought(carried: &Carried, refund: &OurRefund) -> Option<RefundSought> {
    Some(RefundSought {
        provider_id: refund.provider_id.clone(),
        payment_provider_id: carried.ours.provider_id.clone()?,
        number: refund.number,
        amount: refund.amount,
        captured: carried.ours.captured,
        refunded_before: carried.refunded_before(refund.number),
    })
}

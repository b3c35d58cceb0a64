//! A visit is over and its money is there: what its doctor gets is fixed, and credited to the doctor's wallet.

use domain::booking::Booking;
use domain::booking::commands::FixEarnings;
use domain::booking::decide;
use domain::booking::events::BookingEvent;
use domain::ids::{AccountId, BookingId, PaymentId};
use domain::money::Money;
use domain::payment::Payment;
use domain::wallet;
use jiff::{SignedDuration, Timestamp};

use crate::context::CommandMetadata;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};
use crate::wallet::{StatementPeriods, decide_wallet};

/// Fixes what a visit's doctor earned, once, if the visit is over and its money taken; else there is nothing to do yet.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn earn(
    services: &CommandServices,
    metadata: &CommandMetadata,
    booking_id: BookingId,
) -> Result<(), CommandError> {
    let name = streams::booking(booking_id);
    let prices = services.prices.agreed().await?;
    let mut periods = StatementPeriods::of(services);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome =
            event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
                let booking = work.state::<Booking>(&name)?;
                let Some(payment_id) = booking.agreement().and_then(|agreement| agreement.secured_by) else {
                    return Ok(());
                };
                let list = prices.of(&booking);
                let left = left_of(work, payment_id, booking_id)?;
                let command = FixEarnings {
                    payment_id,
                    left,
                    commissions: list.commissions(),
                    at: work.now(),
                };
                let facts = decide::decide(&booking, command).map_err(DecisionError::refuse)?;
                drop(booking); // So that the state can change in place.
                let rest = list.terms.visit.earning_rest_hours;
                let shares = facts.iter().filter_map(|fact| share(fact, booking_id, rest));
                let shares: Vec<_> = shares.collect();
                work.record::<Booking>(&name, facts)?;
                for share in shares {
                    let page = periods.current(work, share.owner_id)?;
                    decide_wallet(work, &page, share)?;
                }
                Ok(())
            })
            .await
            .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return outcome.map(drop);
        }
    }
}

/// What is left of taken money after every refund asked for; nothing while none is taken.
fn left_of(
    work: &mut UnitOfWork<'_>,
    payment_id: PaymentId,
    booking_id: BookingId,
) -> Result<Money, DecisionError> {
    let payment = work.state::<Payment>(&streams::payment(payment_id, booking_id))?;
    let taken = match &*payment {
        Payment::Captured(attempt) | Payment::PartiallyRefunded(attempt) => attempt.left().ok(),
        Payment::Absent
        | Payment::Pending(_)
        | Payment::Authorised(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => None,
    };
    Ok(taken.unwrap_or(Money::ZERO))
}

/// The doctor's part, for the doctor's wallet, where it rests for so many hours.
fn share(
    fact: &BookingEvent,
    booking_id: BookingId,
    rest_hours: u16,
) -> Option<wallet::commands::CreditEarnings> {
    let BookingEvent::Earned {
        doctor_id, share, at, ..
    } = fact
    else {
        return None;
    };
    let rest = (rest_hours > 0).then(|| SignedDuration::from_hours(i64::from(rest_hours)));
    share.is_positive().then(|| wallet::commands::CreditEarnings {
        owner_id: AccountId::from(*doctor_id),
        booking_id,
        amount: *share,
        rests_until: rest.map(|rest| at.checked_add(rest).unwrap_or(Timestamp::MAX)),
        at: *at,
    })
}

//! An intent becomes a use case, asked for by its process under the intent's own id.

use domain::booking::{Booking, deadline};
use domain::payment::purpose::Purpose;

use crate::bookings;
use crate::context::CommandMetadata;
use crate::intents::Intent;
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::outward::{self, Next, Onward};
use crate::payments::{self, Whose};
use crate::payouts;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Carries an intent out, and says what is to follow it. Repeating it repeats the first outcome, not the effect. What is
/// to end by itself and still waits is asked again: its end has moved since the instruction was written.
///
/// # Errors
/// What the use case ends in.
pub(crate) async fn carry_out(
    services: &CommandServices,
    asked: &CommandMetadata,
    intent: Intent,
) -> Result<Onward, CommandFault> {
    match intent {
        Intent::ExpireBooking { booking_id } => {
            expired(&bookings::expire(services, asked, booking_id).await?).map(|()| None)
        }
        Intent::WatchSearch { booking_id } | Intent::WatchVisit { booking_id } => {
            let done = bookings::pass_deadline(services, asked, booking_id).await?;
            let booking = &done.answer.booking;
            // A search that found a doctor and a visit that lost its own are watched by the fact that said so.
            let searching = matches!(intent, Intent::WatchSearch { .. });
            let still = matches!(**booking, Booking::Secured(_)) == searching;
            let windows = services.prices.clocks().await?.of(booking);
            let next = deadline::next(booking, &windows).filter(|_| still);
            Ok(next.map(|due_at| Next { intent, due_at }))
        }
        Intent::MoneyArrived { whose } => arrived(services, asked, whose).await.map(|()| None),
        Intent::ReturnMoney {
            booking_id,
            payment_id,
        } => payments::return_money(services, asked, booking_id, payment_id)
            .await
            .map(|_| None),
        Intent::SettleBooking { booking_id, due } => payments::settle(services, asked, booking_id, due)
            .await
            .map(|_| None),
        outward @ (Intent::CallProvider { .. }
        | Intent::LookAtPayment { .. }
        | Intent::LookAtRefund { .. }
        | Intent::LookAtReceipt { .. }
        | Intent::PursuePayment { .. }
        | Intent::NextRefund { .. }
        | Intent::KeepHold { .. }
        | Intent::FollowNotice { .. }) => of_a_provider(services, asked, outward).await,
        Intent::EarnVisit { booking_id } => bookings::earn(services, asked, booking_id).await.map(|()| None),
        payout @ (Intent::CallPayout { .. }
        | Intent::LookAtPayout { .. }
        | Intent::DoubtDestination { .. }
        | Intent::FollowPayoutNotice { .. }) => of_a_payout(services, asked, payout).await,
    }
}

/// Lets money do what it is for: it secures its booking. A deposit did its work when it was captured.
async fn arrived(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
) -> Result<(), CommandFault> {
    let payment = outward::read(services, whose).await?;
    match payment.terms().map(|terms| terms.purpose) {
        Some(Purpose::Booking(booking_id)) => {
            bookings::money_arrived(services, asked, booking_id, whose.payment_id)
                .await
                .map(drop)
        }
        Some(Purpose::Deposit) | None => Ok(()),
    }
}

/// What concerns a payment that a provider carries.
async fn of_a_provider(
    services: &CommandServices,
    asked: &CommandMetadata,
    intent: Intent,
) -> Result<Onward, CommandFault> {
    match intent {
        Intent::CallProvider { whose, call } => outward::call(services, asked, whose, call).await,
        Intent::LookAtPayment { whose, round } => outward::look(services, asked, whose, round).await,
        Intent::LookAtRefund { whose, number, round } => {
            outward::look_at_refund(services, asked, whose, number, round).await
        }
        Intent::LookAtReceipt { whose, number, round } => {
            outward::look_at_receipt(services, asked, whose, number, round).await
        }
        Intent::PursuePayment { whose } => outward::pursue(services, asked, whose).await,
        Intent::NextRefund { whose } => outward::next_refund(services, whose).await,
        Intent::KeepHold { whose } => outward::keep_hold(services, asked, whose).await,
        Intent::FollowNotice {
            provider,
            payment_provider_id,
            tries,
            printed,
        } => {
            let told = outward::ToldOf {
                provider,
                payment_provider_id,
                printed,
            };
            outward::noticed(services, asked, &told, tries).await
        }
        Intent::ExpireBooking { .. }
        | Intent::WatchSearch { .. }
        | Intent::WatchVisit { .. }
        | Intent::MoneyArrived { .. }
        | Intent::ReturnMoney { .. }
        | Intent::SettleBooking { .. }
        | Intent::EarnVisit { .. }
        | Intent::CallPayout { .. }
        | Intent::LookAtPayout { .. }
        | Intent::DoubtDestination { .. }
        | Intent::FollowPayoutNotice { .. } => Ok(None),
    }
}

/// What concerns money on its way out.
async fn of_a_payout(
    services: &CommandServices,
    asked: &CommandMetadata,
    intent: Intent,
) -> Result<Onward, CommandFault> {
    use crate::payouts::outward::{Whose, call, look, noticed};
    if let Intent::CallPayout { owner_id, payout_id } = intent {
        call(services, asked, Whose { owner_id, payout_id }).await
    } else if let Intent::LookAtPayout {
        owner_id,
        payout_id,
        round,
    } = intent
    {
        look(services, asked, Whose { owner_id, payout_id }, round).await
    } else if let Intent::DoubtDestination { owner_id, payout_id } = intent {
        payouts::doubt(services, owner_id, payout_id).await.map(|()| None)
    } else if let Intent::FollowPayoutNotice {
        provider_payout_id,
        tries,
    } = intent
    {
        noticed(services, asked, &provider_payout_id, tries).await
    } else {
        Ok(None)
    }
}

/// The queue judges what is due by the database's own clock, of which this process only has samples: a booking that still
/// waits after its time was asked a moment too early and must be asked again, or nobody ever would.
fn expired(done: &CommandOutcome<BookingState>) -> Result<(), CommandFault> {
    match &*done.answer.booking {
        Booking::Requested(_) => Err(CommandFault::Busy),
        Booking::Absent
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Ok(()),
    }
}

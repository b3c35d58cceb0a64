//! An intent becomes a use case, asked for by its process under the intent's own id.

use domain::booking::{Booking, deadline};
use domain::payment::purpose::Purpose;

use crate::bookings;
use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::outcome::{BookingState, CommandOutcome};
use crate::payments::provider;
use crate::payments::{self, PaymentRef};
use crate::payouts;
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Carries an intent out, and says what is to follow it. Repeating it repeats the first outcome, not the effect. What is
/// to end by itself and still waits is asked again: its end has moved since the instruction was written.
///
/// # Errors
/// What the use case ends in.
pub(crate) async fn carry_out(
    services: &CommandServices,
    metadata: &CommandMetadata,
    intent: Intent,
) -> Result<Option<FollowUp>, CommandError> {
    match intent {
        Intent::ExpireBooking { booking_id } => {
            expired(&bookings::expire(services, metadata, booking_id).await?).map(|()| None)
        }
        Intent::WatchSearch { booking_id } | Intent::WatchVisit { booking_id } => {
            let done = bookings::pass_deadline(services, metadata, booking_id).await?;
            let booking = &done.answer.booking;
            // A search that found a doctor and a visit that lost its own are watched by the fact that said so.
            let searching = matches!(intent, Intent::WatchSearch { .. });
            let still = matches!(**booking, Booking::Secured(_)) == searching;
            let windows = services.prices.clocks().await?.of(booking);
            let next = deadline::next(booking, &windows).filter(|_| still);
            Ok(next.map(|due_at| FollowUp { intent, due_at }))
        }
        Intent::ApplyPayment { payment_ref } => arrived(services, metadata, payment_ref).await.map(|()| None),
        Intent::ReturnMoney {
            booking_id,
            payment_id,
        } => payments::return_money(services, metadata, booking_id, payment_id)
            .await
            .map(|_| None),
        Intent::SettleBooking { booking_id, due } => payments::settle(services, metadata, booking_id, due)
            .await
            .map(|_| None),
        provider @ (Intent::CallProvider { .. }
        | Intent::LookAtPayment { .. }
        | Intent::LookAtRefund { .. }
        | Intent::LookAtReceipt { .. }
        | Intent::PursuePayment { .. }
        | Intent::NextRefund { .. }
        | Intent::KeepHold { .. }
        | Intent::FollowNotice { .. }) => of_a_provider(services, metadata, provider).await,
        Intent::EarnVisit { booking_id } => bookings::earn(services, metadata, booking_id)
            .await
            .map(|()| None),
        payout @ (Intent::CallPayout { .. }
        | Intent::LookAtPayout { .. }
        | Intent::DoubtDestination { .. }
        | Intent::FollowPayoutNotice { .. }) => of_a_payout(services, metadata, payout).await,
    }
}

/// Lets money do what it is for: it secures its booking. A deposit did its work when it was captured.
async fn arrived(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
) -> Result<(), CommandError> {
    let payment = provider::read(services, payment_ref).await?;
    match payment.terms().map(|terms| terms.purpose) {
        Some(Purpose::Booking(booking_id)) => {
            bookings::apply_payment(services, metadata, booking_id, payment_ref.payment_id)
                .await
                .map(drop)
        }
        Some(Purpose::Deposit) | None => Ok(()),
    }
}

/// What concerns a payment that a provider carries.
async fn of_a_provider(
    services: &CommandServices,
    metadata: &CommandMetadata,
    intent: Intent,
) -> Result<Option<FollowUp>, CommandError> {
    match intent {
        Intent::CallProvider { payment_ref, call } => {
            provider::call(services, metadata, payment_ref, call).await
        }
        Intent::LookAtPayment { payment_ref, round } => {
            provider::poll_payment(services, metadata, payment_ref, round).await
        }
        Intent::LookAtRefund {
            payment_ref,
            number,
            round,
        } => provider::poll_refund(services, metadata, payment_ref, number, round).await,
        Intent::LookAtReceipt {
            payment_ref,
            number,
            round,
        } => provider::poll_receipt(services, metadata, payment_ref, number, round).await,
        Intent::PursuePayment { payment_ref } => provider::pursue(services, metadata, payment_ref).await,
        Intent::NextRefund { payment_ref } => provider::next_refund(services, payment_ref).await,
        Intent::KeepHold { payment_ref } => provider::keep_hold(services, metadata, payment_ref).await,
        Intent::FollowNotice {
            provider,
            payment_provider_id,
            tries,
            printed,
        } => {
            let notice = provider::Notice {
                provider,
                payment_provider_id,
                printed,
            };
            provider::process_notice(services, metadata, &notice, tries).await
        }
        Intent::ExpireBooking { .. }
        | Intent::WatchSearch { .. }
        | Intent::WatchVisit { .. }
        | Intent::ApplyPayment { .. }
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
    metadata: &CommandMetadata,
    intent: Intent,
) -> Result<Option<FollowUp>, CommandError> {
    use crate::payouts::provider::{PayoutRef, call, poll_payout, process_payout_notice};
    if let Intent::CallPayout { owner_id, payout_id } = intent {
        call(services, metadata, PayoutRef { owner_id, payout_id }).await
    } else if let Intent::LookAtPayout {
        owner_id,
        payout_id,
        round,
    } = intent
    {
        poll_payout(services, metadata, PayoutRef { owner_id, payout_id }, round).await
    } else if let Intent::DoubtDestination { owner_id, payout_id } = intent {
        payouts::doubt(services, owner_id, payout_id).await.map(|()| None)
    } else if let Intent::FollowPayoutNotice {
        provider_payout_id,
        tries,
    } = intent
    {
        process_payout_notice(services, metadata, &provider_payout_id, tries).await
    } else {
        Ok(None)
    }
}

/// The queue judges what is due by the database's own clock, of which this process only has samples: a booking that still
/// waits after its time was asked a moment too early and must be asked again, or nobody ever would.
fn expired(done: &CommandOutcome<BookingState>) -> Result<(), CommandError> {
    match &*done.answer.booking {
        Booking::Requested(_) => Err(CommandError::Busy),
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

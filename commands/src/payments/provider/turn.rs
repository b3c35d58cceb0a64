//! Whose turn it is: refunds of one payment go one after another, and after the paper that must come first.

use domain::booking::Booking;
use domain::payment::attempt::{Attempt, RefundEntry, RefundStage};
use domain::payment::provider::Call;
use jiff::{SignedDuration, Timestamp};

use crate::intents::{FollowUp, Intent};
use crate::payments::PaymentRef;
use crate::payments::provider::prepare::booking;
use crate::payments::provider::state::read;
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Sees whether a refund waits for its turn, and has it asked for now.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(crate) async fn next_refund(
    services: &CommandServices,
    payment_ref: PaymentRef,
) -> Result<Option<FollowUp>, CommandError> {
    let payment = read(services, payment_ref).await?;
    let waiting = payment.attempt().and_then(|attempt| {
        let refund = attempt.refund_in_turn()?;
        let number = refund.number;
        // One that was sent already has its own plan.
        let sent = attempt.latest(Call::Refund { number }).is_some();
        (refund.stage == RefundStage::Requested && !sent).then_some(number)
    });
    Ok(waiting.map(|number| FollowUp {
        intent: Intent::CallProvider {
            payment_ref,
            call: Call::Refund { number },
        },
        due_at: services.log.clock().now(),
    }))
}

/// Whether a refund came between the end of a visit and the decision what is to remain of its money, which takes moments
/// and brings the receipt that closes the advance: where that can be printed only before anything goes back, the refund
/// waits for the decision, and then for the paper. A decision that does not come within `closing_receipt_timeout` seconds of the refund
/// is not waited for: somebody else is told of that.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(super) async fn settles_soon(
    services: &CommandServices,
    payment_ref: PaymentRef,
    attempt: &Attempt,
    call: Call,
    at: Timestamp,
) -> Result<bool, CommandError> {
    let closes_first = attempt
        .route
        .is_some_and(|route| route.receipts && route.provider.closes_before_refunding());
    let (Some(refund), Some(booking_id)) = (refund_of(attempt, call), attempt.terms.purpose.booking()) else {
        return Ok(false);
    };
    let patience = SignedDuration::from_secs(services.ports.retries.closing_receipt_timeout.into());
    let is_late = at.duration_since(refund.requested_at) >= patience;
    if !closes_first || attempt.settlement.is_some() || is_late {
        return Ok(false);
    }
    let booking = booking(services, booking_id).await?;
    let closes = match &*booking {
        Booking::Completed(agreement) | Booking::Cancelled(agreement) | Booking::NoShow(agreement) => {
            agreement.secured_by == Some(payment_ref.payment_id)
        }
        // Of an expired or missed one nothing is due, so there is nothing to close.
        Booking::Expired(_)
        | Booking::Missed(_)
        | Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Assigned(_)
        | Booking::EnRoute(_)
        | Booking::Arrived(_)
        | Booking::InProgress(_) => false,
    };
    Ok(closes)
}

fn refund_of(attempt: &Attempt, call: Call) -> Option<&RefundEntry> {
    match call {
        Call::Refund { number } => attempt.refund(number),
        Call::Create | Call::Capture | Call::Cancel | Call::Receipt { .. } => None,
    }
}

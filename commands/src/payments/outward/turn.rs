//! Whose turn it is: refunds of one payment go one after another, and after the paper that must come first.

use domain::booking::Booking;
use domain::payment::attempt::{Attempt, RefundStage};
use domain::payment::provider::Call;

use crate::context::Asked;
use crate::house::House;
use crate::payments::Whose;
use crate::payments::outward::Onward;
use crate::payments::outward::call::call;
use crate::payments::outward::prepare::booking;
use crate::payments::outward::state::read;
use crate::refusal::CommandFault;

/// Asks for the refund whose turn has come, if one waits for it.
///
/// # Errors
/// As [`call`].
pub(crate) async fn next_refund(house: &House, asked: &Asked, whose: Whose) -> Result<Onward, CommandFault> {
    let payment = read(house, whose).await?;
    let next = payment.attempt().and_then(Attempt::refund_in_turn);
    // One that was sent already has its own plan.
    let waits = next.filter(|refund| {
        let number = refund.number;
        let sent = payment
            .attempt()
            .and_then(|attempt| attempt.latest(Call::Refund { number }));
        refund.stage == RefundStage::Requested && sent.is_none()
    });
    match waits.map(|refund| refund.number) {
        Some(number) => call(house, asked, whose, Call::Refund { number }).await,
        None => Ok(None),
    }
}

/// Whether a refund came between the end of a visit and the decision what is to remain of its money, which takes moments
/// and brings the receipt that closes the advance: where that can be printed only before anything goes back, the refund
/// waits for the decision, and then for the paper.
///
/// # Errors
/// The faults of the log.
pub(super) async fn settles_soon(
    house: &House,
    whose: Whose,
    attempt: &Attempt,
    call: Call,
) -> Result<bool, CommandFault> {
    let is_refund = match call {
        Call::Refund { .. } => true,
        Call::Create | Call::Capture | Call::Cancel | Call::Receipt { .. } => false,
    };
    let closes_first = attempt
        .route
        .is_some_and(|route| route.receipts && route.provider.closes_before_refunding());
    let Some(booking_id) = attempt.terms.purpose.booking() else {
        return Ok(false);
    };
    if !is_refund || !closes_first || attempt.settlement.is_some() {
        return Ok(false);
    }
    let booking = booking(house, booking_id).await?;
    let is_over = matches!(
        &*booking,
        Booking::Completed(_) | Booking::Cancelled(_) | Booking::NoShow(_)
    );
    let secured_by = booking.agreement().and_then(|agreement| agreement.secured_by);
    Ok(is_over && secured_by == Some(whose.payment_id))
}

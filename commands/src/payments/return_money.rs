//! Money that its booking refused goes back in full.

use domain::ids::{BookingId, PaymentId};
use domain::money::Money;
use domain::payment::commands::Settle;
use domain::payment::events::RefundReason;
use event_store::execute;

use crate::answer::{Done, PaymentAnswer};
use crate::context::Asked;
use crate::house::House;
use crate::payments::moving;
use crate::refusal::{CommandFault, Refusal};
use crate::streams;
use crate::wallet::Pages;

/// Returns all of a payment's money: a hold is given up, taken money is refunded.
///
/// # Errors
/// `not_found`, `payment_method_unavailable`; and the faults of the log.
pub async fn return_money(
    house: &House,
    asked: &Asked,
    booking_id: BookingId,
    payment_id: PaymentId,
) -> Result<Done<PaymentAnswer>, CommandFault> {
    let name = streams::payment(payment_id, booking_id);
    let begun = asked.begin();
    let mut pages = Pages::of(house);
    loop {
        let known = std::slice::from_ref(&name);
        let outcome = execute::<Refusal, _>(&house.log, &begun.about(&name), known, |room| {
            let (reason, at) = (RefundReason::LatePayment, room.now());
            let settle = Settle {
                due: Money::ZERO,
                reason,
                by: asked.by,
                at,
            };
            moving::move_money(room, &mut pages, &name, settle)
        })
        .await
        .map_err(CommandFault::from);
        if !pages.looked_up(&outcome).await? {
            return outcome.and_then(|outcome| moving::answer(&outcome, &name));
        }
    }
}

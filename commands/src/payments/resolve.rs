//! An operator settles what could not be believed of a payment.

use domain::ids::PaymentId;
use domain::payment::commands;

use crate::anomalies::ResolveAnomaly;
use crate::answer::{Done, PaymentAnswer};
use crate::context::Asked;
use crate::house::House;
use crate::payments::{moving, whose};
use crate::refusal::CommandFault;

/// Settles an anomaly of this payment; the first word counts.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub(crate) async fn resolve_anomaly(
    house: &House,
    asked: &Asked,
    payment_id: PaymentId,
    wish: ResolveAnomaly,
) -> Result<Done<PaymentAnswer>, CommandFault> {
    let name = whose(house, payment_id).await?.stream();
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&house.log, &asked.context(&name), known, |room| {
        let resolve = commands::ResolveAnomaly {
            number: wish.number,
            resolution: wish.resolution,
            by: asked.by,
            at: room.now(),
        };
        moving::decide_payment(room, &name, resolve)
    })
    .await?;
    moving::answer(&outcome, &name)
}

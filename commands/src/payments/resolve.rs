//! An operator settles what a provider showed and the rules could not believe.

use domain::ids::PaymentId;
use domain::payment::anomaly::Resolution;
use domain::payment::commands;
use domain::people::Role;

use crate::answer::{Done, PaymentAnswer};
use crate::bookings::parties;
use crate::context::Asked;
use crate::house::House;
use crate::payments::{moving, whose};
use crate::refusal::CommandFault;

/// Which anomaly is settled, and how.
#[derive(Clone, Copy, Debug)]
pub struct ResolveAnomaly {
    /// The payment.
    pub payment_id: PaymentId,
    /// The anomaly's number within it.
    pub number: u32,
    /// How it was settled.
    pub resolution: Resolution,
}

/// Settles an anomaly, as an admin; the first word counts.
///
/// # Errors
/// `forbidden`, `not_found`; and the faults of the log.
pub async fn resolve_anomaly(
    house: &House,
    asked: &Asked,
    wish: ResolveAnomaly,
) -> Result<Done<PaymentAnswer>, CommandFault> {
    parties::permit(asked.by, &[Role::Admin])?;
    let name = whose(house, wish.payment_id).await?.stream();
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

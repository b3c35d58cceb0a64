//! An operator settles what could not be believed of a payout.

use domain::ids::PayoutId;
use domain::payout::commands;

use crate::anomalies::ResolveAnomaly;
use crate::answer::{Done, PayoutAnswer};
use crate::context::Asked;
use crate::house::House;
use crate::payouts::moving::decide_payout;
use crate::payouts::outward::{answer, owner_of};
use crate::refusal::CommandFault;
use crate::wallet::Pages;

/// Settles an anomaly of this payout; the first word counts.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub(crate) async fn resolve_anomaly(
    house: &House,
    asked: &Asked,
    payout_id: PayoutId,
    wish: ResolveAnomaly,
) -> Result<Done<PayoutAnswer>, CommandFault> {
    let name = owner_of(house, payout_id).await?.stream();
    let mut pages = Pages::of(house);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&house.log, &asked.context(&name), known, |room| {
        let wish = commands::ResolveAnomaly {
            number: wish.number,
            resolution: wish.resolution,
            by: asked.by,
            at: room.now(),
        };
        decide_payout(room, &mut pages, &name, wish)
    })
    .await
    .map_err(CommandFault::from)?;
    answer(&outcome, &name)
}

//! An operator settles what a payout gateway showed and the rules could not believe.

use domain::ids::PayoutId;
use domain::payment::anomaly::Resolution;
use domain::payout::commands::ResolveAnomaly;
use domain::people::Role;

use crate::answer::{Done, PayoutAnswer};
use crate::bookings::parties;
use crate::context::Asked;
use crate::house::House;
use crate::payouts::moving::decide_payout;
use crate::payouts::outward::{answer, owner_of};
use crate::refusal::CommandFault;
use crate::wallet::Pages;

/// Which anomaly of which payout is settled, and how.
#[derive(Clone, Copy, Debug)]
pub struct ResolvePayoutAnomaly {
    /// The payout.
    pub payout_id: PayoutId,
    /// The anomaly's number within it.
    pub number: u32,
    /// How.
    pub resolution: Resolution,
}

/// Settles an anomaly, as an admin; the first word counts.
///
/// # Errors
/// `forbidden`, `not_found`; and the faults of the log.
pub async fn resolve_anomaly(
    house: &House,
    asked: &Asked,
    wish: ResolvePayoutAnomaly,
) -> Result<Done<PayoutAnswer>, CommandFault> {
    parties::permit(asked.by, &[Role::Admin])?;
    let name = owner_of(house, wish.payout_id).await?.stream();
    let mut pages = Pages::of(house);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&house.log, &asked.context(&name), known, |room| {
        let wish = ResolveAnomaly {
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

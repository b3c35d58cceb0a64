//! Looking at what the gateway has of a payout, by plan: no notice is relied upon.

use domain::payment::anomaly::Source;
use domain::payout::Payout;
use domain::payout::commands::RecordStuck;

use crate::context::CommandMetadata;
use crate::intents::Intent;
use crate::payments::outward::{Next, Onward};
use crate::payouts::outward::state::{Whose, read, record, tell};
use crate::ports::Answer;
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Looks at a payout, and again by plan until it is over at the gateway.
///
/// # Errors
/// The faults of the log; never what the gateway answers.
pub(crate) async fn look(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    round: u32,
) -> Result<Onward, CommandFault> {
    let payout = read(services, whose).await?;
    let provider_id = match &*payout {
        Payout::Pending(order) => order.provider_id.clone(),
        Payout::Absent | Payout::Requested(_) | Payout::Paid(_) | Payout::Cancelled(_) => None,
    };
    let Some(provider_id) = provider_id else {
        return Ok(None);
    };
    let (plans, at) = (&services.outside.plans, services.log.clock().now());
    if round >= plans.tail_looks_max {
        let refused = false;
        tell(services, asked, whose, RecordStuck { refused, at }).await?;
        return Ok(None);
    }
    if let Some(gateway) = &services.outside.payouts
        && let Answer::Accepted(seen) = gateway.payout_state(provider_id).await
        && !record(services, asked, whose, &seen, Source::Poll)
            .await?
            .in_transit()
    {
        return Ok(None);
    }
    let Whose { owner_id, payout_id } = whose;
    let round = round + 1;
    Ok(Some(Next {
        intent: Intent::LookAtPayout {
            owner_id,
            payout_id,
            round,
        },
        due_at: plans.tail_look(round, services.log.clock().now()),
    }))
}

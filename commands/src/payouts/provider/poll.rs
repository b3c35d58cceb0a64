//! Looking at what the gateway has of a payout, by plan: no notice is relied upon.

use domain::payment::anomaly::Source;
use domain::payout::Payout;
use domain::payout::commands::RecordPayoutStuck;

use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::payouts::provider::state::{PayoutRef, execute_on_payout, read, record};
use crate::ports::ProviderReply;
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// Looks at a payout, and again by plan until it is over at the gateway.
///
/// # Errors
/// The errors of the log; never what the gateway answers.
pub(crate) async fn poll_payout(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    round: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let payout = read(services, payout_ref).await?;
    let provider_id = match &*payout {
        Payout::Pending(order) => order.provider_id.clone(),
        Payout::Absent | Payout::Requested(_) | Payout::Paid(_) | Payout::Cancelled(_) => None,
    };
    let Some(provider_id) = provider_id else {
        return Ok(None);
    };
    let (retries, at) = (&services.ports.retries, services.log.clock().now());
    if round >= retries.follow_ups_max {
        let refused = false;
        execute_on_payout(services, metadata, payout_ref, RecordPayoutStuck { refused, at }).await?;
        return Ok(None);
    }
    if let Some(gateway) = &services.ports.payouts
        && let ProviderReply::Accepted(snapshot) = gateway.payout_state(provider_id).await
        && !record(services, metadata, payout_ref, &snapshot, Source::Poll)
            .await?
            .in_transit()
    {
        return Ok(None);
    }
    let PayoutRef { owner_id, payout_id } = payout_ref;
    let round = round + 1;
    Ok(Some(FollowUp {
        intent: Intent::LookAtPayout {
            owner_id,
            payout_id,
            round,
        },
        due_at: retries.follow_up_at(round, services.log.clock().now()),
    }))
}

//! A gateway's notice about a payout is a hint: what it is about is read back.

use domain::ids::PayoutId;
use domain::payment::anomaly::Source;

use crate::context::CommandMetadata;
use crate::intents::{FollowUp, Intent};
use crate::payments::provider::ignored;
use crate::payouts::provider::state::{owner_of, record};
use crate::ports::ProviderReply;
use crate::refusal::CommandError;
use crate::retry_schedule;
use crate::services::CommandServices;

/// Reads back what a notice hints at. What is not ours, or not there, is left alone.
///
/// # Errors
/// The errors of the log; never what the gateway answers.
pub(crate) async fn process_payout_notice(
    services: &CommandServices,
    metadata: &CommandMetadata,
    provider_payout_id: &str,
    tries: u32,
) -> Result<Option<FollowUp>, CommandError> {
    let retries = &services.ports.retries;
    let later = || {
        let intent = Intent::FollowPayoutNotice {
            provider_payout_id: provider_payout_id.to_owned(),
            tries: tries + 1,
        };
        let due_at = retry_schedule::later(services.log.clock().now(), retries.repeat);
        (tries < retries.notice_tries_max).then_some(FollowUp { intent, due_at })
    };
    let Some(gateway) = &services.ports.payouts else {
        return Ok(later());
    };
    let snapshot = match gateway.payout_state(provider_payout_id.to_owned()).await {
        ProviderReply::Accepted(snapshot) => snapshot,
        ProviderReply::Refused(_) => return ignored("not_there"),
        ProviderReply::Throttled { .. } | ProviderReply::Unknown(_) => return Ok(later()),
    };
    let Some(payout_id) = snapshot.payout_id.map(PayoutId::from_uuid) else {
        return ignored("not_ours");
    };
    match owner_of(services, payout_id).await {
        Ok(payout_ref) => record(services, metadata, payout_ref, &snapshot, Source::Notice)
            .await
            .map(|_| None),
        Err(CommandError::Refused(_)) => ignored("not_known"),
        Err(error) => Err(error),
    }
}

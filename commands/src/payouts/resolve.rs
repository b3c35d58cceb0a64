//! An operator settles what could not be believed of a payout.

use domain::ids::PayoutId;
use domain::payout::commands;

use crate::anomalies::ResolveAnomaly;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PayoutState};
use crate::payouts::moving::decide_payout;
use crate::payouts::provider::{answer, owner_of};
use crate::refusal::CommandFault;
use crate::services::CommandServices;
use crate::wallet::StatementPeriods;

/// Settles an anomaly of this payout; the first word counts.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub(crate) async fn resolve_anomaly(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_id: PayoutId,
    command: ResolveAnomaly,
) -> Result<CommandOutcome<PayoutState>, CommandFault> {
    let name = owner_of(services, payout_id).await?.stream();
    let mut periods = StatementPeriods::of(services);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
        let command = commands::ResolveAnomaly {
            number: command.number,
            resolution: command.resolution,
            by: metadata.by,
            at: work.now(),
        };
        decide_payout(work, &mut periods, &name, command)
    })
    .await
    .map_err(CommandFault::from)?;
    answer(&outcome, &name)
}

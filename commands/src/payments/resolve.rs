//! An operator settles what could not be believed of a payment.

use domain::ids::PaymentId;
use domain::payment::commands;

use crate::anomalies::ResolveAnomaly;
use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState};
use crate::payments::{locate_payment, moving};
use crate::refusal::CommandFault;
use crate::services::CommandServices;

/// Settles an anomaly of this payment; the first word counts.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub(crate) async fn resolve_anomaly(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_id: PaymentId,
    command: ResolveAnomaly,
) -> Result<CommandOutcome<PaymentState>, CommandFault> {
    let name = locate_payment(services, payment_id).await?.stream();
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
        let resolve = commands::ResolveAnomaly {
            number: command.number,
            resolution: command.resolution,
            by: metadata.by,
            at: work.now(),
        };
        moving::decide_payment(work, &name, resolve)
    })
    .await?;
    moving::answer(&outcome, &name)
}

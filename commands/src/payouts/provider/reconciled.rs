//! What reconciliation finds in a gateway's statement is recorded like any other news: believed by rank, never twice.

use std::sync::Arc;

use domain::ids::PayoutId;
use domain::payment::anomaly::Source;
use domain::payout::Payout;

use crate::context::CommandMetadata;
use crate::payouts::provider::state::{owner_of, read, record};
use crate::ports::PayoutSnapshot;
use crate::refusal::CommandError;
use crate::services::CommandServices;

/// A payout after it was told what its gateway has of it.
#[derive(Clone, Debug)]
pub struct RecordedPayoutSnapshot {
    /// The payout as it stands now.
    pub payout: Arc<Payout>,
    /// Whether the log did not know it yet.
    pub news: bool,
}

/// A payout as the log has it, however far read models are.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn payout_now(
    services: &CommandServices,
    payout_id: PayoutId,
) -> Result<Arc<Payout>, CommandError> {
    read(services, owner_of(services, payout_id).await?).await
}

/// Records what the gateway has of a payout of ours.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn record_reconciled(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_id: PayoutId,
    snapshot: &PayoutSnapshot,
) -> Result<RecordedPayoutSnapshot, CommandError> {
    let payout_ref = owner_of(services, payout_id).await?;
    let before = read(services, payout_ref).await?;
    let payout = record(services, metadata, payout_ref, snapshot, Source::Reconciliation).await?;
    let news = payout != before;
    Ok(RecordedPayoutSnapshot { payout, news })
}

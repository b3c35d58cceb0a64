//! What reconciliation finds at a provider is recorded like any other news: believed by rank, never twice.

use std::sync::Arc;

use domain::ids::PaymentId;
use domain::payment::Payment;
use domain::payment::anomaly::Source;

use crate::context::CommandMetadata;
use crate::payments::payment_ref::locate_payment;
use crate::payments::provider::notice::payment_in;
use crate::payments::provider::state::{read, subject};
use crate::payments::provider::{poll, record};
use crate::ports::{ReferenceSubject, RefundSnapshot, Snapshot};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// A payment after it was told what a provider has of it.
#[derive(Clone, Debug)]
pub struct RecordedSnapshot {
    /// The payment as it stands now.
    pub payment: Arc<Payment>,
    /// Whether the log did not know it yet.
    pub news: bool,
}

/// A payment as the log has it, however far read models are.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn payment_now(
    services: &CommandServices,
    payment_id: PaymentId,
) -> Result<Arc<Payment>, CommandError> {
    read(services, locate_payment(services, payment_id).await?).await
}

/// Records what a provider has of a payment of ours.
///
/// # Errors
/// `not_found`, `payment_method_unavailable` where no provider carries it; and the errors of the log.
pub async fn record_reconciled(
    services: &CommandServices,
    metadata: &CommandMetadata,
    subject_id: ReferenceSubject,
    snapshot: &Snapshot,
) -> Result<RecordedSnapshot, CommandError> {
    let payment_ref = locate_payment(services, payment_in(subject_id)).await?;
    let before = read(services, payment_ref).await?;
    // What calls itself a deposit must be one.
    if before.terms().is_none_or(|terms| subject(terms) != subject_id) {
        return Err(Refusal::NotFound.into());
    }
    let payment =
        poll::record_reported_snapshot(services, metadata, payment_ref, snapshot, Source::Reconciliation)
            .await?;
    let news = payment != before;
    Ok(RecordedSnapshot { payment, news })
}

/// Records what a provider has of a refund of ours.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub async fn record_reconciled_refund(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_id: PaymentId,
    number: u32,
    snapshot: &RefundSnapshot,
) -> Result<RecordedSnapshot, CommandError> {
    let payment_ref = locate_payment(services, payment_id).await?;
    let before = read(services, payment_ref).await?;
    record::refund(
        services,
        metadata,
        payment_ref,
        number,
        snapshot,
        Source::Reconciliation,
    )
    .await?;
    let payment = read(services, payment_ref).await?;
    let news = payment != before;
    Ok(RecordedSnapshot { payment, news })
}

//! What reconciliation finds at a provider is recorded like any other news: believed by rank, never twice.

use std::sync::Arc;

use domain::ids::PaymentId;
use domain::payment::Payment;
use domain::payment::anomaly::Source;

use crate::context::CommandMetadata;
use crate::payments::outward::notice::payment_in;
use crate::payments::outward::state::{read, subject};
use crate::payments::outward::{look, record};
use crate::payments::whose::whose;
use crate::ports::{RefundSnapshot, Snapshot, Subject};
use crate::refusal::{CommandFault, Refusal};
use crate::services::CommandServices;

/// A payment after it was told what a provider has of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The payment as it stands now.
    pub payment: Arc<Payment>,
    /// Whether anything of it was news.
    pub news: bool,
}

/// A payment as the log has it, however far read models are.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn payment_now(
    services: &CommandServices,
    payment_id: PaymentId,
) -> Result<Arc<Payment>, CommandFault> {
    read(services, whose(services, payment_id).await?).await
}

/// Records what a provider has of a payment of ours.
///
/// # Errors
/// `not_found`, `payment_method_unavailable` where no provider carries it; and the faults of the log.
pub async fn record_found(
    services: &CommandServices,
    asked: &CommandMetadata,
    told: Subject,
    seen: &Snapshot,
) -> Result<Told, CommandFault> {
    let whose = whose(services, payment_in(told)).await?;
    let before = read(services, whose).await?;
    // What calls itself a deposit must be one.
    if before.terms().is_none_or(|terms| subject(terms) != told) {
        return Err(Refusal::NotFound.into());
    }
    let payment = look::hear(services, asked, whose, seen, Source::Reconciliation).await?;
    let news = payment != before;
    Ok(Told { payment, news })
}

/// Records what a provider has of a refund of ours.
///
/// # Errors
/// `not_found`; and the faults of the log.
pub async fn record_found_refund(
    services: &CommandServices,
    asked: &CommandMetadata,
    payment_id: PaymentId,
    number: u32,
    seen: &RefundSnapshot,
) -> Result<Told, CommandFault> {
    let whose = whose(services, payment_id).await?;
    let before = read(services, whose).await?;
    record::refund(services, asked, whose, number, seen, Source::Reconciliation).await?;
    let payment = read(services, whose).await?;
    let news = payment != before;
    Ok(Told { payment, news })
}

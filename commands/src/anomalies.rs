//! An operator settles what a provider showed and the rules could not believe, of a payment or of a payout.

use std::sync::Arc;

use domain::ids::{PaymentId, PayoutId};
use domain::payment::Payment;
use domain::payment::anomaly::{AnomalyEntry, Resolution};
use domain::payment::commands::ResolveAnomaly;
use domain::payout::Payout;
use jiff::Timestamp;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PaymentState, PayoutState};
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::wallet::StatementPeriods;
use crate::{payments, payouts};

/// What the anomaly was of, as it stands now.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Money that comes in.
    Payment(PaymentId, Arc<Payment>),
    /// Money that goes out.
    Payout(PayoutId, Arc<Payout>),
}

impl Subject {
    /// The anomaly of this number, counted from 1 within the payment or payout.
    pub fn anomaly(&self, number: u32) -> Option<&AnomalyEntry> {
        let entries = match self {
            Self::Payment(_, payment) => payment.attempt().map(|attempt| &attempt.anomalies),
            Self::Payout(_, payout) => payout.order().map(|order| &order.anomalies),
        };
        entries?.iter().find(|entry| entry.number == number)
    }
}

/// Settles the anomaly of this number of a payment or payout, as an admin; the first word counts.
///
/// # Errors
/// `forbidden`, `not_found`; and the errors of the log.
pub async fn resolve_anomaly(
    services: &CommandServices,
    metadata: &CommandMetadata,
    subject_id: Uuid,
    number: u32,
    resolution: Resolution,
) -> Result<CommandOutcome<Subject>, CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let by = metadata.by;
    let resolve = |at| ResolveAnomaly {
        number,
        resolution,
        by,
        at,
    };
    let payment_id = PaymentId::from_uuid(subject_id);
    match of_payment(services, metadata, payment_id, resolve).await {
        Err(CommandError::Refused(Refusal::NotFound)) => {}
        done => return done.map(|done| done.map(|state| Subject::Payment(payment_id, state.payment))),
    }
    let payout_id = PayoutId::from_uuid(subject_id);
    let done = of_payout(services, metadata, payout_id, resolve).await?;
    Ok(done.map(|state| Subject::Payout(payout_id, state.payout)))
}

async fn of_payment(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_id: PaymentId,
    resolve: impl Fn(Timestamp) -> ResolveAnomaly + Sync,
) -> Result<CommandOutcome<PaymentState>, CommandError> {
    let name = payments::locate_payment(services, payment_id).await?.stream();
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
        payments::moving::decide_payment(work, &name, resolve(work.now()))
    })
    .await?;
    payments::moving::answer(&outcome, &name)
}

async fn of_payout(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_id: PayoutId,
    resolve: impl Fn(Timestamp) -> ResolveAnomaly + Sync,
) -> Result<CommandOutcome<PayoutState>, CommandError> {
    let name = payouts::provider::owner_of(services, payout_id).await?.stream();
    let mut periods = StatementPeriods::of(services);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute(&services.log, &metadata.context(&name), known, |work| {
        payouts::moving::decide_payout(work, &mut periods, &name, resolve(work.now()))
    })
    .await
    .map_err(CommandError::from)?;
    payouts::provider::answer(&outcome, &name)
}

//! An operator settles what a provider showed and the rules could not believe, of a payment or of a payout.

use std::sync::Arc;

use domain::ids::{PaymentId, PayoutId};
use domain::payment::Payment;
use domain::payment::anomaly::{AnomalyEntry, Resolution};
use domain::payout::Payout;
use uuid::Uuid;

use crate::context::CommandMetadata;
use crate::outcome::CommandOutcome;
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandFault, Refusal};
use crate::services::CommandServices;
use crate::{payments, payouts};

/// Which anomaly is settled, and how.
#[derive(Clone, Copy, Debug)]
pub struct ResolveAnomaly {
    /// The payment or payout.
    pub subject_id: Uuid,
    /// The anomaly's number within it.
    pub number: u32,
    /// How it was settled.
    pub resolution: Resolution,
}

/// What the anomaly was of, as it stands now.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Money that comes in.
    Payment(PaymentId, Arc<Payment>),
    /// Money that goes out.
    Payout(PayoutId, Arc<Payout>),
}

impl Subject {
    /// The anomaly of this number.
    pub fn anomaly(&self, number: u32) -> Option<&AnomalyEntry> {
        let entries = match self {
            Self::Payment(_, payment) => payment.attempt().map(|attempt| &attempt.anomalies),
            Self::Payout(_, payout) => payout.order().map(|order| &order.anomalies),
        };
        entries?.iter().find(|entry| entry.number == number)
    }
}

/// Settles an anomaly, as an admin; the first word counts.
///
/// # Errors
/// `forbidden`, `not_found`; and the faults of the log.
pub async fn resolve_anomaly(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: ResolveAnomaly,
) -> Result<CommandOutcome<Subject>, CommandFault> {
    MayOperate::RULE.permit(metadata.by)?;
    let payment_id = PaymentId::from_uuid(command.subject_id);
    match payments::resolve_anomaly(services, metadata, payment_id, command).await {
        Err(CommandFault::Refused(Refusal::NotFound)) => {}
        answer => {
            return answer.map(|done| done.map(|answer| Subject::Payment(payment_id, answer.payment)));
        }
    }
    let payout_id = PayoutId::from_uuid(command.subject_id);
    let done = payouts::resolve_anomaly(services, metadata, payout_id, command).await?;
    Ok(done.map(|answer| Subject::Payout(payout_id, answer.payout)))
}

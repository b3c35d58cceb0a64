//! What a provider has becomes facts, whichever way it was learnt.

use std::sync::Arc;

use domain::ids::{AccountId, PrivateId};
use domain::payment::anomaly::Source;
use domain::payment::commands::{OfferLink, Pursue, RecordUnknown};
use domain::payment::provider::Call;
use domain::payment::{Payment, decide};
use domain::people::PrivateRef;
use event_store::PrivateRow;

use crate::bookings::execution::seal;
use crate::context::{CommandMetadata, new_id};
use crate::intents::FollowUp;
use crate::payments::provider::state::{self, apply_to_payment, execute_on_payment};
use crate::payments::provider::translate::{self, Observation};
use crate::payments::{PaymentRef, moving};
use crate::ports::{RefundSnapshot, Snapshot};
use crate::refusal::CommandError;
use crate::services::CommandServices;
use crate::streams::DecisionError;

/// The vault's word for where a patient confirms a payment.
pub const PAYMENT_LINK: &str = "payment_link";

/// Records what the provider has of a payment, and where it is confirmed.
pub(super) async fn snapshot(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    snapshot: &Snapshot,
    observation: Observation,
) -> Result<Arc<Payment>, CommandError> {
    let sealed = sealed_link(services, payment_ref, snapshot).await?;
    apply_to_payment(services, metadata, payment_ref, |work, periods, name| {
        let at = work.now();
        if let Some(command) = translate::snapshot(snapshot, observation, at) {
            moving::move_money(work, periods, name, command)?;
        }
        match &sealed {
            Some((row, link)) => offer_link(work, name, row, link),
            None => Ok(()),
        }
    })
    .await
}

/// Where the patient confirms the payment, sealed about them; none where the provider names nothing, or the payment has it already.
async fn sealed_link(
    services: &CommandServices,
    payment_ref: PaymentRef,
    snapshot: &Snapshot,
) -> Result<Option<(PrivateRow, PrivateRef)>, CommandError> {
    let parts = [
        ("confirmation_url", &snapshot.confirmation_url),
        ("qr_payload", &snapshot.qr_payload),
    ];
    let body: serde_json::Map<_, _> = parts
        .into_iter()
        .filter_map(|(part, text)| Some((part.to_owned(), text.clone()?.into())))
        .collect();
    if body.is_empty() {
        return Ok(None);
    }
    let payment = state::read(services, payment_ref).await?;
    let Some(attempt) = payment.attempt().filter(|attempt| attempt.link.is_none()) else {
        return Ok(None);
    };
    let owner = AccountId::from(attempt.terms.patient_id);
    let id = PrivateId::from_uuid(new_id());
    Ok(Some(seal(services, PAYMENT_LINK, owner, body, id).await?))
}

/// The link goes to the vault, once: whoever has it can pay.
fn offer_link(
    work: &mut crate::streams::UnitOfWork<'_>,
    name: &event_store::StreamName,
    row: &PrivateRow,
    link: &PrivateRef,
) -> Result<(), DecisionError> {
    let payment = work.state::<Payment>(name)?;
    let Payment::Pending(attempt) = &*payment else {
        return Ok(());
    };
    if attempt.link.is_some() {
        return Ok(());
    }
    let (link, at) = (link.clone(), work.now());
    work.decide(name, |payment: &Payment| {
        decide::decide(payment, OfferLink { link, at })
    })?;
    work.store_private(row.clone());
    Ok(())
}

/// Records what the provider has of a refund.
pub(super) async fn refund(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    number: u32,
    snapshot: &RefundSnapshot,
    source: Source,
) -> Result<(), CommandError> {
    match translate::refund(snapshot, number, source, services.log.clock().now()) {
        Some(command) => execute_on_payment(services, metadata, payment_ref, command)
            .await
            .map(drop),
        None => Ok(()),
    }
}

/// Records that a request got no answer, where that is of interest to the patient.
pub(super) async fn unknown(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    call: Call,
) -> Result<(), CommandError> {
    match call {
        Call::Create | Call::Capture | Call::Cancel => {
            let at = services.log.clock().now();
            execute_on_payment(services, metadata, payment_ref, RecordUnknown { at })
                .await
                .map(drop)
        }
        Call::Refund { .. } | Call::Receipt { .. } => Ok(()),
    }
}

/// Tries again what came to nothing: a refund or receipt that was given up.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn pursue(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
) -> Result<Option<FollowUp>, CommandError> {
    let at = services.log.clock().now();
    execute_on_payment(services, metadata, payment_ref, Pursue { at }).await?;
    Ok(None)
}

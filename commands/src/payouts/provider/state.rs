//! A payout as it stands, and what the gateway has of it becoming facts.

use std::sync::Arc;

use domain::ids::{AccountId, PayoutId};
use domain::payment::anomaly::Source;
use domain::payout::commands::{PayoutStage, RecordPayoutSnapshot};
use domain::payout::{Payout, PayoutCommand};
use event_store::{Outcome, StreamName};

use crate::context::CommandMetadata;
use crate::outcome::{CommandOutcome, PayoutState};
use crate::payments::provider::translate;
use crate::payouts::moving::decide_payout;
use crate::ports::{PayoutSnapshot, Status};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams;
use crate::wallet::StatementPeriods;

#[derive(Clone, Copy, Debug)]
pub(crate) struct PayoutRef {
    pub(crate) owner_id: AccountId,
    pub(crate) payout_id: PayoutId,
}

impl PayoutRef {
    pub(crate) fn stream(self) -> StreamName {
        streams::payout(self.payout_id, self.owner_id)
    }
}

/// Whose payout it is, by the partition its stream lies in.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(crate) async fn owner_of(
    services: &CommandServices,
    payout_id: PayoutId,
) -> Result<PayoutRef, CommandError> {
    let partition = services.log.partition_of("payout", payout_id.uuid()).await?;
    match partition.and_then(|key| key.parse().ok()) {
        Some(owner_id) => Ok(PayoutRef { owner_id, payout_id }),
        None => Err(Refusal::NotFound.into()),
    }
}

/// The payout as it stands.
///
/// # Errors
/// `not_found`; and the errors of the log.
pub(crate) async fn read(
    services: &CommandServices,
    payout_ref: PayoutRef,
) -> Result<Arc<Payout>, CommandError> {
    let name = payout_ref.stream();
    let context = CommandMetadata::read_only().context(&name);
    let known = std::slice::from_ref(&name);
    let outcome = event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
        work.state::<Payout>(&name).map(drop)
    })
    .await?;
    there(&outcome, &name)
}

/// Lets the payout decide a command; answers it as it stands afterwards. Commands are idempotent by their own rules, so each
/// is a command of its own, also when its instruction is carried out again.
pub(super) async fn execute_on_payout(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    command: impl Into<PayoutCommand>,
) -> Result<Arc<Payout>, CommandError> {
    let (name, command) = (payout_ref.stream(), command.into());
    let known = std::slice::from_ref(&name);
    let context = metadata.as_new_command().context(&name);
    let mut periods = StatementPeriods::of(services);
    loop {
        let outcome = event_store::execute::<Refusal, _>(&services.log, &context, known, |work| {
            decide_payout(work, &mut periods, &name, command.clone())
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return there(&outcome?, &name);
        }
    }
}

/// Records what the gateway has of a payout; a word of its that the platform does not know is counted and left alone.
pub(super) async fn record(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payout_ref: PayoutRef,
    snapshot: &PayoutSnapshot,
    source: Source,
) -> Result<Arc<Payout>, CommandError> {
    let stage = match &snapshot.status {
        Status::Pending | Status::WaitingForCapture => PayoutStage::Pending,
        Status::Succeeded => PayoutStage::Succeeded,
        Status::Cancelled => PayoutStage::Cancelled,
        Status::Other(word) => {
            translate::unknown_word::<()>("payout", word);
            return read(services, payout_ref).await;
        }
    };
    let command = RecordPayoutSnapshot {
        provider_id: snapshot.provider_id.clone(),
        stage,
        amount: snapshot.amount,
        code: translate::reason(snapshot.cancelled.as_ref()),
        source,
        at: services.log.clock().now(),
    };
    execute_on_payout(services, metadata, payout_ref, command).await
}

fn there(outcome: &Outcome, name: &StreamName) -> Result<Arc<Payout>, CommandError> {
    outcome
        .state::<Payout>(name)
        .filter(|payout| payout.order().is_some())
        .ok_or_else(|| Refusal::NotFound.into())
}

/// The answer about the payout in `name`.
///
/// # Errors
/// `not_found`.
pub(crate) fn answer(
    outcome: &Outcome,
    name: &StreamName,
) -> Result<CommandOutcome<PayoutState>, CommandError> {
    Ok(CommandOutcome::of(
        PayoutState {
            payout: there(outcome, name)?,
        },
        outcome,
        name,
    ))
}

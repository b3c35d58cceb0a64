//! A refused intent leaves a fact on the aggregate that caused it: nothing a process wanted vanishes in silence.

use domain::booking::Booking;
use domain::ids::IntentId;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::reactions::RecordReactionRefused;
use domain::{booking, payment, payout};
use event_store::StreamName;

use crate::context::CommandMetadata;
use crate::intents::Cause;
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Records that an intent was refused with this code. Repeating it changes nothing.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn record_refused(
    services: &CommandServices,
    metadata: &CommandMetadata,
    cause: Cause,
    intent_id: IntentId,
    code: &'static str,
) -> Result<(), CommandError> {
    record(
        services,
        &metadata.for_follow_up("refused"),
        cause,
        |work, name| {
            let (at, code) = (work.now(), code.to_owned());
            match cause {
                Cause::Booking(_) => {
                    let command = RecordReactionRefused { intent_id, code, at };
                    work.decide(name, |state: &Booking| booking::decide::decide(state, command))
                }
                Cause::Payment(_) => {
                    let command = RecordReactionRefused { intent_id, code, at };
                    work.decide(name, |state: &Payment| payment::decide::decide(state, command))
                }
                Cause::Payout { .. } => {
                    let command = RecordReactionRefused { intent_id, code, at };
                    work.decide(name, |state: &Payout| payout::decide::decide(state, command))
                }
                Cause::Outside => Ok(()),
            }
        },
    )
    .await
}

/// Records a fact on the aggregate that caused an intent.
pub(crate) async fn record<F>(
    services: &CommandServices,
    metadata: &CommandMetadata,
    cause: Cause,
    mut rule: F,
) -> Result<(), CommandError>
where
    F: FnMut(&mut UnitOfWork<'_>, &StreamName) -> Result<(), DecisionError> + Send,
{
    let name = match cause {
        Cause::Booking(booking_id) => streams::booking(booking_id),
        Cause::Payment(payment_ref) => payment_ref.stream(),
        Cause::Payout { payout_id, owner_id } => streams::payout(payout_id, owner_id),
        Cause::Outside => return Ok(()), // There is no fact beside which it could be told.
    };
    let known = std::slice::from_ref(&name);
    event_store::execute::<Refusal, _>(&services.log, &metadata.context(&name), known, |work| {
        rule(work, &name)
    })
    .await?;
    Ok(())
}

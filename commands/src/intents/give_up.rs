//! An operator gives an intent up: a fact says so, then the queue goes on without it.

use domain::booking::Booking;
use domain::ids::IntentId;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::reactions::GiveUpReason;
use domain::reactions::RecordReactionGivenUp;
use domain::{booking, payment, payout};
use event_store::intents::IntentState;

use crate::context::CommandMetadata;
use crate::intents::{Cause, refuse};
use crate::policy::{MayOperate, Permission};
use crate::refusal::{CommandError, Refusal, queue_error};
use crate::services::CommandServices;

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct GiveUpIntent {
    pub intent_id: IntentId,
    pub reason: GiveUpReason,
}

/// All that must be known of an intent to give it up.
#[derive(serde::Deserialize)]
struct OfCause {
    cause: Cause,
}

/// Gives an intent up, as an admin. The fact comes first, so that a crash in between can only make the operator ask
/// again, which changes nothing more.
///
/// # Errors
/// `forbidden`; `not_found` when it is closed or never was; `busy` while a worker has it in its hands; and the errors of the log.
pub async fn give_up(
    services: &CommandServices,
    metadata: &CommandMetadata,
    command: GiveUpIntent,
) -> Result<(), CommandError> {
    MayOperate::RULE.permit(metadata.by)?;
    let GiveUpIntent { intent_id, reason } = command;
    let found = event_store::intents::find(services.log.pool(), intent_id.uuid())
        .await
        .map_err(queue_error)?;
    let found = found
        .filter(|intent| is_open(intent.state))
        .ok_or(Refusal::NotFound)?;
    // What was to be done may be of newer code; whom to tell of it is known all the same.
    let stored: OfCause = serde_json::from_value(found.body).map_err(|_| CommandError::NeedsNewerCode)?;
    let by = metadata.by;
    refuse::record(services, metadata, stored.cause, |work, name| {
        let at = work.now();
        match stored.cause {
            Cause::Booking(_) => {
                let command = RecordReactionGivenUp {
                    intent_id,
                    reason,
                    by,
                    at,
                };
                work.decide(name, |state: &Booking| booking::decide::decide(state, command))
            }
            Cause::Payment(_) => {
                let command = RecordReactionGivenUp {
                    intent_id,
                    reason,
                    by,
                    at,
                };
                work.decide(name, |state: &Payment| payment::decide::decide(state, command))
            }
            Cause::Payout { .. } => {
                let command = RecordReactionGivenUp {
                    intent_id,
                    reason,
                    by,
                    at,
                };
                work.decide(name, |state: &Payout| payout::decide::decide(state, command))
            }
            Cause::Outside => Ok(()),
        }
    })
    .await?;
    let given_up = event_store::intents::give_up(&services.log, intent_id.uuid(), word(reason));
    // False: a worker has it in its hands right now and will close it, or somebody else gave it up just before.
    if given_up.await.map_err(queue_error)? {
        Ok(())
    } else {
        Err(CommandError::Busy)
    }
}

/// The reason as the queue keeps it.
const fn word(reason: GiveUpReason) -> &'static str {
    match reason {
        GiveUpReason::DoneByHand => "done_by_hand",
        GiveUpReason::Obsolete => "obsolete",
        GiveUpReason::Duplicate => "duplicate",
        GiveUpReason::Impossible => "impossible",
    }
}

const fn is_open(state: IntentState) -> bool {
    match state {
        IntentState::Open | IntentState::Poisoned => true,
        IntentState::Done | IntentState::Refused | IntentState::GivenUp => false,
    }
}

//! A refused intent leaves a fact on the aggregate that caused it: nothing a process wanted vanishes in silence.

use domain::booking::Booking;
use domain::ids::IntentId;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::{booking, payment, payout};
use event_store::StreamName;

use crate::context::Asked;
use crate::house::House;
use crate::intents::Cause;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Room, Stop};

/// Records that an intent was refused with this code. Repeating it changes nothing.
///
/// # Errors
/// The faults of the log.
pub(crate) async fn record_refused(
    house: &House,
    asked: &Asked,
    cause: Cause,
    intent_id: IntentId,
    code: &'static str,
) -> Result<(), CommandFault> {
    record(house, &asked.aside("refused"), cause, |room, name| {
        let (at, code) = (room.now(), code.to_owned());
        match cause {
            Cause::Booking(_) => {
                let wish = booking::commands::RecordReactionRefused { intent_id, code, at };
                room.decide(name, |state: &Booking| booking::decide::decide(state, wish))
            }
            Cause::Payment(_) => {
                let wish = payment::commands::RecordReactionRefused { intent_id, code, at };
                room.decide(name, |state: &Payment| payment::decide::decide(state, wish))
            }
            Cause::Payout { .. } => {
                let wish = payout::commands::RecordReactionRefused { intent_id, code, at };
                room.decide(name, |state: &Payout| payout::decide::decide(state, wish))
            }
            Cause::Outside => Ok(()),
        }
    })
    .await
}

/// Records a fact on the aggregate that caused an intent.
pub(crate) async fn record<F>(
    house: &House,
    asked: &Asked,
    cause: Cause,
    mut rule: F,
) -> Result<(), CommandFault>
where
    F: FnMut(&mut Room<'_>, &StreamName) -> Result<(), Stop> + Send,
{
    let name = match cause {
        Cause::Booking(booking_id) => streams::booking(booking_id),
        Cause::Payment(whose) => whose.stream(),
        Cause::Payout { payout_id, owner_id } => streams::payout(payout_id, owner_id),
        Cause::Outside => return Ok(()), // There is no fact beside which it could be told.
    };
    let known = std::slice::from_ref(&name);
    event_store::execute::<Refusal, _>(&house.log, &asked.context(&name), known, |room| rule(room, &name))
        .await?;
    Ok(())
}

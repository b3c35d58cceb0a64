//! The frame of every act on an existing booking: load it, see whose it is, decide, answer with its living payment.

use std::sync::Arc;

use domain::booking::{self, Booking, BookingCommand};
use domain::ids::BookingId;
use domain::payment::Payment;
use event_store::{Outcome, StreamName};

use crate::bookings::days;
use crate::context::CommandMetadata;
use crate::outcome::{BookingState, CommandOutcome};
use crate::policy::Rule;
use crate::refusal::CommandFault;
use crate::services::CommandServices;
use crate::streams::{self, DecisionError, UnitOfWork};

/// Carries out `decide` on a booking, if `rule` lets the caller.
pub(crate) async fn act<F>(
    services: &CommandServices,
    asked: &CommandMetadata,
    booking_id: BookingId,
    rule: Rule,
    mut decide: F,
) -> Result<CommandOutcome<BookingState>, CommandFault>
where
    F: FnMut(&mut UnitOfWork<'_>, &Arc<Booking>) -> Result<(), DecisionError> + Send,
{
    let name = streams::booking(booking_id);
    let outcome = event_store::execute(
        &services.log,
        &asked.context(&name),
        std::slice::from_ref(&name),
        |room| {
            let booking = room.state::<Booking>(&name)?;
            rule.permit_on(&booking, asked.by)
                .map_err(DecisionError::refuse)?;
            decide(room, &booking)?;
            living_payment(room, &name)?;
            Ok(())
        },
    )
    .await?;
    answer(services, &outcome, &name).await
}

/// Lets the booking decide a wish, records what came of it, and lets its doctor's days follow.
pub(crate) fn decide_booking(
    room: &mut UnitOfWork<'_>,
    booking_id: BookingId,
    command: impl Into<BookingCommand>,
) -> Result<(), DecisionError> {
    let name = streams::booking(booking_id);
    let command = command.into();
    let before = room.state::<Booking>(&name)?;
    room.decide(&name, |booking: &Booking| {
        booking::decide::decide(booking, command)
    })?;
    let after = room.state::<Booking>(&name)?;
    days::follow(room, &before, &after)
}

/// The payment the booking is waiting for or secured by, as part of the decision.
pub(crate) fn living_payment(
    room: &mut UnitOfWork<'_>,
    name: &StreamName,
) -> Result<Option<Arc<Payment>>, DecisionError> {
    let booking = room.state::<Booking>(name)?;
    let Some(payment) = payment_name(&booking) else {
        return Ok(None);
    };
    room.state::<Payment>(&payment).map(Some)
}

/// The answer about the booking in `name`, with its payment as it was then: a repeat that would be refused by now may
/// have named neither.
///
/// # Errors
/// The faults of the log.
pub(crate) async fn answer(
    services: &CommandServices,
    outcome: &Outcome,
    name: &StreamName,
) -> Result<CommandOutcome<BookingState>, CommandFault> {
    let booking = outcome.state_then::<Booking>(&services.log, name).await?;
    let payment = match payment_name(&booking) {
        Some(payment) => Some(outcome.state_then::<Payment>(&services.log, &payment).await?),
        None => None,
    };
    Ok(CommandOutcome {
        answer: BookingState { booking, payment },
        position: outcome.position,
        version: outcome.version(name),
        replayed: outcome.replayed,
    })
}

/// The stream of the payment that matters most: the one that secured the booking, else the living attempt.
fn payment_name(booking: &Booking) -> Option<StreamName> {
    let agreement = booking.agreement()?;
    let payment_id = agreement.secured_by.or(agreement.live_payment)?;
    Some(streams::payment(payment_id, agreement.booking_id))
}

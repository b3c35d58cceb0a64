//! The rules of a booking: a command and the history so far in, facts or a refusal out. The same command twice is one command.

pub mod accept;
pub mod agree;
pub mod cancel;
pub mod earn;
pub mod ending;
pub mod money;
pub mod room;
pub mod visit;

use crate::booking::events::BookingEvent;
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking, BookingCommand};
use crate::reactions::{RecordReactionGivenUp, RecordReactionRefused};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<BookingEvent>, BookingRefusal>;

/// Decides any command.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(booking: &Booking, command: impl Into<BookingCommand>) -> Decision {
    match command.into() {
        BookingCommand::Request(command) => agree::request(booking, *command),
        BookingCommand::StartPayment(command) => money::start_payment(booking, &command),
        BookingCommand::ApplyPayment(command) => money::apply_payment(booking, command),
        BookingCommand::Expire(command) => money::expire(booking, &command),
        BookingCommand::Assign(command) => visit::assign(booking, command),
        BookingCommand::Unassign(command) => visit::unassign(booking, &command),
        BookingCommand::ReportVisit(command) => visit::report(booking, command),
        BookingCommand::PassDeadline(command) => ending::pass_deadline(booking, &command),
        BookingCommand::NameRoom(command) => room::name_room(booking, command),
        BookingCommand::AcceptChange(command) => accept::accept_change(booking, &command),
        BookingCommand::Reschedule(command) => agree::reschedule(booking, command),
        BookingCommand::Cancel(command) => cancel::cancel(booking, command),
        BookingCommand::Earn(command) => earn::earn(booking, &command),
        BookingCommand::RecordReactionRefused(command) => reaction_refused(booking, command),
        BookingCommand::RecordReactionGivenUp(command) => reaction_given_up(booking, &command),
    }
}

fn reaction_refused(booking: &Booking, command: RecordReactionRefused) -> Decision {
    if present(booking)?.reactions.refused.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![BookingEvent::ReactionRefused {
        intent_id: command.intent_id,
        code: command.code,
        at: command.at,
    }])
}

fn reaction_given_up(booking: &Booking, command: &RecordReactionGivenUp) -> Decision {
    if present(booking)?.reactions.given_up.contains(&command.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![BookingEvent::ReactionGivenUp {
        intent_id: command.intent_id,
        reason: command.reason,
        by: command.by,
        at: command.at,
    }])
}

fn present(booking: &Booking) -> Result<&Agreement, BookingRefusal> {
    booking.agreement().ok_or(BookingRefusal::NoSuchBooking)
}

/// "Not now", or "no such booking" when there is none.
fn not_now(booking: &Booking) -> BookingRefusal {
    match booking.agreement() {
        Some(_) => BookingRefusal::NotNow {
            status: booking.status().as_str(),
        },
        None => BookingRefusal::NoSuchBooking,
    }
}

//! The rules of a booking: a wish and the history so far in, facts or a refusal out. The same wish twice is one wish.

pub mod accept;
pub mod agree;
pub mod cancel;
pub mod earn;
pub mod ending;
pub mod money;
pub mod visit;

use crate::booking::commands::{RecordReactionGivenUp, RecordReactionRefused};
use crate::booking::events::BookingEvent;
use crate::booking::refusal::BookingRefusal;
use crate::booking::{Agreement, Booking, BookingCommand};

/// What a decision answers.
pub type Decision = Result<Vec<BookingEvent>, BookingRefusal>;

/// Decides any wish.
///
/// # Errors
/// The refusal of the rule that the wish meets.
pub fn decide(booking: &Booking, wish: impl Into<BookingCommand>) -> Decision {
    match wish.into() {
        BookingCommand::Request(wish) => agree::request(booking, *wish),
        BookingCommand::StartPayment(wish) => money::start_payment(booking, &wish),
        BookingCommand::MoneyArrived(wish) => money::money_arrived(booking, wish),
        BookingCommand::Expire(wish) => money::expire(booking, &wish),
        BookingCommand::Assign(wish) => visit::assign(booking, wish),
        BookingCommand::Unassign(wish) => visit::unassign(booking, &wish),
        BookingCommand::Depart(wish) => visit::depart(booking, &wish),
        BookingCommand::Arrive(wish) => visit::arrive(booking, &wish),
        BookingCommand::Start(wish) => visit::start(booking, &wish),
        BookingCommand::Complete(wish) => visit::complete(booking, &wish),
        BookingCommand::NoShow(wish) => visit::no_show(booking, &wish),
        BookingCommand::PassDeadline(wish) => ending::pass_deadline(booking, &wish),
        BookingCommand::AcceptChange(wish) => accept::accept_change(booking, &wish),
        BookingCommand::Reschedule(wish) => agree::reschedule(booking, wish),
        BookingCommand::Cancel(wish) => cancel::cancel(booking, wish),
        BookingCommand::Earn(wish) => earn::earn(booking, &wish),
        BookingCommand::RecordReactionRefused(wish) => reaction_refused(booking, wish),
        BookingCommand::RecordReactionGivenUp(wish) => reaction_given_up(booking, &wish),
    }
}

fn reaction_refused(booking: &Booking, wish: RecordReactionRefused) -> Decision {
    if present(booking)?.reactions.refused.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![BookingEvent::ReactionRefused {
        intent_id: wish.intent_id,
        code: wish.code,
        at: wish.at,
    }])
}

fn reaction_given_up(booking: &Booking, wish: &RecordReactionGivenUp) -> Decision {
    if present(booking)?.reactions.given_up.contains(&wish.intent_id) {
        return Ok(vec![]);
    }
    Ok(vec![BookingEvent::ReactionGivenUp {
        intent_id: wish.intent_id,
        reason: wish.reason,
        by: wish.by,
        at: wish.at,
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

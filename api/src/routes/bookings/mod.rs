//! Bookings: asked for, read, and moved through their lives.

pub mod accept_change;
pub mod arrive;
pub mod assign;
pub mod cancel;
pub mod complete;
pub mod depart;
pub mod events;
pub mod history;
pub mod list;
pub mod no_show;
pub mod quote;
pub mod request;
pub mod reschedule;
pub mod show;
pub mod start;
pub mod unassign;

use commands::{BookingState, CommandFault, CommandOutcome};

use crate::problem::Problem;
use crate::representation::accepted::Accepted;
use crate::representation::booking::BookingView;

/// The answer to a wish about a booking.
pub fn accepted(
    done: Result<CommandOutcome<BookingState>, CommandFault>,
) -> Result<Accepted<BookingView>, Problem> {
    let CommandOutcome {
        answer,
        position,
        version,
        replayed,
    } = done?;
    let view = BookingView::of_answer(&answer, version).ok_or_else(|| Problem::internal(&NothingAgreed))?;
    Ok(Accepted::of(
        CommandOutcome {
            answer: view,
            position,
            version,
            replayed,
        },
        |view, _| view,
    ))
}

/// A wish was accepted and left no booking: cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a booking was decided that agrees on nothing")]
struct NothingAgreed;

//! The next step of a visit, at the first moment at which it may be taken.

use domain::booking::commands as command;
use domain::booking::deadline;
use domain::booking::windows::{StepWindows, Window};
use domain::booking::{Booking, BookingCommand};
use domain::people::Actor;
use domain::policy::visit::VisitWindows;
use jiff::Timestamp;

/// What the doctor of this booking does next, not before `now`; none before there is a doctor and once it is over.
pub(crate) fn next(booking: &Booking, by: Actor, now: Timestamp) -> Option<BookingCommand> {
    let windows = VisitWindows::default();
    let steps = StepWindows::of(booking.agreement()?, &windows);
    let when = |window: Option<Window>| now.max(window.and_then(|window| window.not_before).unwrap_or(now));
    match booking {
        Booking::Assigned(_) if steps.depart.is_some() => {
            let at = when(steps.depart);
            Some(command::Depart { by, windows, at }.into())
        }
        Booking::Assigned(_) | Booking::EnRoute(_) => {
            let at = when(steps.arrive);
            Some(command::Arrive { by, windows, at }.into())
        }
        Booking::Arrived(_) => {
            let at = when(steps.start);
            Some(command::StartVisit { by, windows, at }.into())
        }
        Booking::InProgress(_) => {
            let at = when(steps.complete);
            Some(command::Complete { by, windows, at }.into())
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => None,
    }
}

/// How this booking comes to nothing after it was paid: an operator is told, nobody is found, nobody comes, or nobody is
/// there.
pub(crate) fn nothing_comes(booking: &Booking, by: Actor, now: Timestamp) -> Option<BookingCommand> {
    let windows = VisitWindows::default();
    if let Some(at) = deadline::next(booking, &windows).filter(|_| deadline::end(booking, &windows).is_some())
    {
        let at = at.max(now);
        return Some(command::PassDeadline { windows, at }.into());
    }
    let window = StepWindows::of(booking.agreement()?, &windows).no_show?;
    let at = now.max(window.not_before.unwrap_or(now));
    Some(command::NoShow { by, windows, at }.into())
}

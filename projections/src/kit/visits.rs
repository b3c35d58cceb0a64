//! The next step of a visit, at the first moment at which it may be taken.

use domain::booking::commands::{PassDeadline, ReportVisit};
use domain::booking::deadline;
use domain::booking::decide::visit::VisitReport;
use domain::booking::windows::{StepWindows, Window};
use domain::booking::{Booking, BookingCommand};
use domain::people::Actor;
use domain::policy::visit::VisitWindows;
use jiff::Timestamp;

/// What the doctor of this booking does next, not before `now`; none before there is a doctor and once it is over.
pub(crate) fn next(booking: &Booking, by: Actor, now: Timestamp) -> Option<BookingCommand> {
    let steps = StepWindows::of(booking.agreement()?, &VisitWindows::default());
    let (report, window) = match booking {
        Booking::Assigned(_) if steps.depart.is_some() => (VisitReport::Depart, steps.depart),
        Booking::Assigned(_) | Booking::EnRoute(_) => (VisitReport::Arrive, steps.arrive),
        Booking::Arrived(_) => (VisitReport::Start, steps.start),
        Booking::InProgress(_) => (VisitReport::Complete, steps.complete),
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => return None,
    };
    Some(reported(report, window, by, now))
}

fn reported(report: VisitReport, window: Option<Window>, by: Actor, now: Timestamp) -> BookingCommand {
    ReportVisit {
        report,
        by,
        windows: VisitWindows::default(),
        at: now.max(window.and_then(|window| window.not_before).unwrap_or(now)),
    }
    .into()
}

/// How this booking comes to nothing after it was paid: an operator is told, nobody is found, nobody comes, or nobody is
/// there.
pub(crate) fn nothing_comes(booking: &Booking, by: Actor, now: Timestamp) -> Option<BookingCommand> {
    let windows = VisitWindows::default();
    if let Some(at) = deadline::next(booking, &windows).filter(|_| deadline::end(booking, &windows).is_some())
    {
        let at = at.max(now);
        return Some(PassDeadline { windows, at }.into());
    }
    let window = StepWindows::of(booking.agreement()?, &windows).no_show;
    window.map(|_| reported(VisitReport::NoShow, window, by, now))
}

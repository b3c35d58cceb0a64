//! The facts of a doctor's day, in English.

use domain::schedule::events::DoctorDayEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Opened { date, by, .. } => format!("{date} was opened for bookings by {}", words::actor(*by)),
        Event::Held { visit, until, .. } => {
            format!(
                "The time from {} to {} is held until {until}",
                visit.start(),
                visit.end()
            )
        }
        Event::Claimed { visit, .. } => {
            format!(
                "The time from {} to {} is taken for good",
                visit.start(),
                visit.end()
            )
        }
        Event::Released { date, .. } => format!("The booking's time on {date} is free again"),
        Event::Blocked { range, .. } => {
            format!(
                "The doctor keeps the time from {} to {} free",
                range.start(),
                range.end()
            )
        }
        Event::Unblocked { date, .. } => format!("The doctor takes a block on {date} back"),
        Event::Extended { date, by, .. } => {
            format!("{date} takes bookings for longer, by {}", words::actor(*by))
        }
        Event::Closed { date, by, .. } => format!("{date} was closed for bookings by {}", words::actor(*by)),
    }
}

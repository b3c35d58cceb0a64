//! The facts of a booking, in English.

use domain::booking::events::BookingEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Requested {
            call_type,
            price,
            pay_by,
            ..
        } => {
            format!(
                "The patient asked for {} at {price}, to be paid by {pay_by}",
                words::call_type(*call_type)
            )
        }
        Event::PaymentStarted { .. } => "The patient began to pay".into(),
        Event::Secured { .. } => "The money is there: the visit is secured".into(),
        Event::Expired { .. } => "Nobody paid in time: the booking expired".into(),
        Event::Revived { .. } => "Late money brought the expired booking back".into(),
        Event::LatePaymentRefused { because, .. } => {
            format!("The money goes back in full: {}", words::unwanted(*because))
        }
        Event::Assigned { appointment, by, .. } => format!(
            "A doctor was set by {}, from {} to {}",
            words::actor(*by),
            appointment.visit.start(),
            appointment.visit.end()
        ),
        Event::Unassigned { by, .. } => format!("The doctor was taken off by {}", words::actor(*by)),
        Event::Departed { .. } => "The doctor set out".into(),
        Event::ArrivalEstimated { arrives_at, .. } => format!("The doctor expects to arrive at {arrives_at}"),
        Event::Arrived { .. } => "The doctor arrived".into(),
        Event::Started { .. } => "The visit started".into(),
        Event::Completed { due, .. } => format!("The visit is over: {due} is due"),
        Event::NoShow { fee, .. } => format!("The patient was not there: {fee} is due"),
        Event::Missed { .. } => "The doctor never set out: the money goes back".into(),
        Event::NobodyFound { .. } => "No doctor was found in time: the money goes back".into(),
        Event::Escalated { reason, .. } => {
            format!("An operator was told: {}", words::escalation(*reason))
        }
        Event::Rescheduled { to, by, .. } => {
            format!(
                "The visit was moved by {} to {}",
                words::actor(*by),
                to.visit.start()
            )
        }
        Event::RoomNamed { .. } => "The doctor said where the consultation takes place".into(),
        Event::ChangeAccepted { .. } => "The patient accepted the doctor and time that others set".into(),
        Event::Cancelled { by, reason, fee, .. } => format!(
            "The booking was called off by {} ({}): {fee} is due",
            words::actor(*by),
            words::cancel_reason(*reason)
        ),
        Event::Earned {
            kept,
            commission,
            share,
            ..
        } => {
            format!("Of {kept} the doctor earned {share}, the platform {commission}")
        }
        Event::ReactionRefused { code, .. } => format!("What a process asked for was refused: {code}"),
        Event::ReactionGivenUp { reason, .. } => {
            format!("An instruction was given up: {}", words::give_up(*reason))
        }
    }
}

//! Where a consultation takes place: its doctor says so, as long as it is to come or under way.

use crate::booking::Booking;
use crate::booking::commands::NameRoom;
use crate::booking::decide::{Decision, not_now, present};
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::refusal::BookingRefusal;

/// The place from now on. For another kind of visit nobody meets elsewhere than at the patient's.
pub(super) fn name_room(booking: &Booking, command: NameRoom) -> Decision {
    if present(booking)?.call_type != CallType::Consultation {
        return Err(BookingRefusal::NotAConsultation);
    }
    match booking {
        Booking::Assigned(agreement) | Booking::Arrived(agreement) | Booking::InProgress(agreement) => {
            if agreement.room.as_ref() == Some(&command.room) {
                return Ok(vec![]);
            }
            let NameRoom { room, by, at } = command;
            Ok(vec![BookingEvent::RoomNamed { room, by, at }])
        }
        Booking::Absent
        | Booking::Requested(_)
        | Booking::Secured(_)
        | Booking::EnRoute(_)
        | Booking::Completed(_)
        | Booking::Cancelled(_)
        | Booking::Expired(_)
        | Booking::NoShow(_)
        | Booking::Missed(_) => Err(not_now(booking)),
    }
}

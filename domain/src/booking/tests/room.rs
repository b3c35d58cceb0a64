//! Where a consultation takes place is said by its doctor, and forgotten with that doctor.

use super::*;
use crate::booking::commands::NameRoom;
use crate::people::PrivateRef;

fn named(number: u128) -> PrivateRef {
    PrivateRef {
        id: id(number),
        digest: "ab".repeat(32),
    }
}

fn name_room(number: u128) -> BookingCommand {
    NameRoom {
        room: named(number),
        by: person(Role::Doctor),
        at: before_start(30),
    }
    .into()
}

#[test]
fn the_doctor_of_a_consultation_names_its_room_while_it_is_to_come_or_under_way() {
    for state in ["assigned", "arrived"] {
        let room = |facts: &[BookingEvent]| fold(facts).agreement().unwrap().room.clone();
        let facts = after(history(CallType::Consultation, state), name_room(50));
        assert_eq!(room(&facts), Some(named(50)), "{state}");
        assert_eq!(decide(&fold(&facts), name_room(50)), Ok(vec![]));
        let facts = after(facts, name_room(51));
        assert_eq!(room(&facts), Some(named(51)), "{state}");
        let (by, at) = (person(Role::Admin), before_start(1));
        let facts = after(facts, Unassign { by, at });
        assert_eq!(room(&facts), None, "another doctor has another room");
    }
    for state in ["secured", "completed"] {
        let refused = decide(&fold(&history(CallType::Consultation, state)), name_room(50));
        assert!(matches!(refused, Err(BookingRefusal::NotNow { .. })), "{state}");
    }
    let visit = decide(&fold(&history(CallType::Scheduled, "assigned")), name_room(50));
    assert_eq!(visit, Err(BookingRefusal::NotAConsultation), "nobody meets there");
}

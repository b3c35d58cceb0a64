//! Whatever is asked of a booking, it takes the ways that the picture shows, and each of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::booking::decide::decide;
use crate::booking::events::{BookingEvent, CallType};
use crate::booking::lifecycle::{BookingState, TRANSITIONS};
use crate::booking::properties::{commands, request};
use crate::booking::status::BookingStatus;
use crate::booking::tests::informed;
use crate::booking::{Booking, BookingCommand};
use crate::tests::lives::{Rules, is_shown};

#[test]
fn a_booking_takes_the_ways_that_the_picture_shows_and_no_others() {
    let rules = Rules::<Booking, BookingState> {
        decide: |booking, command| decide(booking, informed(booking, command)),
        state_of: BookingState::of,
        name_of: BookingEvent::type_name,
    };
    let beginnings = CallType::ALL.map(|call_type| BookingCommand::from(request(call_type)));
    let taken = rules.ways_taken(beginnings.into(), commands().boxed());
    is_shown(&taken, &TRANSITIONS, &BookingState::ALL);
}

#[test]
fn the_states_of_a_booking_have_every_status() {
    let shown: BTreeSet<_> = BookingState::ALL.map(BookingState::status).into();
    assert_eq!(shown, BTreeSet::from(BookingStatus::ALL));
}

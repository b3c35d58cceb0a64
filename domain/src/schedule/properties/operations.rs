//! Anything anybody may want of a doctor's days, drawn so that it gathers where days and claims touch.

use proptest::prelude::*;

use crate::schedule::hours::{BUFFER_MINUTES_MAX, VISIT_MINUTES_MAX};

/// The extremes of the world, and a zone that sets its clock on the 29th.
pub(super) const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Asia/Vladivostok",
];

#[derive(Clone, Debug)]
pub(super) enum Operation {
    Open {
        day: u8,
        zone: usize,
        from: u16,
        length: u16,
        slot: u16,
        before: u16,
        after: u16,
    },
    Hold {
        booking: u8,
        day: u8,
        slot: u8,
    },
    Claim {
        booking: u8,
        minute: i64,
        length: i64,
    },
    Confirm {
        booking: u8,
    },
    /// An expiry, a cancellation or an unassignment.
    Release {
        booking: u8,
    },
    /// A release of the old time and a claim of a new one, in one append.
    Move {
        booking: u8,
        minute: i64,
        length: i64,
    },
    Block {
        minute: i64,
        length: i64,
    },
    Unblock {
        number: u8,
    },
    Extend {
        day: u8,
        from: u16,
        length: u16,
    },
    Close {
        day: u8,
    },
}

pub(super) fn operations() -> impl Strategy<Value = Operation> {
    // Starts gather around the midnights of the zones above, so that days and claims touch.
    let minute = prop_oneof![
        0i64..5_760,
        (
            0i64..4,
            prop::sample::select(vec![600i64, 660, 840, 1_320, 1_380]),
            -60i64..60
        )
            .prop_map(|(day, midnight, off)| day * 1_440 + midnight + off)
    ];
    let length = prop_oneof![Just(60i64), 5i64..=i64::from(VISIT_MINUTES_MAX)];
    let buffer = prop_oneof![Just(0u16), Just(15u16), 0u16..=BUFFER_MINUTES_MAX];
    let opening = (
        0u8..5,
        0usize..ZONES.len(),
        0u16..1_400,
        5u16..=1_440,
        5u16..=90,
        buffer.clone(),
        buffer,
    );
    prop_oneof![
        2 => opening.prop_map(|(day, zone, from, length, slot, before, after)| {
            Operation::Open { day, zone, from, length, slot, before, after }
        }),
        4 => (0u8..8, 0u8..5, any::<u8>()).prop_map(|(booking, day, slot)| Operation::Hold { booking, day, slot }),
        3 => (0u8..8, minute.clone(), length.clone())
            .prop_map(|(booking, minute, length)| Operation::Claim { booking, minute, length }),
        1 => (0u8..8).prop_map(|booking| Operation::Confirm { booking }),
        1 => (0u8..8).prop_map(|booking| Operation::Release { booking }),
        1 => (0u8..8, minute.clone(), length.clone())
            .prop_map(|(booking, minute, length)| Operation::Move { booking, minute, length }),
        2 => (minute, prop_oneof![length, 1i64..=60 * 24 * 60])
            .prop_map(|(minute, length)| Operation::Block { minute: minute - length / 3, length }),
        2 => (0u8..8).prop_map(|number| Operation::Unblock { number }),
        1 => (0u8..5, 0u16..1_400, 5u16..=1_440)
            .prop_map(|(day, from, length)| Operation::Extend { day, from, length }),
        1 => (0u8..5).prop_map(|day| Operation::Close { day }),
    ]
}

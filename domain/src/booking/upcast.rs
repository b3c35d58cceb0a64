//! Old facts of a booking made readable: a first version that knew no clinic says the same in the second.

use crate::upcasting::{Rewritten, Upcasting};

/// The steps from versions no longer written to those of today.
pub const TABLE: &[Upcasting] = &[
    Upcasting {
        event_type: "BookingRequested",
        event_version: "1",
        rewrite: |payload| Ok(unchanged("BookingRequested", payload)),
    },
    Upcasting {
        event_type: "BookingRevived",
        event_version: "1",
        rewrite: |payload| Ok(unchanged("BookingRevived", payload)),
    },
    Upcasting {
        event_type: "BookingAssigned",
        event_version: "1",
        rewrite: |payload| Ok(unchanged("BookingAssigned", payload)),
    },
    Upcasting {
        event_type: "BookingRescheduled",
        event_version: "1",
        rewrite: |payload| Ok(unchanged("BookingRescheduled", payload)),
    },
];

/// An appointment without a clinic is one of which the facts know none.
fn unchanged(event_type: &str, payload: &str) -> Vec<Rewritten> {
    vec![Rewritten {
        event_type: event_type.to_owned(),
        event_version: "2".to_owned(),
        payload: payload.to_owned(),
    }]
}

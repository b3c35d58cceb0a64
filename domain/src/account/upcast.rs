//! Old facts of an account made readable: a first version that knew fewer fields says the same in the second.

use crate::upcasting::{Rewritten, Upcasting};

/// The steps from versions no longer written to those of today.
pub const TABLE: &[Upcasting] = &[Upcasting {
    event_type: "AccountEdited",
    event_version: "1",
    rewrite: |payload| {
        Ok(vec![Rewritten {
            event_type: "AccountEdited".to_owned(),
            event_version: "2".to_owned(),
            payload: payload.to_owned(),
        }])
    },
}];

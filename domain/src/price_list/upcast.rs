//! Old facts of the price lists made readable; there are none, for the only type still has its first version.

use crate::upcasting::Upcasting;

/// The steps from versions no longer written to those of today.
pub const TABLE: &[Upcasting] = &[];

//! What would have come of bookings under another price list: people did what they did, when they did it, and the rules of the
//! domain decide again what it costs and whom it pays. Nothing is written.

pub mod compare;
mod relive;
pub mod replay;
pub mod totals;

pub use compare::{Comparison, Figures, compare};
pub use relive::Undefined;
pub use replay::{Range, RangeEnd, WhatIf, WhatIfError};
pub use totals::{Sums, Totals};

//! Pure tables: what a visit costs, what cancelling it costs, how its money is shared, and its clock.

pub mod cancellation;
pub mod commission;
pub mod pricing;
pub mod visit;

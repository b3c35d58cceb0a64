//! Pure tables: what a visit costs, what cancelling it costs, and how its money is shared.

pub mod cancellation;
pub mod commission;
pub mod pricing;

//! Pure tables: what a visit costs, and what cancelling it costs.

pub mod cancellation;
pub mod pricing;

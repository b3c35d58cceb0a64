//! Pure tables: what a visit costs, what cancelling it costs, how its money is shared, its clock, and what one patient may
//! have going on at a time.

pub mod cancellation;
pub mod commission;
pub mod patient_limits;
pub mod pricing;
pub mod visit;

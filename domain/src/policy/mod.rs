//! Pure tables: what cancelling a visit costs, how its money is shared, its clock, and what one patient may have going on at
//! a time. Which numbers stand in the first three, a price list says.

pub mod cancellation;
pub mod commission;
pub mod patient_limits;
pub mod visit;

//! Pure tables: what cancelling a visit costs, and how its money is shared. Which numbers stand in them, a price list says.

pub mod cancellation;
pub mod commission;

//! What can be asked about a booking, one wish per file.

pub(crate) mod acting;
mod assign;
mod cancel;
mod complete;
pub(crate) mod days;
mod depart;
mod earn;
mod expire;
mod money_arrived;
mod no_show;
pub(crate) mod overdue;
pub mod quote;
mod request;
mod reschedule;
mod start;
mod unassign;
pub(crate) mod vault;

pub use assign::{AssignDoctor, assign};
pub use cancel::{CancelBooking, cancel};
pub use complete::complete;
pub use depart::depart;
pub(crate) use earn::earn;
pub use expire::expire;
pub use money_arrived::money_arrived;
pub use no_show::no_show;
pub use quote::quote;
pub use request::{RequestBooking, VISIT_DETAILS, request};
pub use reschedule::{RescheduleBooking, reschedule};
pub use start::start;
pub use unassign::unassign;

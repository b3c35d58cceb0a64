//! What can be asked about a booking, one use case per file.

mod apply_payment;
mod assign;
mod cancel;
mod concerns;
mod deadline;
mod earn;
pub(crate) mod execution;
mod profiles;
mod quote;
mod request;
mod reschedule;
pub(crate) mod retry_after_expiry;
mod room;
mod visit;

pub use apply_payment::apply_payment;
pub use assign::{AssignDoctor, assign};
pub use cancel::{CancelBooking, cancel};
pub use concerns::{concerns, is_concealed};
pub use deadline::{expire, pass_deadline};
pub(crate) use earn::earn;
pub use quote::{Quote, quote};
pub use request::{RequestBooking, VISIT_DETAILS, VisitDetails, request, requested_before};
pub use reschedule::{RescheduleBooking, accept_change, reschedule};
pub use room::{CONSULTATION_ROOM, ROOM_URL, name_room, room_of};
pub use visit::*;

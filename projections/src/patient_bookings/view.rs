//! What the list of a patient's bookings is made of.

use crate::booking_line::view::{BookingLine, LineFilter};

/// A row of the list; its own time is when the booking was asked for.
pub type PatientBooking = BookingLine;
/// Which of them; `from` and `to` bound when the booking was asked for.
pub type PatientBookingsFilter = LineFilter;

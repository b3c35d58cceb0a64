//! What the list of a patient's bookings is made of.

use crate::booking_summary::view::{BookingSummary, LineFilter};

/// A row of the list; its own time is when the booking was asked for.
pub type PatientBooking = BookingSummary;
/// Which of them; `from` and `to` bound when the booking was asked for.
pub type PatientBookingsFilter = LineFilter;

//! What a doctor's agenda, and the staff's list of all bookings, is made of.

use crate::booking_line::view::{BookingLine, LineFilter};

/// A row of the agenda.
pub type AgendaLine = BookingLine;
/// Which of them. In a doctor's agenda `from` and `to` bound the visit's start, in the staff's list the request.
pub type AgendaFilter = LineFilter;

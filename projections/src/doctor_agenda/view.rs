//! What a doctor's agenda, and the staff's list of all bookings, is made of.

use crate::booking_summary::view::{BookingSummary, LineFilter};

/// A row of the agenda.
pub type AgendaEntry = BookingSummary;
/// Which of them. In a doctor's agenda `from` and `to` bound the visit's start, in the staff's list the request.
pub type AgendaFilter = LineFilter;

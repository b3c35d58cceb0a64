//! Everything about one booking, for whoever may see it.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub(crate) mod projector;
pub mod query;
mod rows;
#[cfg(test)]
mod tests;

use domain::booking::events::CancelReason;
use domain::ids::PrivateId;
use jiff::Timestamp;

use crate::booking_summary::BookingSummary;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingDetails {
    /// What lists show of it, too.
    pub line: BookingSummary,
    pub tariff_version: u32,
    /// Address, coordinates, symptoms and notes, in the vault.
    pub details: Option<PrivateId>,
    /// A free note on the cancellation, in the vault.
    pub note: Option<PrivateId>,
    pub cancel_reason: Option<CancelReason>,
    pub steps: Steps,
}

/// When each step of a visit was last taken; one that was undone is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Paid for; again, when it was revived.
    pub secured_at: Option<Timestamp>,
    /// Nobody had paid in time.
    pub expired_at: Option<Timestamp>,
    pub assigned_at: Option<Timestamp>,
    pub departed_at: Option<Timestamp>,
    /// The doctor was at the door, or for a consultation in the room.
    pub arrived_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    pub no_show_at: Option<Timestamp>,
    /// It was given up, since the doctor never set out.
    pub missed_at: Option<Timestamp>,
    pub rescheduled_at: Option<Timestamp>,
    pub cancelled_at: Option<Timestamp>,
}

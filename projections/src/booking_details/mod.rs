//! Everything about one booking, for whoever may see it.
#![expect(missing_docs, reason = "pure data: most names say it all")]

pub(crate) mod projector;
pub mod query;
mod rows;
pub mod steps;
#[cfg(test)]
mod tests;

use domain::booking::events::CancelReason;
use domain::ids::PrivateId;

use crate::booking_details::steps::Steps;
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

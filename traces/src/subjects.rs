//! What work turns out to be about.

use std::sync::OnceLock;

use smol_str::SmolStr;
use uuid::Uuid;

/// Known as soon as somebody knows. The first word counts: on the way to one booking another one's hold may have to be ended.
#[derive(Debug, Default)]
pub(crate) struct Subjects {
    pub(crate) booking: OnceLock<Uuid>,
    pub(crate) payment: OnceLock<Uuid>,
    pub(crate) intent: OnceLock<Uuid>,
    /// The key by which a fact is partitioned: of a booking and its payments, the booking.
    pub(crate) partition: OnceLock<SmolStr>,
}

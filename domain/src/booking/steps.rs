//! When each step of a booking was taken: told by its facts, the same in answers to commands and in read models.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::events::BookingEvent;

/// When each step was last taken; one that was undone is absent.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Paid for; again, when it was revived.
    pub secured_at: Option<Timestamp>,
    /// Nobody had paid, or was found, in time.
    pub expired_at: Option<Timestamp>,
    pub assigned_at: Option<Timestamp>,
    pub departed_at: Option<Timestamp>,
    /// When the doctor on the way expects to be there; absent before and after.
    pub estimated_arrival: Option<Timestamp>,
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

impl Steps {
    /// The steps once this has happened, too.
    #[must_use]
    pub const fn after(mut self, fact: &BookingEvent) -> Self {
        match fact {
            BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. } => {
                self.secured_at = Some(*at);
            }
            BookingEvent::Expired { at } | BookingEvent::NobodyFound { at } => self.expired_at = Some(*at),
            BookingEvent::Assigned { at, .. } => self.assigned_at = Some(*at),
            BookingEvent::Unassigned { .. } => {
                self.assigned_at = None;
                self.departed_at = None;
                self.estimated_arrival = None;
                self.arrived_at = None;
            }
            BookingEvent::Departed { at, .. } => self.departed_at = Some(*at),
            BookingEvent::ArrivalEstimated { arrives_at, .. } => self.estimated_arrival = Some(*arrives_at),
            BookingEvent::Arrived { at, .. } => {
                self.arrived_at = Some(*at);
                self.estimated_arrival = None;
            }
            BookingEvent::Started { at, .. } => {
                self.started_at = Some(*at);
                self.estimated_arrival = None;
            }
            BookingEvent::Completed { at, .. } => self.completed_at = Some(*at),
            BookingEvent::NoShow { at, .. } => self.no_show_at = Some(*at),
            BookingEvent::Missed { at, .. } => self.missed_at = Some(*at),
            BookingEvent::Rescheduled { at, .. } => self.rescheduled_at = Some(*at),
            BookingEvent::Cancelled { at, .. } => {
                self.cancelled_at = Some(*at);
                self.estimated_arrival = None;
            }
            BookingEvent::Requested { .. }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::RoomNamed { .. }
            | BookingEvent::Escalated { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Earned { .. }
            | BookingEvent::ReactionRefused { .. }
            | BookingEvent::ReactionGivenUp { .. } => {}
        }
        self
    }
}

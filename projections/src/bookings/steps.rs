//! When each step of a visit was taken: the times in `bookings`, from the facts to the columns.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::booking::events::BookingEvent;
use jiff::Timestamp;
use sqlx::postgres::PgRow;

use crate::sql_types;

/// When each step of a visit was last taken; one that was undone is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Paid for; again, when it was revived.
    pub secured_at: Option<Timestamp>,
    /// Nobody had paid in time.
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

/// A column and its place in [`Steps`].
pub(super) type Column = (&'static str, fn(&mut Steps) -> &mut Option<Timestamp>);

/// How many columns there are.
pub(super) const COLUMN_COUNT: i16 = 12;

/// Every column, in the order in which they are written.
pub(super) const COLUMNS: [Column; COLUMN_COUNT as usize] = [
    ("secured_at", |steps| &mut steps.secured_at),
    ("expired_at", |steps| &mut steps.expired_at),
    ("assigned_at", |steps| &mut steps.assigned_at),
    ("departed_at", |steps| &mut steps.departed_at),
    ("estimated_arrival", |steps| &mut steps.estimated_arrival),
    ("arrived_at", |steps| &mut steps.arrived_at),
    ("started_at", |steps| &mut steps.started_at),
    ("completed_at", |steps| &mut steps.completed_at),
    ("no_show_at", |steps| &mut steps.no_show_at),
    ("missed_at", |steps| &mut steps.missed_at),
    ("rescheduled_at", |steps| &mut steps.rescheduled_at),
    ("cancelled_at", |steps| &mut steps.cancelled_at),
];

impl Steps {
    /// What stands in this column.
    pub(super) fn get(mut self, (_, time): Column) -> Option<Timestamp> {
        *time(&mut self)
    }

    /// What a row's columns hold.
    pub(super) fn of_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let mut steps = Self::default();
        for (name, time) in COLUMNS {
            *time(&mut steps) = sql_types::get_maybe_time(row, name)?;
        }
        Ok(steps)
    }

    /// One more fact of the booking.
    pub(super) fn proceed(&mut self, fact: &BookingEvent) {
        if ends_the_way(fact) {
            self.estimated_arrival = None;
        }
        match fact {
            BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. } => {
                self.secured_at = Some(*at)
            }
            BookingEvent::Expired { at } | BookingEvent::NobodyFound { at } => self.expired_at = Some(*at),
            BookingEvent::Assigned { at, .. } => self.assigned_at = Some(*at),
            BookingEvent::Unassigned { .. } => {
                self.assigned_at = None;
                self.departed_at = None;
                self.arrived_at = None;
            }
            BookingEvent::Departed { at, .. } => self.departed_at = Some(*at),
            BookingEvent::ArrivalEstimated { arrives_at, .. } => self.estimated_arrival = Some(*arrives_at),
            BookingEvent::Arrived { at, .. } => self.arrived_at = Some(*at),
            BookingEvent::Missed { at, .. } => self.missed_at = Some(*at),
            BookingEvent::Started { at, .. } => self.started_at = Some(*at),
            BookingEvent::Completed { at, .. } => self.completed_at = Some(*at),
            BookingEvent::NoShow { at, .. } => self.no_show_at = Some(*at),
            BookingEvent::Rescheduled { at, .. } => self.rescheduled_at = Some(*at),
            BookingEvent::Cancelled { at, .. } => self.cancelled_at = Some(*at),
            _ => {}
        }
    }
}

/// Whether the doctor is there by this fact, or comes no more.
const fn ends_the_way(fact: &BookingEvent) -> bool {
    matches!(
        fact,
        BookingEvent::Arrived { .. } | BookingEvent::Unassigned { .. } | BookingEvent::Cancelled { .. }
    )
}

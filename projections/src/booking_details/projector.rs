//! Facts of bookings and their payments → a booking in full.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::booking::events::BookingEvent;
use domain::ids::PaymentId;
use domain::payment::events::PaymentEvent;
use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::booking_details::rows;
use crate::booking_details::{BookingDetails, Steps};
use crate::booking_facts::{self, FoldsBookingFacts, INPUTS};
use crate::booking_summary::BookingSummary;
use crate::facts::{Decoded, Input};
use crate::projector::Projector;

pub(crate) struct BookingDetailsProjector;

impl Projector for BookingDetailsProjector {
    const MODEL: Model = Model::BookingDetails;
    const INPUTS: &'static [Input] = INPUTS;

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let key = |details: &BookingDetails| details.line.booking_id;
        let folded = booking_facts::load_and_fold(tx, &rows::load(), generation, events, key).await?;
        Ok(rows::write(tx, generation, &folded.new, &folded.changed).await?)
    }
}

impl FoldsBookingFacts for BookingDetails {
    fn begin(fact: &BookingEvent, version: i64) -> Option<Self> {
        let BookingEvent::Requested {
            tariff_version,
            details,
            ..
        } = fact
        else {
            return None;
        };
        Some(Self {
            line: BookingSummary::begin(fact, version)?,
            tariff_version: *tariff_version,
            details: details.as_ref().map(|details| details.id),
            note: None,
            cancel_reason: None,
            steps: Steps::default(),
        })
    }

    fn proceed(&mut self, fact: &BookingEvent, version: i64) {
        self.line.proceed(fact, version);
        match fact {
            BookingEvent::Secured { at, .. } | BookingEvent::Revived { at, .. } => {
                self.steps.secured_at = Some(*at)
            }
            BookingEvent::Expired { at } | BookingEvent::NobodyFound { at } => {
                self.steps.expired_at = Some(*at)
            }
            BookingEvent::Assigned { at, .. } => self.steps.assigned_at = Some(*at),
            BookingEvent::Unassigned { .. } => {
                self.steps.assigned_at = None;
                self.steps.departed_at = None;
                self.steps.arrived_at = None;
            }
            BookingEvent::Departed { at, .. } => self.steps.departed_at = Some(*at),
            BookingEvent::Arrived { at, .. } => self.steps.arrived_at = Some(*at),
            BookingEvent::Missed { at, .. } => self.steps.missed_at = Some(*at),
            BookingEvent::Started { at, .. } => self.steps.started_at = Some(*at),
            BookingEvent::Completed { at, .. } => self.steps.completed_at = Some(*at),
            BookingEvent::NoShow { at, .. } => self.steps.no_show_at = Some(*at),
            BookingEvent::Rescheduled { at, .. } => self.steps.rescheduled_at = Some(*at),
            BookingEvent::Cancelled { reason, note, at, .. } => {
                self.steps.cancelled_at = Some(*at);
                self.cancel_reason = Some(*reason);
                self.note = note.as_ref().map(|note| note.id);
            }
            _ => {}
        }
    }

    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        self.line.paid(payment_id, fact);
    }
}

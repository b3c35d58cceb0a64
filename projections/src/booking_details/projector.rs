//! Facts of bookings and their payments → a booking in full.

use domain::booking::events::BookingEvent;
use domain::ids::{BookingId, PaymentId};
use domain::payment::events::PaymentEvent;
use event_store::{ApplyFault, Consumer, Fact, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::booking_details::rows;
use crate::booking_details::view::{BookingDetails, Steps};
use crate::booking_facts::{BookingFacts, FoldsBookingFacts};
use crate::booking_summary::view::BookingSummary;

/// Keeps `booking_details`.
pub struct BookingDetailsProjector;

impl Consumer for BookingDetailsProjector {
    fn name(&self) -> &'static str {
        Model::BookingDetails.name()
    }

    fn schema_version(&self) -> i32 {
        Model::BookingDetails.schema_version()
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyFault>> {
        apply(tx, generation, facts).boxed()
    }
}

async fn apply(tx: &mut PgConnection, generation: i32, facts: &[Fact]) -> Result<(), ApplyFault> {
    let facts = BookingFacts::read(facts)?;
    let known: Vec<BookingId> = facts.known_before();
    let loaded = rows::load(tx, generation, &known)
        .await
        .map_err(ApplyFault::Database)?;
    let folded = facts.fold::<BookingDetails>(loaded)?;
    rows::write(tx, generation, &folded.new, &folded.changed)
        .await
        .map_err(ApplyFault::Database)
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
            BookingEvent::Requested { .. }
            | BookingEvent::PaymentStarted { .. }
            | BookingEvent::LatePaymentRefused { .. }
            | BookingEvent::ChangeAccepted { .. }
            | BookingEvent::Escalated { .. }
            | BookingEvent::Earned { .. }
            | BookingEvent::ReactionRefused { .. }
            | BookingEvent::ReactionGivenUp { .. } => {}
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
        }
    }

    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        self.line.paid(payment_id, fact);
    }
}

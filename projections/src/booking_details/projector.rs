//! Facts of bookings and their payments → a booking in full.

use domain::booking::events::BookingEvent;
use domain::ids::PaymentId;
use domain::payment::events::PaymentEvent;
use event_store::{ApplyError, PgConnection};

use crate::Model;
use crate::booking_details::steps::Steps;
use crate::booking_details::{BookingDetails, rows};
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
        self.steps.proceed(fact);
        if let BookingEvent::Cancelled { reason, note, .. } = fact {
            self.cancel_reason = Some(*reason);
            self.note = note.as_ref().map(|note| note.id);
        }
    }

    fn paid(&mut self, payment_id: PaymentId, fact: &PaymentEvent) {
        self.line.paid(payment_id, fact);
    }
}

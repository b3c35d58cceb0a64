//! Paid urgent calls that wait for a doctor, longest first: what a dispatcher and clinics send doctors to.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

pub mod query;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use domain::any_event::AnyEvent;
use domain::booking::events::{BookingEvent, CallType};
use domain::ids::{BookingId, ClinicId};
use event_store::{ApplyError, PgConnection};
use jiff::Timestamp;
use sqlx::FromRow;
use sqlx::postgres::PgRow;

use crate::bulk_write::BulkWrite;
use crate::facts::{self, Decoded, Input};
use crate::projector::Projector;
use crate::{Model, rows, sql_types};

#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenCall {
    pub booking_id: BookingId,
    pub requested_at: Timestamp,
    /// Since when it has been paid and without a doctor.
    pub waiting_since: Timestamp,
}

pub(crate) struct OpenCalls;

/// An urgent call, waiting or not.
struct Call {
    booking_id: BookingId,
    requested_at: Timestamp,
    waiting_since: Option<Timestamp>,
    clinic_id: Option<ClinicId>,
}

const LOAD: &str = "
    select booking_id, requested_at, waiting_since, clinic_id
    from open_calls where generation = $1 and booking_id = any($2)";

const WRITE: &str = "
    insert into open_calls (generation, booking_id, requested_at, waiting_since, clinic_id)
    select $1, r.* from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::uuid[]) as r
    on conflict (generation, booking_id) do update
    set waiting_since = excluded.waiting_since, clinic_id = excluded.clinic_id";

impl Projector for OpenCalls {
    const MODEL: Model = Model::OpenCalls;
    const INPUTS: &'static [Input] = &[Input::Booking];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let mut of_bookings = Vec::with_capacity(events.len());
        for (fact, event) in events {
            if let AnyEvent::Booking(event) = event.as_ref() {
                of_bookings.push((facts::stream::<BookingId>(fact)?, event));
            }
        }
        let keys = of_bookings
            .iter()
            .map(|(booking_id, event)| (*booking_id, matches!(event, BookingEvent::Requested { .. })));
        let known = rows::known_before(keys)
            .into_iter()
            .map(BookingId::uuid)
            .collect();
        let loaded: Vec<Call> = sql_types::load(tx, LOAD, generation, known).await?;
        let mut calls: HashMap<_, _> = loaded.into_iter().map(|call| (call.booking_id, call)).collect();
        for (booking_id, event) in of_bookings {
            if let Some(call) = calls.get_mut(&booking_id) {
                call.apply(event);
            } else if let Some(call) = Call::begin(event) {
                calls.insert(booking_id, call);
            }
        }
        let calls: Vec<Call> = calls.into_values().collect();
        Ok(write(tx, generation, &calls).await?)
    }
}

impl Call {
    /// The row an urgent call begins with; bookings of a chosen time have none.
    fn begin(event: &BookingEvent) -> Option<Self> {
        let BookingEvent::Requested {
            booking_id,
            call_type: CallType::Urgent,
            at,
            ..
        } = event
        else {
            return None;
        };
        Some(Self {
            booking_id: *booking_id,
            requested_at: *at,
            waiting_since: None,
            clinic_id: None,
        })
    }

    fn apply(&mut self, event: &BookingEvent) {
        match event {
            BookingEvent::Secured { at, .. }
            | BookingEvent::Revived { at, .. }
            | BookingEvent::Unassigned { at, .. } => self.waiting_since = Some(*at),
            BookingEvent::Assigned { appointment, .. } => {
                self.waiting_since = None;
                self.clinic_id = appointment.clinic_id;
            }
            BookingEvent::NobodyFound { .. } | BookingEvent::Cancelled { .. } => self.waiting_since = None,
            _ => {}
        }
    }
}

async fn write(tx: &mut PgConnection, generation: i32, calls: &[Call]) -> Result<(), sqlx::Error> {
    BulkWrite::new(WRITE, generation, calls)
        .column(|call| call.booking_id.uuid())
        .time(|call| call.requested_at)
        .maybe_time(|call| call.waiting_since)
        .column(|call| call.clinic_id.map(ClinicId::uuid))
        .execute(tx)
        .await
}

impl FromRow<'_, PgRow> for Call {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            booking_id: sql_types::get_id(row, "booking_id")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            waiting_since: sql_types::get_maybe_time(row, "waiting_since")?,
            clinic_id: sql_types::get_maybe_id(row, "clinic_id")?,
        })
    }
}

impl FromRow<'_, PgRow> for OpenCall {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            booking_id: sql_types::get_id(row, "booking_id")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            waiting_since: sql_types::get_time(row, "waiting_since")?,
        })
    }
}

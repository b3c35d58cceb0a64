//! The question: a patient's bookings, newest first.

use domain::ids::PatientId;
use sqlx::PgPool;

use crate::booking_summary::table::{self, Order};
use crate::booking_summary::{BookingSummary, LineFilter};
use crate::page::{Cursor, Limit, Page};
use crate::{Model, QueryError};

/// A page of one patient's bookings, newest first; the filter's times bound when they were asked for.
pub async fn for_patient(
    pool: &PgPool,
    patient: PatientId,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let of_patient = ("patient_id = $3", Some(patient.uuid()));
    let list = (Model::PatientBookings, Order::Requested);
    table::page(pool, list, of_patient, filter, cursor, limit).await
}

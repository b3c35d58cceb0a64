//! The questions: a patient's bookings, newest first.

use domain::ids::PatientId;
use sqlx::PgPool;
use uuid::Uuid;

use crate::booking_summary::view::BookingSummary;
use crate::page::{Cursor, Limit, List, Page};
use crate::patient_bookings::view::{PatientBooking, PatientBookingsFilter};
use crate::{Model, QueryFault, sql_types};

const PAGE: &str = "
    select booking_id, patient_id, call_type, status, price, currency, fee, doctor_id, assigned, starts_at, ends_at,
           pay_by, requested_at, payments, version, clinic_id, agreed_doctor_id,
           agreed_starts_at, agreed_ends_at, escalation
    from patient_bookings
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and patient_id = $3
      and (requested_at, booking_id) < ($4, $5)
      and requested_at >= $6 and requested_at < $7
      and ($8::text is null or status = $8)
      and ($9::text is null or call_type = $9)
      and ($11::boolean is null or (escalation is not null) = $11)
    order by requested_at desc, booking_id desc
    limit $10";

/// A page of one patient's bookings, newest first.
///
/// # Errors
/// [`QueryFault::Cursor`] when the cursor is not one of this list, or what the database answers.
pub async fn for_patient(
    pool: &PgPool,
    patient: PatientId,
    filter: PatientBookingsFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PatientBooking>, QueryFault> {
    let (before, id) = match cursor {
        Some(cursor) => {
            let (micros, id) = cursor.place(List::Bookings)?;
            (sql_types::cursor_time(micros)?, id)
        }
        None => (sql_types::LATEST, Uuid::max()),
    };
    let lines: Vec<BookingSummary> = sqlx::query_as(PAGE)
        .bind(Model::PatientBookings.name())
        .bind(Model::PatientBookings.schema_version())
        .bind(patient.uuid())
        .bind(sql_types::time(before))
        .bind(id)
        .bind(sql_types::time(filter.from.unwrap_or(sql_types::EARLIEST)))
        .bind(sql_types::time(filter.to.unwrap_or(sql_types::LATEST)))
        .bind(filter.status.map(|status| status.as_str()))
        .bind(filter.call_type.map(|call_type| call_type.as_str()))
        .bind(limit.and_one_more())
        .bind(filter.escalated)
        .fetch_all(pool)
        .await?;
    Ok(Page::cut(lines, limit, |line| {
        Cursor::new(
            List::Bookings,
            line.requested_at.as_microsecond(),
            line.booking_id.uuid(),
        )
    }))
}

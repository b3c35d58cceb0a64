//! The questions: a doctor's visits by time, and everybody's bookings, newest first.

use domain::ids::{ClinicId, DoctorId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::booking_summary::view::BookingSummary;
use crate::doctor_agenda::view::{AgendaEntry, AgendaFilter};
use crate::page::{Cursor, Limit, List, Page};
use crate::{Model, QueryFault, sql_types};

const OF_DOCTOR: &str = "
    select booking_id, patient_id, call_type, status, price, currency, fee, doctor_id, assigned, starts_at, ends_at,
           pay_by, requested_at, payments, version, clinic_id, agreed_doctor_id,
           agreed_starts_at, agreed_ends_at, escalation
    from doctor_agenda
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and doctor_id = $3 and assigned
      and (starts_at, booking_id) > ($4, $5)
      and starts_at >= $6 and starts_at < $7
      and ($8::text is null or status = $8)
      and ($9::text is null or call_type = $9)
      and ($11::boolean is null or (escalation is not null) = $11)
    order by starts_at, booking_id
    limit $10";

const OF_ALL: &str = "
    select booking_id, patient_id, call_type, status, price, currency, fee, doctor_id, assigned, starts_at, ends_at,
           pay_by, requested_at, payments, version, clinic_id, agreed_doctor_id,
           agreed_starts_at, agreed_ends_at, escalation
    from doctor_agenda
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and (requested_at, booking_id) < ($3, $4)
      and requested_at >= $5 and requested_at < $6
      and ($7::text is null or status = $7)
      and ($8::text is null or call_type = $8)
      and ($10::uuid is null or clinic_id = $10)
      and ($11::boolean is null or (escalation is not null) = $11)
    order by requested_at desc, booking_id desc
    limit $9";

/// A page of the visits a doctor has or had, by their start, earliest first.
///
/// # Errors
/// [`QueryFault::Cursor`] when the cursor is not one of this list, or what the database answers.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    filter: AgendaFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<AgendaEntry>, QueryFault> {
    let (after, id) = match cursor {
        Some(cursor) => {
            let (micros, id) = cursor.place(List::Agenda)?;
            (sql_types::cursor_time(micros)?, id)
        }
        None => (sql_types::EARLIEST, Uuid::nil()),
    };
    let lines: Vec<BookingSummary> = sqlx::query_as(OF_DOCTOR)
        .bind(Model::DoctorAgenda.name())
        .bind(Model::DoctorAgenda.schema_version())
        .bind(doctor.uuid())
        .bind(sql_types::time(after))
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
        let start = line.visit.map_or(sql_types::EARLIEST, |visit| visit.start());
        Cursor::new(List::Agenda, start.as_microsecond(), line.booking_id.uuid())
    }))
}

/// A page of all bookings, newest first: for admins, or those of one clinic's doctors.
///
/// # Errors
/// [`QueryFault::Cursor`] when the cursor is not one of this list, or what the database answers.
pub async fn for_staff(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    filter: AgendaFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<AgendaEntry>, QueryFault> {
    let (before, id) = match cursor {
        Some(cursor) => {
            let (micros, id) = cursor.place(List::Bookings)?;
            (sql_types::cursor_time(micros)?, id)
        }
        None => (sql_types::LATEST, Uuid::max()),
    };
    let lines: Vec<BookingSummary> = sqlx::query_as(OF_ALL)
        .bind(Model::DoctorAgenda.name())
        .bind(Model::DoctorAgenda.schema_version())
        .bind(sql_types::time(before))
        .bind(id)
        .bind(sql_types::time(filter.from.unwrap_or(sql_types::EARLIEST)))
        .bind(sql_types::time(filter.to.unwrap_or(sql_types::LATEST)))
        .bind(filter.status.map(|status| status.as_str()))
        .bind(filter.call_type.map(|call_type| call_type.as_str()))
        .bind(limit.and_one_more())
        .bind(clinic.map(|clinic| clinic.uuid()))
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

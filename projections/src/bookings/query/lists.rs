//! Pages of bookings: a patient's and everybody's newest first, a doctor's by the time of the visit.

use domain::ids::{ClinicId, DoctorId, PatientId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::bookings::{BookingSummary, LineFilter, rows};
use crate::page::{Cursor, Limit, List, NEWEST_FIRST, OLDEST_FIRST, Page};
use crate::sql_types::{self, EARLIEST, LATEST, LIVE};
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
    page(pool, Order::Requested, of_patient, filter, cursor, limit).await
}

/// A page of the visits a doctor has or had, by their start, earliest first; the filter's times bound the start.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let of_doctor = ("doctor_id = $3 and assigned", Some(doctor.uuid()));
    page(pool, Order::Visit, of_doctor, filter, cursor, limit).await
}

/// A page of all bookings, newest first: for admins, or those of one clinic's doctors; the filter's times bound the request.
pub async fn for_staff(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let of_clinic = match clinic {
        Some(clinic) => ("clinic_id = $3", Some(clinic.uuid())),
        None => ("$3::uuid is null", None),
    };
    page(pool, Order::Requested, of_clinic, filter, cursor, limit).await
}

/// The orders of lists, each with the time that `from` and `to` bound and that cursors hold.
#[derive(Clone, Copy)]
enum Order {
    /// By when they were asked for, newest first.
    Requested,
    /// By the visit's start, earliest first.
    Visit,
}

/// How many bookings of a doctor's, chosen or sent, have not ended.
pub async fn open_with_doctor(pool: &PgPool, doctor: DoctorId) -> Result<i64, QueryError> {
    let sql = format!(
        "select count(*) from bookings
         where {LIVE} and doctor_id = $3
           and status not in ('completed', 'cancelled', 'expired', 'no_show', 'missed')"
    );
    let row: (i64,) = sql_types::live_as(Model::Bookings, &sql)
        .bind(doctor.uuid())
        .fetch_one(pool)
        .await?;
    Ok(row.0)
}

/// A page of the bookings that fulfil `owner`, a condition over `$3`.
async fn page(
    pool: &PgPool,
    order: Order,
    (owner, id_of_owner): (&str, Option<Uuid>),
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let (list, start, (time, behind, direction)) = match order {
        Order::Requested => (List::Bookings, NEWEST_FIRST, ("requested_at", "<", "desc")),
        Order::Visit => (List::Agenda, OLDEST_FIRST, ("starts_at", ">", "asc")),
    };
    let (at, id) = Cursor::time_place(cursor, list, start)?;
    let sql = format!(
        "select {} from bookings
         where {LIVE} and {owner} and ({time}, booking_id) {behind} ($4, $5) and {time} >= $6 and {time} < $7{}
         order by {time} {direction}, booking_id {direction}
         limit $8",
        rows::LINE_COLUMNS.as_str(),
        conditions(filter),
    );
    let query = sql_types::live_as(Model::Bookings, &sql)
        .bind(id_of_owner)
        .bind(at)
        .bind(id)
        .bind(sql_types::time(filter.from.unwrap_or(EARLIEST)))
        .bind(sql_types::time(filter.to.unwrap_or(LATEST)));
    let place = |line: &BookingSummary| {
        let at = match order {
            Order::Requested => line.requested_at,
            Order::Visit => line.visit.map_or(EARLIEST, |visit| visit.start()),
        };
        Cursor::at(list, at, line.booking_id.uuid())
    };
    Page::fetch(pool, query, limit, place).await
}

/// The filter's words, all of closed vocabularies, and ids, as constants: the partial indexes of rare ones are for them alone.
fn conditions(filter: LineFilter) -> String {
    let status = filter
        .status
        .map(|status| format!(" and status = '{}'", status.as_str()));
    let call_type = filter
        .call_type
        .map(|call_type| format!(" and call_type = '{}'", call_type.as_str()));
    let escalated = filter.escalated.map(|escalated| match escalated {
        true => " and escalation is not null".to_owned(),
        false => " and escalation is null".to_owned(),
    });
    let doctor = filter
        .doctor_id
        .map(|doctor| format!(" and doctor_id = '{}'", doctor.uuid()));
    [status, call_type, escalated, doctor]
        .into_iter()
        .flatten()
        .collect()
}

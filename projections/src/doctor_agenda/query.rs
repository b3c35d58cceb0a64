//! The questions: a doctor's visits by time, and everybody's bookings, newest first.

use domain::ids::{ClinicId, DoctorId};
use sqlx::PgPool;

use crate::booking_summary::table::{self, Order};
use crate::booking_summary::{BookingSummary, LineFilter};
use crate::page::{Cursor, Limit, Page};
use crate::{Model, QueryError};

/// A page of the visits a doctor has or had, by their start, earliest first; the filter's times bound the start.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let of_doctor = ("doctor_id = $3 and assigned", Some(doctor.uuid()));
    let list = (Model::DoctorAgenda, Order::Visit);
    table::page(pool, list, of_doctor, filter, cursor, limit).await
}

/// A page of all bookings, newest first: for admins, or those of one clinic's doctors; the filter's times bound the request.
pub async fn for_staff(
    pool: &PgPool,
    clinic: Option<ClinicId>,
    filter: LineFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<BookingSummary>, QueryError> {
    let of_clinic = ("($3::uuid is null or clinic_id = $3)", clinic.map(ClinicId::uuid));
    let list = (Model::DoctorAgenda, Order::Requested);
    table::page(pool, list, of_clinic, filter, cursor, limit).await
}

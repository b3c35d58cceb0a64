//! One booking in full, asked by its patient, its doctor, its clinic or staff.

use domain::ids::{BookingId, ClinicId, DoctorId, PatientId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::bookings::{BookingDetails, rows};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// A patient's own booking.
pub async fn for_patient(
    pool: &PgPool,
    patient: PatientId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryError> {
    one(pool, booking, [Some(patient.uuid()), None, None]).await
}

/// A booking whose visit this doctor has, or had when it ended.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryError> {
    one(pool, booking, [None, Some(doctor.uuid()), None]).await
}

/// A booking whose visit is one of this clinic's doctors'.
pub async fn for_clinic(
    pool: &PgPool,
    clinic: ClinicId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryError> {
    one(pool, booking, [None, None, Some(clinic.uuid())]).await
}

/// Any booking; for admins.
pub async fn for_staff(pool: &PgPool, booking: BookingId) -> Result<Option<BookingDetails>, QueryError> {
    one(pool, booking, [None; 3]).await
}

/// Of the patient, the doctor and the clinic, whose it must be; anybody's where all are absent.
async fn one(
    pool: &PgPool,
    booking: BookingId,
    [patient, doctor, clinic]: [Option<Uuid>; 3],
) -> Result<Option<BookingDetails>, QueryError> {
    let sql = format!(
        "select {} from bookings
         where {LIVE} and booking_id = $3
           and ($4::uuid is null or patient_id = $4)
           and ($5::uuid is null or (assigned and doctor_id = $5))
           and ($6::uuid is null or clinic_id = $6)",
        rows::COLUMNS.as_str(),
    );
    let details = sql_types::live_as(Model::Bookings, &sql)
        .bind(booking.uuid())
        .bind(patient)
        .bind(doctor)
        .bind(clinic)
        .fetch_optional(pool)
        .await?;
    Ok(details)
}

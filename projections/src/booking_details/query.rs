//! The questions: one booking, asked by its patient, its doctor or staff. Another's booking is not there.

use domain::ids::{BookingId, ClinicId, DoctorId, PatientId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::booking_details::BookingDetails;
use crate::{Model, QueryFault, sql_types};

const ONE: &str = "
    select booking_id, patient_id, call_type, status, price, currency, fee, doctor_id, assigned, starts_at, ends_at,
           pay_by, requested_at, payments, version, clinic_id, agreed_doctor_id,
           agreed_starts_at, agreed_ends_at, escalation, tariff_version, details_id, note_id, cancel_reason, secured_at,
           expired_at, assigned_at, departed_at, arrived_at, started_at, completed_at, no_show_at,
           missed_at, rescheduled_at, cancelled_at
    from booking_details
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and booking_id = $3
      and ($4::uuid is null or patient_id = $4)
      and ($5::uuid is null or (assigned and doctor_id = $5))
      and ($6::uuid is null or clinic_id = $6)";

/// A patient's own booking.
///
/// # Errors
/// What the database answers.
pub async fn for_patient(
    pool: &PgPool,
    patient: PatientId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryFault> {
    one(pool, booking, [Some(patient.uuid()), None, None]).await
}

/// A booking whose visit this doctor has, or had when it ended.
///
/// # Errors
/// What the database answers.
pub async fn for_doctor(
    pool: &PgPool,
    doctor: DoctorId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryFault> {
    one(pool, booking, [None, Some(doctor.uuid()), None]).await
}

/// A booking whose visit is one of this clinic's doctors'.
///
/// # Errors
/// What the database answers.
pub async fn for_clinic(
    pool: &PgPool,
    clinic: ClinicId,
    booking: BookingId,
) -> Result<Option<BookingDetails>, QueryFault> {
    one(pool, booking, [None, None, Some(clinic.uuid())]).await
}

/// Any booking; for admins.
///
/// # Errors
/// What the database answers.
pub async fn for_staff(pool: &PgPool, booking: BookingId) -> Result<Option<BookingDetails>, QueryFault> {
    one(pool, booking, [None; 3]).await
}

/// Of the patient, the doctor and the clinic, whose it must be; anybody's where all are absent.
async fn one(
    pool: &PgPool,
    booking: BookingId,
    [patient, doctor, clinic]: [Option<Uuid>; 3],
) -> Result<Option<BookingDetails>, QueryFault> {
    let details = sql_types::live_as(Model::BookingDetails, ONE)
        .bind(booking.uuid())
        .bind(patient)
        .bind(doctor)
        .bind(clinic)
        .fetch_optional(pool)
        .await?;
    Ok(details)
}

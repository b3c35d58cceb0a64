//! The questions: one booking, asked by its patient, its doctor or staff. Another's booking is not there.

use domain::ids::{BookingId, ClinicId, DoctorId, PatientId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::booking_details::view::BookingDetails;
use crate::{Model, QueryFault};

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
    one(pool, booking, BookingReader::Patient(patient)).await
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
    one(pool, booking, BookingReader::Doctor(doctor)).await
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
    one(pool, booking, BookingReader::Clinic(clinic)).await
}

/// Any booking; for admins.
///
/// # Errors
/// What the database answers.
pub async fn for_staff(pool: &PgPool, booking: BookingId) -> Result<Option<BookingDetails>, QueryFault> {
    one(pool, booking, BookingReader::Anybody).await
}

/// Whose booking is asked for.
#[derive(Clone, Copy)]
enum BookingReader {
    Patient(PatientId),
    Doctor(DoctorId),
    Clinic(ClinicId),
    Anybody,
}

async fn one(
    pool: &PgPool,
    booking: BookingId,
    reader: BookingReader,
) -> Result<Option<BookingDetails>, QueryFault> {
    let details = sqlx::query_as(ONE)
        .bind(Model::BookingDetails.name())
        .bind(Model::BookingDetails.schema_version())
        .bind(booking.uuid())
        .bind(match reader {
            BookingReader::Patient(patient) => Some(patient.uuid()),
            BookingReader::Doctor(_) | BookingReader::Clinic(_) | BookingReader::Anybody => None::<Uuid>,
        })
        .bind(match reader {
            BookingReader::Doctor(doctor) => Some(doctor.uuid()),
            BookingReader::Patient(_) | BookingReader::Clinic(_) | BookingReader::Anybody => None::<Uuid>,
        })
        .bind(match reader {
            BookingReader::Clinic(clinic) => Some(clinic.uuid()),
            BookingReader::Patient(_) | BookingReader::Doctor(_) | BookingReader::Anybody => None::<Uuid>,
        })
        .fetch_optional(pool)
        .await?;
    Ok(details)
}

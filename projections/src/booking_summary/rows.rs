//! The columns of a booking's line: written in bulk, read back by name.

use domain::booking::events::CallType;
use domain::booking::status::BookingStatus;
use domain::booking::status::EscalationReason;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, Row};

use crate::booking_summary::payments::Attempts;
use crate::booking_summary::{AgreedVisit, BookingSummary};
use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::sql_types;

/// The columns in the order in which [`copy`] writes them.
pub(crate) const COLUMNS: &str = "generation, booking_id, patient_id, call_type, status, price, currency, fee, \
     doctor_id, assigned, starts_at, ends_at, pay_by, requested_at, payments, version, clinic_id, \
     agreed_doctor_id, agreed_starts_at, agreed_ends_at, escalation";
pub(crate) const COLUMN_COUNT: i16 = 21;

/// Writes the values of [`COLUMNS`].
pub(crate) fn copy(rows: &mut CopyRows, generation: i32, line: &BookingSummary) -> Result<(), sqlx::Error> {
    rows.int(generation)
        .uuid(Some(line.booking_id.uuid()))
        .uuid(Some(line.patient_id.uuid()))
        .text(Some(line.call_type.as_str()))
        .text(Some(line.status.as_str()))
        .big(Some(line.price.minor))
        .text(Some(line.price.currency.code()))
        .big(line.fee.map(|fee| fee.minor))
        .uuid(line.doctor_id.map(|id| id.uuid()))
        .flag(line.assigned)
        .time(line.visit.map(|visit| visit.start()))
        .time(line.visit.map(|visit| visit.end()))
        .time(Some(line.pay_by))
        .time(Some(line.requested_at))
        .jsonb(payments(line)?.as_deref())
        .big(Some(line.version))
        .uuid(line.clinic_id.map(|id| id.uuid()))
        .uuid(line.agreed.map(|agreed| agreed.doctor_id.uuid()))
        .time(line.agreed.map(|agreed| agreed.visit.start()))
        .time(line.agreed.map(|agreed| agreed.visit.end()))
        .text(line.escalation.map(EscalationReason::as_str));
    Ok(())
}

/// The statement's parameter types that [`add_changes`] fills, from `$2`: the key, then what can change.
pub(crate) const CHANGE_TYPES: &str = "$2::uuid[], $3::text[], $4::bigint[], $5::uuid[], $6::boolean[], \
     $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::bigint[], $12::uuid[], \
     $13::uuid[], $14::timestamptz[], $15::timestamptz[], $16::text[]";
/// The names of these columns in `unnest`.
pub(crate) const CHANGE_NAMES: &str = "booking_id, status, fee, doctor_id, assigned, starts_at, ends_at, pay_by, payments, \
     version, clinic_id, agreed_doctor_id, agreed_starts_at, agreed_ends_at, escalation";
/// How they are set.
pub(crate) const CHANGE_SETS: &str = "status = r.status, fee = r.fee, doctor_id = r.doctor_id, assigned = r.assigned, \
     starts_at = r.starts_at, ends_at = r.ends_at, pay_by = r.pay_by, payments = r.payments::jsonb, version = r.version, \
     clinic_id = r.clinic_id, agreed_doctor_id = r.agreed_doctor_id, agreed_starts_at = r.agreed_starts_at, \
     agreed_ends_at = r.agreed_ends_at, escalation = r.escalation";

/// Adds the columns of [`CHANGE_TYPES`], of the lines of `rows`.
pub(crate) fn add_changes<'q, R>(
    write: BulkWrite<'q, R>,
    rows: &'q [R],
    line: fn(&R) -> &BookingSummary,
) -> Result<BulkWrite<'q, R>, sqlx::Error> {
    let payments = rows.iter().map(|row| payments(line(row)));
    let payments = payments.collect::<Result<Vec<_>, _>>()?;
    Ok(write
        .column(|row| line(row).booking_id.uuid())
        .column(|row| line(row).status.as_str())
        .column(|row| line(row).fee.map(|fee| fee.minor))
        .column(|row| line(row).doctor_id.map(|id| id.uuid()))
        .column(|row| line(row).assigned)
        .maybe_time(|row| line(row).visit.map(|visit| visit.start()))
        .maybe_time(|row| line(row).visit.map(|visit| visit.end()))
        .time(|row| line(row).pay_by)
        .values(payments)
        .column(|row| line(row).version)
        .column(|row| line(row).clinic_id.map(|id| id.uuid()))
        .column(|row| line(row).agreed.map(|agreed| agreed.doctor_id.uuid()))
        .maybe_time(|row| line(row).agreed.map(|agreed| agreed.visit.start()))
        .maybe_time(|row| line(row).agreed.map(|agreed| agreed.visit.end()))
        .column(|row| line(row).escalation.map(EscalationReason::as_str)))
}

fn payments(line: &BookingSummary) -> Result<Option<String>, sqlx::Error> {
    if line.payments.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&line.payments)
        .map(Some)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))
}

impl FromRow<'_, PgRow> for BookingSummary {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = sql_types::get_currency(row)?;
        let payments: Option<Json<Attempts>> = row.try_get("payments")?;
        Ok(Self {
            booking_id: sql_types::get_id(row, "booking_id")?,
            patient_id: sql_types::get_id(row, "patient_id")?,
            call_type: sql_types::get_word(row, "call_type", CallType::parse)?,
            status: sql_types::get_word(row, "status", BookingStatus::parse)?,
            price: sql_types::get_money(row, "price", currency)?,
            fee: sql_types::get_maybe_money(row, "fee")?,
            doctor_id: sql_types::get_maybe_id(row, "doctor_id")?,
            clinic_id: sql_types::get_maybe_id(row, "clinic_id")?,
            assigned: row.try_get("assigned")?,
            visit: sql_types::get_range(row, "starts_at", "ends_at")?,
            agreed: agreed(row)?,
            escalation: sql_types::get_maybe_word(row, "escalation", EscalationReason::parse)?,
            pay_by: sql_types::get_time(row, "pay_by")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            payments: payments.map(|Json(payments)| payments).unwrap_or_default(),
            version: row.try_get("version")?,
        })
    }
}

fn agreed(row: &PgRow) -> Result<Option<AgreedVisit>, sqlx::Error> {
    let doctor_id = sql_types::get_maybe_id(row, "agreed_doctor_id")?;
    let visit = sql_types::get_range(row, "agreed_starts_at", "agreed_ends_at")?;
    Ok(doctor_id
        .zip(visit)
        .map(|(doctor_id, visit)| AgreedVisit { doctor_id, visit }))
}

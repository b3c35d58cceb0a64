//! The columns of `bookings`: written in bulk, read back by name.

use std::sync::LazyLock;

use domain::booking::events::{CallType, CancelReason};
use domain::booking::status::{BookingStatus, EscalationReason};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, Row};

use crate::bookings::payments::Attempts;
use crate::bookings::steps;
use crate::bookings::{AgreedVisit, BookingDetails, BookingSummary, OpenCall};
use crate::bulk_copy::CopyRows;
use crate::bulk_write::BulkWrite;
use crate::sql_types;

/// What a booking is asked for with; none of it changes.
const FIXED: [&str; 9] = [
    "generation",
    "booking_id",
    "patient_id",
    "call_type",
    "price",
    "currency",
    "requested_at",
    "tariff_version",
    "details_id",
];

/// What a list shows of what can change, with the types of the columns; the steps of the visit, which it shows too, follow [`MORE_CHANGING`].
const LINE_CHANGING: [(&str, &str); 14] = [
    ("status", "text"),
    ("fee", "bigint"),
    ("doctor_id", "uuid"),
    ("assigned", "boolean"),
    ("starts_at", "timestamptz"),
    ("ends_at", "timestamptz"),
    ("pay_by", "timestamptz"),
    ("payments", "jsonb"),
    ("version", "bigint"),
    ("clinic_id", "uuid"),
    ("agreed_doctor_id", "uuid"),
    ("agreed_starts_at", "timestamptz"),
    ("agreed_ends_at", "timestamptz"),
    ("escalation", "text"),
];
const MORE_CHANGING: [(&str, &str); 3] = [
    ("note_id", "uuid"),
    ("cancel_reason", "text"),
    ("waiting_since", "timestamptz"),
];

/// Every column that can change, in the order in which they are written.
fn changing() -> impl Iterator<Item = (&'static str, &'static str)> {
    let steps = steps::COLUMNS.map(|(name, _)| (name, "timestamptz"));
    LINE_CHANGING.into_iter().chain(MORE_CHANGING).chain(steps)
}

fn listed(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The columns of a list's line.
pub(super) static LINE_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let steps = steps::COLUMNS.map(|(name, _)| name);
    let names = FIXED
        .into_iter()
        .chain(LINE_CHANGING.map(|(name, _)| name))
        .chain(steps);
    listed(names.map(str::to_owned))
});

/// Every column, in the order in which they are copied.
pub(super) static COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let names = FIXED.into_iter().chain(changing().map(|(name, _)| name));
    listed(names.map(str::to_owned))
});

/// Loads rows by their bookings: see [`sql_types::load`].
pub(super) static LOAD: LazyLock<String> = LazyLock::new(|| {
    let columns = COLUMNS.as_str();
    format!("select {columns} from bookings where generation = $1 and booking_id = any($2)")
});

/// Rewrites what can change; jsonb is given as text.
static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let sets = listed(changing().map(|(name, kind)| format!("{name} = r.{name}::{kind}")));
    let names = listed(changing().map(|(name, _)| name.to_owned()));
    let arrays = listed((3..).zip(changing()).map(|(number, (_, kind))| {
        let kind = if kind == "jsonb" { "text" } else { kind };
        format!("${number}::{kind}[]")
    }));
    format!(
        "update bookings t set {sets} from unnest($2::uuid[], {arrays}) as r (booking_id, {names})
         where t.generation = $1 and t.booking_id = any ($2) and t.booking_id = r.booking_id"
    )
});

/// Adds the new rows and rewrites the changed ones.
pub(super) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    new: &[BookingDetails],
    changed: &[BookingDetails],
) -> Result<(), sqlx::Error> {
    let fields = i16::try_from(FIXED.len() + changing().count()).unwrap_or(i16::MAX);
    let mut rows = CopyRows::new(fields);
    for details in new {
        copy(rows.row(), generation, details)?;
    }
    rows.send(tx, &format!("bookings ({})", COLUMNS.as_str())).await?;
    update(tx, generation, changed).await
}

fn copy(row: &mut CopyRows, generation: i32, details: &BookingDetails) -> Result<(), sqlx::Error> {
    let line = &details.line;
    row.int(generation)
        .uuid(Some(line.booking_id.uuid()))
        .uuid(Some(line.patient_id.uuid()))
        .text(Some(line.call_type.as_str()))
        .big(Some(line.price.minor))
        .text(Some(line.price.currency.code()))
        .time(Some(line.requested_at))
        .int(i32::try_from(line.tariff_version).unwrap_or(i32::MAX))
        .uuid(details.details.map(|id| id.uuid()))
        .text(Some(line.status.as_str()))
        .big(line.fee.map(|fee| fee.minor))
        .uuid(line.doctor_id.map(|id| id.uuid()))
        .flag(line.assigned)
        .time(line.visit.map(|visit| visit.start()))
        .time(line.visit.map(|visit| visit.end()))
        .time(Some(line.pay_by))
        .jsonb(payments(line)?.as_deref())
        .big(Some(line.version))
        .uuid(line.clinic_id.map(|id| id.uuid()))
        .uuid(line.agreed.map(|agreed| agreed.doctor_id.uuid()))
        .time(line.agreed.map(|agreed| agreed.visit.start()))
        .time(line.agreed.map(|agreed| agreed.visit.end()))
        .text(line.escalation.map(EscalationReason::as_str))
        .uuid(details.note.map(|id| id.uuid()))
        .text(details.cancel_reason.map(CancelReason::as_str))
        .time(details.waiting_since);
    for step in steps::COLUMNS {
        row.time(steps::get(line.steps, step));
    }
    Ok(())
}

async fn update(
    tx: &mut PgConnection,
    generation: i32,
    changed: &[BookingDetails],
) -> Result<(), sqlx::Error> {
    let payments = changed.iter().map(|row| payments(&row.line));
    let payments = payments.collect::<Result<Vec<_>, _>>()?;
    let mut write = BulkWrite::new(&UPDATE, generation, changed)
        .column(|row| row.line.booking_id.uuid())
        .column(|row| row.line.status.as_str())
        .column(|row| row.line.fee.map(|fee| fee.minor))
        .column(|row| row.line.doctor_id.map(|id| id.uuid()))
        .column(|row| row.line.assigned)
        .maybe_time(|row| row.line.visit.map(|visit| visit.start()))
        .maybe_time(|row| row.line.visit.map(|visit| visit.end()))
        .time(|row| row.line.pay_by)
        .values(payments)
        .column(|row| row.line.version)
        .column(|row| row.line.clinic_id.map(|id| id.uuid()))
        .column(|row| row.line.agreed.map(|agreed| agreed.doctor_id.uuid()))
        .maybe_time(|row| row.line.agreed.map(|agreed| agreed.visit.start()))
        .maybe_time(|row| row.line.agreed.map(|agreed| agreed.visit.end()))
        .column(|row| row.line.escalation.map(EscalationReason::as_str))
        .column(|row| row.note.map(|id| id.uuid()))
        .column(|row| row.cancel_reason.map(CancelReason::as_str))
        .maybe_time(|row| row.waiting_since);
    for step in steps::COLUMNS {
        write = write.maybe_time(|row| steps::get(row.line.steps, step));
    }
    write.execute(tx).await
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
        let tariff_version: i32 = row.try_get("tariff_version")?;
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
            tariff_version: u32::try_from(tariff_version)
                .map_err(|_| sql_types::unreadable("tariff_version"))?,
            payments: payments.map(|Json(payments)| payments).unwrap_or_default(),
            steps: steps::of_row(row)?,
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

impl FromRow<'_, PgRow> for BookingDetails {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            line: BookingSummary::from_row(row)?,
            details: sql_types::get_maybe_id(row, "details_id")?,
            note: sql_types::get_maybe_id(row, "note_id")?,
            cancel_reason: sql_types::get_maybe_word(row, "cancel_reason", CancelReason::parse)?,
            waiting_since: sql_types::get_maybe_time(row, "waiting_since")?,
        })
    }
}

impl FromRow<'_, PgRow> for OpenCall {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            booking_id: sql_types::get_id(row, "booking_id")?,
            patient_id: sql_types::get_id(row, "patient_id")?,
            details: sql_types::get_maybe_id(row, "details_id")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            waiting_since: sql_types::get_time(row, "waiting_since")?,
        })
    }
}

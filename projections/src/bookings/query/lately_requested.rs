//! What a patient has asked for lately, whatever came of it.

use domain::booking::events::CallType;
use domain::ids::PatientId;
use domain::policy::patient_limits::RequestedBooking;
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;

use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// More than any limit that is set.
const REQUESTED_MAX: i64 = 1_000;

/// A patient's bookings that were requested after `since`, the latest first. By the index on the patient and the time.
pub async fn lately_requested(
    pool: &PgPool,
    patient: PatientId,
    since: Timestamp,
) -> Result<Vec<RequestedBooking>, QueryError> {
    let sql = format!(
        "select requested_at, call_type from bookings
         where {LIVE} and patient_id = $3 and requested_at > $4
         order by requested_at desc
         limit $5"
    );
    let rows: Vec<(SqlTimestamp, String)> = sql_types::live_as(Model::Bookings, &sql)
        .bind(patient.uuid())
        .bind(since.to_sqlx())
        .bind(REQUESTED_MAX)
        .fetch_all(pool)
        .await?;
    let requested = rows.into_iter().map(|(at, call_type)| RequestedBooking {
        at: at.to_jiff(),
        urgent: call_type == CallType::Urgent.as_str(),
    });
    Ok(requested.collect())
}

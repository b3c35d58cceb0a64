//! The question: when can a doctor still be booked?

use domain::ids::DoctorId;
use domain::time::TimeRange;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};

use crate::open_slots::view::OpenSlot;
use crate::{Model, QueryFault, stored};

/// Slots of one answer at most: three weeks of a very busy doctor.
pub const SLOTS_MAX: i64 = 1_000;

/// Only claims of the neighbouring days can reach a slot; two days either side, because a doctor may change zones.
const BETWEEN: &str = "
    select s.doctor_id, s.starts_at, s.ends_at, s.day
    from open_slots s
    where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and s.doctor_id = $3 and s.starts_at >= $4 and s.starts_at < $5
      and not exists (
          select 1 from open_slots__taken t
          where t.generation = s.generation and t.doctor_id = s.doctor_id and t.day between s.day - 2 and s.day + 2
            and t.occupied_from < s.occupied_until and s.occupied_from < t.occupied_until)
    order by s.starts_at
    limit $6";

/// The slots that begin between two instants (the first included) and that nothing takes, by their start; at most
/// [`SLOTS_MAX`].
///
/// # Errors
/// What the database answers.
pub async fn between(
    pool: &PgPool,
    doctor: DoctorId,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<OpenSlot>, QueryFault> {
    let slots = sqlx::query_as(BETWEEN)
        .bind(Model::OpenSlots.name())
        .bind(Model::OpenSlots.schema_version())
        .bind(doctor.uuid())
        .bind(stored::time(from.max(stored::EARLIEST)))
        .bind(stored::time(to))
        .bind(SLOTS_MAX)
        .fetch_all(pool)
        .await?;
    Ok(slots)
}

impl FromRow<'_, PgRow> for OpenSlot {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (start, end) = (
            stored::get_time(row, "starts_at")?,
            stored::get_time(row, "ends_at")?,
        );
        Ok(Self {
            doctor_id: stored::get_id(row, "doctor_id")?,
            visit: TimeRange::new(start, end).map_err(|_| stored::unreadable("ends_at"))?,
            day: row.try_get::<jiff_sqlx::Date, _>("day")?.to_jiff(),
        })
    }
}

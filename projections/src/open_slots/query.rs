//! The question: when can a doctor still be booked?

use domain::ids::DoctorId;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};
use uuid::Uuid;

use crate::open_slots::OpenSlot;
use crate::page::{Cursor, Limit, List, OLDEST_FIRST, Page};
use crate::{Model, QueryError, sql_types};

/// Only claims of the neighbouring days can reach a slot; two days either side, because a doctor may change zones.
const BETWEEN: &str = "
    select s.doctor_id, s.starts_at, s.ends_at, s.day
    from open_slots s
    where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and s.doctor_id = $3 and s.starts_at >= $4 and s.starts_at < $5 and s.starts_at > $6
      and not exists (
          select 1 from open_slots__taken t
          where t.generation = s.generation and t.doctor_id = s.doctor_id and t.day between s.day - 2 and s.day + 2
            and t.occupied_from < s.occupied_until and s.occupied_from < t.occupied_until)
    order by s.starts_at
    limit $7";

/// A page of the slots that begin between two instants (the first included) and that nothing takes, by their start.
pub async fn between(
    pool: &PgPool,
    doctor: DoctorId,
    from: Timestamp,
    to: Timestamp,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<OpenSlot>, QueryError> {
    // Two slots of a doctor never begin together: the start alone is the place.
    let (after, _) = Cursor::time_place(cursor, List::Slots, OLDEST_FIRST)?;
    let query = sql_types::live_as(Model::OpenSlots, BETWEEN)
        .bind(doctor.uuid())
        .bind(sql_types::time(from.max(sql_types::EARLIEST)))
        .bind(sql_types::time(to))
        .bind(after);
    let place = |slot: &OpenSlot| Cursor::at(List::Slots, slot.visit.start(), Uuid::nil());
    Page::fetch(pool, query, limit, place).await
}

const BEGINS: &str = "
    select s.doctor_id, s.starts_at, s.ends_at, s.day
    from open_slots s
    where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and s.doctor_id = $3 and s.starts_at = $4";

/// The slot of a doctor that begins then, free or taken.
pub async fn begins_at(
    pool: &PgPool,
    doctor: DoctorId,
    starts_at: Timestamp,
) -> Result<Option<OpenSlot>, QueryError> {
    let query = sql_types::live_as(Model::OpenSlots, BEGINS);
    let query = query.bind(doctor.uuid()).bind(sql_types::time(starts_at));
    Ok(query.fetch_optional(pool).await?)
}

impl FromRow<'_, PgRow> for OpenSlot {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let visit = sql_types::get_range(row, "starts_at", "ends_at")?;
        Ok(Self {
            doctor_id: sql_types::get_id(row, "doctor_id")?,
            visit: visit.ok_or_else(|| sql_types::unreadable("starts_at"))?,
            day: row.try_get::<jiff_sqlx::Date, _>("day")?.to_jiff(),
        })
    }
}

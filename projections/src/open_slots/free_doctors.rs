//! Which of some doctors are free for a while.

use domain::ids::DoctorId;
use domain::time::TimeRange;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Row};
use uuid::Uuid;

use crate::{Model, QueryError, sql_types};

/// A doctor whom no claim and no block takes for the while in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeDoctor {
    pub doctor_id: DoctorId,
    /// Whether the while begins within the doctor's open hours.
    pub in_open_hours: bool,
}

/// What reaches into the while lies in the days around it; two either side, because a doctor may change zones.
const FREE: &str = "
    select d.doctor_id,
           exists (select 1 from open_slots s
                   where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
                     and s.doctor_id = d.doctor_id
                     and s.starts_at > $4 - interval '1 day' and s.starts_at <= $4 and s.ends_at > $4) as in_open_hours
    from unnest($3::uuid[]) as d (doctor_id)
    where not exists (
        select 1 from open_slots__taken t
        where t.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
          and t.doctor_id = d.doctor_id
          and t.day between ($4 at time zone 'utc')::date - 2 and ($5 at time zone 'utc')::date + 2
          and t.occupied_from < $5 and $4 < t.occupied_until)";

/// Those of `doctors` whose time nothing takes within `range`, in no particular order.
///
/// # Errors
/// Faults of the database.
pub async fn free_within(
    pool: &PgPool,
    doctors: &[DoctorId],
    range: TimeRange,
) -> Result<Vec<FreeDoctor>, QueryError> {
    if doctors.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = doctors.iter().map(|doctor| doctor.uuid()).collect();
    let query = sql_types::live_as(Model::OpenSlots, FREE)
        .bind(ids)
        .bind(sql_types::time(range.start()))
        .bind(sql_types::time(range.end()));
    Ok(query.fetch_all(pool).await?)
}

impl FromRow<'_, PgRow> for FreeDoctor {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            doctor_id: sql_types::get_id(row, "doctor_id")?,
            in_open_hours: row.try_get("in_open_hours")?,
        })
    }
}

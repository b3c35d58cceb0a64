//! When doctors can be booked next.

use domain::ids::DoctorId;
use jiff::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use crate::open_slots::OpenSlot;
use crate::{Model, QueryError, sql_types};

/// For each doctor the first slot that nothing takes; only claims of the neighbouring days can reach one.
const NEXT: &str = "
    select d.doctor_id, s.starts_at, s.ends_at, s.day
    from unnest($3::uuid[]) as d (doctor_id)
    cross join lateral (
        select s.starts_at, s.ends_at, s.day
        from open_slots s
        where s.generation = (select live_generation from read_models where model = $1 and schema_version = $2)
          and s.doctor_id = d.doctor_id and s.starts_at >= $4 and s.starts_at < $5
          and not exists (
              select 1 from open_slots__taken t
              where t.generation = s.generation and t.doctor_id = s.doctor_id and t.day between s.day - 2 and s.day + 2
                and t.occupied_from < s.occupied_until and s.occupied_from < t.occupied_until)
        order by s.starts_at
        limit 1) s";

/// The first free slot of each of `doctors` that begins between two instants (the first included), in no particular order;
/// whoever has none is absent.
///
/// # Errors
/// Faults of the database.
pub async fn next_free(
    pool: &PgPool,
    doctors: &[DoctorId],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<OpenSlot>, QueryError> {
    if doctors.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = doctors.iter().map(|doctor| doctor.uuid()).collect();
    let query = sql_types::live_as(Model::OpenSlots, NEXT)
        .bind(ids)
        .bind(sql_types::time(from))
        .bind(sql_types::time(to));
    Ok(query.fetch_all(pool).await?)
}

//! The columns of `open_slots`, `open_slots__taken` and `open_slots__blocks`, written in bulk.

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use crate::bulk_write::BulkWrite;
use crate::open_slots::blocks;
use crate::open_slots::projector::Changes;

const CLEAR_DAYS: &str = "
    delete from open_slots s using unnest($2::uuid[], $3::date[]) as r (doctor_id, day)
    where s.generation = $1 and s.doctor_id = any ($2) and s.doctor_id = r.doctor_id and s.day = r.day";

const ADD_SLOTS: &str = "
    insert into open_slots (generation, doctor_id, day, starts_at, ends_at, occupied_from, occupied_until)
    select $1, r.* from unnest($2::uuid[], $3::date[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                               $7::timestamptz[]) as r
    on conflict do nothing";

const TAKE: &str = "
    insert into open_slots__taken as t (generation, doctor_id, day, taken_by, occupied_from, occupied_until)
    select $1, r.* from unnest($2::uuid[], $3::date[], $4::uuid[], $5::timestamptz[], $6::timestamptz[]) as r
    on conflict (generation, doctor_id, day, taken_by)
    do update set occupied_from = excluded.occupied_from, occupied_until = excluded.occupied_until";

const FREE: &str = "
    delete from open_slots__taken t using unnest($2::uuid[], $3::date[], $4::uuid[]) as r (doctor_id, day, taken_by)
    where t.generation = $1 and t.doctor_id = any ($2) and t.doctor_id = r.doctor_id and t.day = r.day
      and t.taken_by = r.taken_by";

/// Writes what a batch leaves behind.
pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    clear_days(tx, generation, changes).await?;
    add_slots(tx, generation, changes).await?;
    take(tx, generation, changes).await?;
    free(tx, generation, changes).await?;
    blocks::write(tx, generation, changes).await
}

/// Days that closed or grew offer nothing of what they offered before.
async fn clear_days(tx: &mut PgConnection, generation: i32, changes: &Changes) -> Result<(), sqlx::Error> {
    let anew: Vec<_> = changes
        .days
        .iter()
        .filter(|(_, day)| day.anew)
        .map(|(key, _)| key)
        .collect();
    BulkWrite::new(CLEAR_DAYS, generation, &anew)
        .column(|(doctor_id, _)| doctor_id.uuid())
        .column(|(_, day)| day.to_sqlx())
        .execute(tx)
        .await
}

async fn add_slots(tx: &mut PgConnection, generation: i32, changes: &Changes) -> Result<(), sqlx::Error> {
    let slots: Vec<_> = changes.days.values().flat_map(|day| &day.slots).collect();
    BulkWrite::new(ADD_SLOTS, generation, &slots)
        .column(|slot| slot.doctor_id.uuid())
        .column(|slot| slot.day.to_sqlx())
        .time(|slot| slot.visit.start())
        .time(|slot| slot.visit.end())
        .time(|slot| slot.occupied.start())
        .time(|slot| slot.occupied.end())
        .execute(tx)
        .await
}

async fn take(tx: &mut PgConnection, generation: i32, changes: &Changes) -> Result<(), sqlx::Error> {
    let taken: Vec<_> = changes
        .taken
        .iter()
        .filter_map(|(key, occupied)| Some((key, (*occupied)?)))
        .collect();
    BulkWrite::new(TAKE, generation, &taken)
        .column(|((doctor_id, ..), _)| doctor_id.uuid())
        .column(|((_, day, _), _)| day.to_sqlx())
        .column(|((.., by), _)| *by)
        .time(|(_, occupied)| occupied.start())
        .time(|(_, occupied)| occupied.end())
        .execute(tx)
        .await
}

async fn free(tx: &mut PgConnection, generation: i32, changes: &Changes) -> Result<(), sqlx::Error> {
    let free: Vec<_> = changes
        .taken
        .iter()
        .filter(|(_, occupied)| occupied.is_none())
        .map(|(key, _)| key)
        .collect();
    if free.is_empty() {
        return Ok(());
    }
    BulkWrite::new(FREE, generation, &free)
        .column(|(doctor_id, ..)| doctor_id.uuid())
        .column(|(_, day, _)| day.to_sqlx())
        .column(|(.., by)| *by)
        .execute(tx)
        .await
}

//! What doctors keep free: one row for a block, however many days it touches; a block taken back stays, without its place
//! in the list, so that taking it back again finds it.

use domain::ids::{BlockId, DoctorId};
use domain::time::TimeRange;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool};

use crate::open_slots::Block;
use crate::open_slots::projector::Changes;
use crate::page::{Cursor, Limit, List, OLDEST_FIRST, Page};
use crate::{Model, QueryError, sql_types};

const ADD: &str = "
    insert into open_slots__blocks as b (generation, doctor_id, block_id, starts_at, ends_at, standing)
    select $1, r.*, true from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[]) as r
    on conflict do nothing";

const TAKE_BACK: &str = "
    update open_slots__blocks b set standing = false
    from unnest($2::uuid[], $3::uuid[]) as r (doctor_id, block_id)
    where b.generation = $1 and b.doctor_id = r.doctor_id and b.block_id = r.block_id";

const STANDING: &str = "
    select block_id, starts_at, ends_at from open_slots__blocks
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and doctor_id = $3 and standing and ends_at > $4 and (starts_at, block_id) > ($5, $6)
    order by starts_at, block_id
    limit $7";

const EVER: &str = "
    select block_id, starts_at, ends_at from open_slots__blocks
    where generation = (select live_generation from read_models where model = $1 and schema_version = $2)
      and doctor_id = $3 and block_id = $4";

/// Writes what a batch leaves behind. Ids of blocks are never used again, so a block that was taken back stays so.
pub(super) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    changes: &Changes,
) -> Result<(), sqlx::Error> {
    if !changes.blocked.is_empty() {
        let blocked = &changes.blocked;
        sqlx::query(ADD)
            .bind(generation)
            .bind(
                blocked
                    .keys()
                    .map(|(doctor, _)| doctor.uuid())
                    .collect::<Vec<_>>(),
            )
            .bind(blocked.keys().map(|(_, block)| block.uuid()).collect::<Vec<_>>())
            .bind(
                blocked
                    .values()
                    .map(|range| sql_types::time(range.start()))
                    .collect::<Vec<_>>(),
            )
            .bind(
                blocked
                    .values()
                    .map(|range| sql_types::time(range.end()))
                    .collect::<Vec<_>>(),
            )
            .execute(&mut *tx)
            .await?;
    }
    if !changes.taken_back.is_empty() {
        let back = &changes.taken_back;
        sqlx::query(TAKE_BACK)
            .bind(generation)
            .bind(back.iter().map(|(doctor, _)| doctor.uuid()).collect::<Vec<_>>())
            .bind(back.iter().map(|(_, block)| block.uuid()).collect::<Vec<_>>())
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// A page of the blocks of a doctor that end after an instant, by their start.
pub async fn standing(
    pool: &PgPool,
    doctor: DoctorId,
    ending_after: Timestamp,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<Block>, QueryError> {
    let (after, id) = Cursor::time_place(cursor, List::Blocks, OLDEST_FIRST)?;
    let blocks: Vec<Block> = sql_types::live_as(Model::OpenSlots, STANDING)
        .bind(doctor.uuid())
        .bind(sql_types::time(ending_after.max(sql_types::EARLIEST)))
        .bind(after)
        .bind(id)
        .bind(limit.and_one_more())
        .fetch_all(pool)
        .await?;
    Ok(Page::cut(blocks, limit, |block| {
        Cursor::new(
            List::Blocks,
            block.range.start().as_microsecond(),
            block.block_id.uuid(),
        )
    }))
}

/// A block of a doctor, also one that was taken back.
pub async fn ever(pool: &PgPool, doctor: DoctorId, block: BlockId) -> Result<Option<Block>, QueryError> {
    let block = sql_types::live_as(Model::OpenSlots, EVER)
        .bind(doctor.uuid())
        .bind(block.uuid())
        .fetch_optional(pool)
        .await?;
    Ok(block)
}

impl FromRow<'_, PgRow> for Block {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (start, end) = (
            sql_types::get_time(row, "starts_at")?,
            sql_types::get_time(row, "ends_at")?,
        );
        Ok(Self {
            block_id: sql_types::get_id(row, "block_id")?,
            range: TimeRange::new(start, end).map_err(|_| sql_types::unreadable("ends_at"))?,
        })
    }
}

//! What doctors keep free: one row for a block, however many days it touches; a block taken back stays, without its place
//! in the list, so that taking it back again finds it.

use domain::ids::{BlockId, DoctorId};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool};

use crate::bulk_write::BulkWrite;
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
    where b.generation = $1 and b.doctor_id = any ($2) and b.doctor_id = r.doctor_id and b.block_id = r.block_id";

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
    let blocked: Vec<_> = changes.blocked.iter().collect();
    BulkWrite::new(ADD, generation, &blocked)
        .column(|((doctor_id, _), _)| doctor_id.uuid())
        .column(|((_, block_id), _)| block_id.uuid())
        .time(|(_, range)| range.start())
        .time(|(_, range)| range.end())
        .execute(tx)
        .await?;
    let taken_back: Vec<_> = changes.taken_back.iter().collect();
    BulkWrite::new(TAKE_BACK, generation, &taken_back)
        .column(|(doctor_id, _)| doctor_id.uuid())
        .column(|(_, block_id)| block_id.uuid())
        .execute(tx)
        .await
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
    let query = sql_types::live_as(Model::OpenSlots, STANDING)
        .bind(doctor.uuid())
        .bind(sql_types::time(ending_after.max(sql_types::EARLIEST)))
        .bind(after)
        .bind(id);
    let place = |block: &Block| Cursor::at(List::Blocks, block.range.start(), block.block_id.uuid());
    Page::fetch(pool, query, limit, place).await
}

/// A block of a doctor, also one that was taken back.
pub async fn ever(pool: &PgPool, doctor: DoctorId, block: BlockId) -> Result<Option<Block>, QueryError> {
    let query = sql_types::live_as(Model::OpenSlots, EVER);
    let query = query.bind(doctor.uuid()).bind(block.uuid());
    Ok(query.fetch_optional(pool).await?)
}

impl FromRow<'_, PgRow> for Block {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let range = sql_types::get_range(row, "starts_at", "ends_at")?;
        Ok(Self {
            block_id: sql_types::get_id(row, "block_id")?,
            range: range.ok_or_else(|| sql_types::unreadable("starts_at"))?,
        })
    }
}

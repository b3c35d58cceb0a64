//! The columns of payouts: written together, read back by name.

use domain::payout::events::PayoutPurpose;
use domain::payout::status::PayoutStatus;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use crate::bulk_write::BulkWrite;
use crate::payouts::PayoutRow;
use crate::sql_types;

pub(crate) const LOAD: &str = "
    select payout_id, owner_id, purpose, amount, currency, status, checking, code, requested_at, ended_at, version,
           provider_id
    from payouts where generation = $1 and payout_id = any($2)";

const WRITE: &str = "
    insert into payouts (generation, payout_id, owner_id, purpose, amount, currency, status, checking, code,
                         requested_at, ended_at, version, provider_id)
    select $1, r.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::boolean[],
                               $9::text[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::text[]) as r
    on conflict (generation, payout_id) do update
    set status = excluded.status, checking = excluded.checking, code = excluded.code, ended_at = excluded.ended_at,
        version = excluded.version, provider_id = excluded.provider_id";

pub(crate) async fn write(
    tx: &mut PgConnection,
    generation: i32,
    rows: &[PayoutRow],
) -> Result<(), sqlx::Error> {
    BulkWrite::new(WRITE, generation, rows)
        .column(|row| row.payout_id.uuid())
        .column(|row| row.owner_id.uuid())
        .column(|row| row.purpose.as_str())
        .column(|row| row.amount.minor)
        .column(|row| row.amount.currency.code())
        .column(|row| row.status.as_str())
        .column(|row| row.checking)
        .column(|row| row.code.as_deref())
        .time(|row| row.requested_at)
        .maybe_time(|row| row.ended_at)
        .column(|row| row.version)
        .column(|row| row.provider_id.as_deref())
        .execute(tx)
        .await
}

impl FromRow<'_, PgRow> for PayoutRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = sql_types::get_currency(row)?;
        Ok(Self {
            payout_id: sql_types::get_id(row, "payout_id")?,
            owner_id: sql_types::get_id(row, "owner_id")?,
            purpose: sql_types::get_word(row, "purpose", PayoutPurpose::parse)?,
            amount: sql_types::get_money(row, "amount", currency)?,
            status: sql_types::get_word(row, "status", PayoutStatus::parse)?,
            checking: row.try_get("checking")?,
            provider_id: row.try_get("provider_id")?,
            code: row.try_get("code")?,
            requested_at: sql_types::get_time(row, "requested_at")?,
            ended_at: sql_types::get_maybe_time(row, "ended_at")?,
            version: row.try_get("version")?,
        })
    }
}

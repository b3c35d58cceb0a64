//! The questions about payouts: single ones, pages for people, and stretches of time to compare with the gateway's.

use domain::ids::{AccountId, PayoutId};
use domain::payout::status::PayoutStatus;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow as _, PgPool, Row};
use uuid::Uuid;

use crate::page::{Cursor, Limit, List, Page};
use crate::payouts::view::{PayoutFilter, PayoutRow, PayoutTotalRow};
use crate::{Model, QueryFault, sql_types};

/// What every question begins with: the generation that readers see.
const LIVE: &str =
    "generation = (select live_generation from read_models where model = $1 and schema_version = $2)";
/// What every row is read from, by name: a column that is added later changes no question that is asked already.
const COLUMNS: &str = "payout_id, owner_id, purpose, amount, currency, status, checking, code, requested_at, ended_at, \
                       version, provider_id";

/// Whose payouts stands as a condition of its own: it has its index.
fn many(owner: Option<Uuid>) -> String {
    let of_owner = if owner.is_some() {
        "owner_id = $5"
    } else {
        "$5::uuid is null"
    };
    format!(
        "select {COLUMNS} from payouts
         where {LIVE} and (requested_at, payout_id) < ($3, $4) and {of_owner} and ($6::text is null or status = $6)
         order by requested_at desc, payout_id desc
         limit $7"
    )
}

/// An owner's own payout.
///
/// # Errors
/// What the database answers.
pub async fn for_owner(
    pool: &PgPool,
    owner: AccountId,
    payout: PayoutId,
) -> Result<Option<PayoutRow>, QueryFault> {
    one(pool, payout, Some(owner.uuid())).await
}

/// Any payout; for admins.
///
/// # Errors
/// What the database answers.
pub async fn for_staff(pool: &PgPool, payout: PayoutId) -> Result<Option<PayoutRow>, QueryFault> {
    one(pool, payout, None).await
}

/// A page of payouts, newest first, of one owner or, for admins, of everybody.
///
/// # Errors
/// [`QueryFault::Cursor`] when the cursor is not one of this list, or what the database answers.
pub async fn page(
    pool: &PgPool,
    filter: PayoutFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PayoutRow>, QueryFault> {
    let (before, id) = match cursor {
        Some(cursor) => {
            let (micros, id) = cursor.place(List::Payouts)?;
            (sql_types::cursor_time(micros)?, id)
        }
        None => (sql_types::LATEST, Uuid::max()),
    };
    let owner = filter.owner.map(AccountId::uuid);
    let rows: Vec<PayoutRow> = sqlx::query_as(&many(owner))
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(sql_types::time(before))
        .bind(id)
        .bind(owner)
        .bind(filter.status.map(|status| status.as_str()))
        .bind(limit.and_one_more())
        .fetch_all(pool)
        .await?;
    Ok(Page::cut(rows, limit, |row| {
        Cursor::new(
            List::Payouts,
            row.requested_at.as_microsecond(),
            row.payout_id.uuid(),
        )
    }))
}

/// Payouts asked for within a stretch of time, the end not included, oldest first, behind the one given.
///
/// # Errors
/// What the database answers.
pub async fn requested_within(
    pool: &PgPool,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, PayoutId)>,
    rows: u32,
) -> Result<Vec<PayoutRow>, QueryFault> {
    let sql = format!(
        "select {COLUMNS} from payouts
         where {LIVE} and requested_at >= $3 and requested_at < $4 and (requested_at, payout_id) > ($5, $6)
         order by requested_at, payout_id limit $7"
    );
    let (time, id) = after.map_or((sql_types::EARLIEST, Uuid::nil()), |(time, id)| (time, id.uuid()));
    Ok(sqlx::query_as(&sql)
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(sql_types::time(from))
        .bind(sql_types::time(to))
        .bind(sql_types::time(time))
        .bind(id)
        .bind(i64::from(rows))
        .fetch_all(pool)
        .await?)
}

/// Payouts that the gateway knows under one of these ids, and those of ours with these.
///
/// # Errors
/// What the database answers.
pub async fn known_as(
    pool: &PgPool,
    provider_ids: &[String],
    payouts: &[PayoutId],
) -> Result<Vec<PayoutRow>, QueryFault> {
    // Two questions, each with its index, instead of one with neither.
    let sql = format!(
        "select {COLUMNS} from payouts where {LIVE} and provider_id = any($3)
         union
         select {COLUMNS} from payouts where {LIVE} and payout_id = any($4)"
    );
    Ok(sqlx::query_as(&sql)
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(provider_ids)
        .bind(payouts.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?)
}

/// What the payouts asked for within a stretch of time come to, by status.
///
/// # Errors
/// What the database answers.
pub async fn totals(
    pool: &PgPool,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PayoutTotalRow>, QueryFault> {
    let sql = format!(
        "select status, currency, count(*) as payouts, sum(amount)::bigint as amount
         from payouts where {LIVE} and requested_at >= $3 and requested_at < $4
         group by status, currency order by status, currency"
    );
    let rows = sqlx::query(&sql)
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(sql_types::time(from))
        .bind(sql_types::time(to))
        .fetch_all(pool)
        .await?;
    let total = |row: &PgRow| {
        Ok(PayoutTotalRow {
            status: sql_types::get_word(row, "status", PayoutStatus::parse)?,
            payouts: row.try_get("payouts")?,
            amount: sql_types::get_money(row, "amount", sql_types::get_currency(row)?)?,
        })
    };
    Ok(rows.iter().map(total).collect::<Result<_, sqlx::Error>>()?)
}

async fn one(pool: &PgPool, payout: PayoutId, owner: Option<Uuid>) -> Result<Option<PayoutRow>, QueryFault> {
    let sql = format!(
        "select {COLUMNS} from payouts where {LIVE} and payout_id = $3 and ($4::uuid is null or owner_id = $4)"
    );
    let row = sqlx::query(&sql)
        .bind(Model::Payouts.name())
        .bind(Model::Payouts.schema_version())
        .bind(payout.uuid())
        .bind(owner)
        .fetch_optional(pool)
        .await?;
    Ok(row.as_ref().map(PayoutRow::from_row).transpose()?)
}

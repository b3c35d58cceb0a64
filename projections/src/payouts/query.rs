//! The questions about payouts: single ones, pages for people, and stretches of time to compare with the gateway's.

use domain::ids::{AccountId, PayoutId};
use domain::payout::status::PayoutStatus;
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::page::{Cursor, Limit, List, NEWEST_FIRST, Page};
use crate::payouts::{PayoutFilter, PayoutRow, PayoutTotalRow};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

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

/// Any payout; for admins.
pub async fn for_staff(pool: &PgPool, payout: PayoutId) -> Result<Option<PayoutRow>, QueryError> {
    let sql = format!("select {COLUMNS} from payouts where {LIVE} and payout_id = $3");
    Ok(sql_types::live_as(Model::Payouts, &sql)
        .bind(payout.uuid())
        .fetch_optional(pool)
        .await?)
}

/// A page of payouts, newest first, of one owner or, for admins, of everybody.
pub async fn page(
    pool: &PgPool,
    filter: PayoutFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PayoutRow>, QueryError> {
    let (before, id) = Cursor::time_place(cursor, List::Payouts, NEWEST_FIRST)?;
    let owner = filter.owner.map(AccountId::uuid);
    let sql = many(owner);
    let query = sql_types::live_as(Model::Payouts, &sql)
        .bind(before)
        .bind(id)
        .bind(owner)
        .bind(filter.status.map(|status| status.as_str()));
    let place = |row: &PayoutRow| Cursor::at(List::Payouts, row.requested_at, row.payout_id.uuid());
    Page::fetch(pool, query, limit, place).await
}

/// Payouts asked for within a stretch of time, the end not included, oldest first, behind the one given.
pub async fn requested_within(
    pool: &PgPool,
    (from, to): (Timestamp, Timestamp),
    after: Option<(Timestamp, PayoutId)>,
    rows: u32,
) -> Result<Vec<PayoutRow>, QueryError> {
    let sql = format!(
        "select {COLUMNS} from payouts
         where {LIVE} and requested_at >= $3 and requested_at < $4 and (requested_at, payout_id) > ($5, $6)
         order by requested_at, payout_id limit $7"
    );
    let (time, id) = after.map_or((sql_types::EARLIEST, Uuid::nil()), |(time, id)| (time, id.uuid()));
    Ok(sql_types::live_as(Model::Payouts, &sql)
        .bind(sql_types::time(from))
        .bind(sql_types::time(to))
        .bind(sql_types::time(time))
        .bind(id)
        .bind(i64::from(rows))
        .fetch_all(pool)
        .await?)
}

/// Payouts that the gateway knows under one of these ids, and those of ours with these.
pub async fn known_as(
    pool: &PgPool,
    provider_ids: &[String],
    payouts: &[PayoutId],
) -> Result<Vec<PayoutRow>, QueryError> {
    // Two questions, each with its index, instead of one with neither.
    let sql = format!(
        "select {COLUMNS} from payouts where {LIVE} and provider_id = any($3)
         union
         select {COLUMNS} from payouts where {LIVE} and payout_id = any($4)"
    );
    Ok(sql_types::live_as(Model::Payouts, &sql)
        .bind(provider_ids)
        .bind(payouts.iter().map(|id| id.uuid()).collect::<Vec<_>>())
        .fetch_all(pool)
        .await?)
}

/// What the payouts asked for within a stretch of time come to, by status.
pub async fn totals(
    pool: &PgPool,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PayoutTotalRow>, QueryError> {
    let sql = format!(
        "select status, currency, count(*) as payouts, sum(amount)::bigint as amount
         from payouts where {LIVE} and requested_at >= $3 and requested_at < $4
         group by status, currency order by status, currency"
    );
    let rows = sql_types::live(Model::Payouts, &sql)
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

//! Writing comparisons down: asked for, begun, still under way, over.

use std::time::Duration;

use domain::ids::AccountId;
use jiff::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use crate::reconciliations::query::COLUMNS;
use crate::reconciliations::{Found, ReconciliationRow, Trigger};
use crate::{QueryError, sql_types};

/// How often a comparison is taken up before it counts as failed.
const TRIES_MAX: i32 = 3;

/// A comparison to be.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReconciliation {
    /// Its id; drawn by the database where none is given.
    pub id: Option<Uuid>,
    pub origin: Trigger,
    /// The admin who asks, if one does.
    pub asked_by: Option<AccountId>,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Asks for a comparison, to be carried out as soon as somebody can. Answers it, and whether it is new: while one of the
/// same window waits or is under way, that one is answered. None when there is another one with this id.
pub async fn ask(
    pool: &PgPool,
    new: NewReconciliation,
) -> Result<Option<(ReconciliationRow, bool)>, QueryError> {
    let sql = format!(
        "insert into reconciliations (id, origin, asked_by, asked_at, due_at, from_at, to_at)
         values (coalesce($1, gen_random_uuid()), $2, $3, house_now(), house_now(), $4, $5) on conflict do nothing returning {COLUMNS}"
    );
    let inserted = sqlx::query_as(&sql)
        .bind(new.id)
        .bind(new.origin.as_str())
        .bind(new.asked_by.map(AccountId::uuid))
        .bind(sql_types::time(new.from))
        .bind(sql_types::time(new.to))
        .fetch_optional(pool)
        .await?;
    match inserted {
        Some(row) => Ok(Some((row, true))),
        None => Ok(of_window(pool, new).await?.map(|row| (row, false))),
    }
}

/// The one of this window that waits or is under way, or the one of this very id and window.
async fn of_window(pool: &PgPool, new: NewReconciliation) -> Result<Option<ReconciliationRow>, QueryError> {
    let sql = format!(
        "select {COLUMNS} from reconciliations
         where from_at = $1 and to_at = $2 and (state in ('waiting', 'running') or id = $3)
         order by asked_at desc limit 1"
    );
    Ok(sqlx::query_as(&sql)
        .bind(sql_types::time(new.from))
        .bind(sql_types::time(new.to))
        .bind(new.id)
        .fetch_optional(pool)
        .await?)
}

/// Begins a comparison here and now. None while one of the same window waits or is under way.
pub async fn begin(
    pool: &PgPool,
    me: Uuid,
    new: NewReconciliation,
    lease: Duration,
) -> Result<Option<ReconciliationRow>, QueryError> {
    let sql = format!(
        "insert into reconciliations
             (id, origin, asked_by, asked_at, due_at, from_at, to_at, state, claimed_by, alive_until, tries, started_at)
         values (coalesce($1, gen_random_uuid()), $2, $3, house_now(), house_now(), $4, $5, 'running', $6,
                 clock_timestamp() + $7 * interval '1 millisecond', 1, house_now())
         on conflict do nothing returning {COLUMNS}"
    );
    Ok(sqlx::query_as(&sql)
        .bind(new.id)
        .bind(new.origin.as_str())
        .bind(new.asked_by.map(AccountId::uuid))
        .bind(sql_types::time(new.from))
        .bind(sql_types::time(new.to))
        .bind(me)
        .bind(millis(lease))
        .fetch_optional(pool)
        .await?)
}

/// Makes sure that the night of this id has its comparison, due then. One that still waits is moved.
pub async fn schedule(pool: &PgPool, id: Uuid, due_at: Timestamp) -> Result<(), QueryError> {
    sqlx::query(
        "insert into reconciliations (id, origin, asked_at, due_at) values ($1, 'nightly', house_now(), $2)
         on conflict (id) do update set due_at = excluded.due_at
         where reconciliations.state = 'waiting' and reconciliations.due_at <> excluded.due_at",
    )
    .bind(id)
    .bind(sql_types::time(due_at))
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes up the next comparison that is due, or one whose taker fell silent. One that was taken up too often fails.
pub async fn claim(
    pool: &PgPool,
    me: Uuid,
    lease: Duration,
    nightly: bool,
) -> Result<Option<ReconciliationRow>, QueryError> {
    let sql = format!(
        "with failed as (
             update reconciliations set state = 'failed', finished_at = house_now()
             where state = 'running' and alive_until < clock_timestamp() and tries >= $4
         )
         update reconciliations
         set state = 'running', claimed_by = $1, tries = tries + 1, started_at = house_now(),
             alive_until = clock_timestamp() + $2 * interval '1 millisecond'
         where id = (
             select id from reconciliations
             where (($3 and due_at <= house_now()) or (origin <> 'nightly' and due_at <= house_now()))
               and (state = 'waiting' or (state = 'running' and alive_until < clock_timestamp() and tries < $4))
             order by due_at, id limit 1 for update skip locked)
         returning {COLUMNS}"
    );
    Ok(sqlx::query_as(&sql)
        .bind(me)
        .bind(millis(lease))
        .bind(nightly)
        .bind(TRIES_MAX)
        .fetch_optional(pool)
        .await?)
}

/// Says which window a comparison is about. False when another one of the same window is under way, or this one is lost.
pub async fn set_window(
    pool: &PgPool,
    me: Uuid,
    id: Uuid,
    from: Timestamp,
    to: Timestamp,
) -> Result<bool, QueryError> {
    let set = sqlx::query(
        "update reconciliations set from_at = $3, to_at = $4
         where id = $1 and claimed_by = $2 and state = 'running'
           and not exists (select from reconciliations o where o.id <> $1 and o.from_at = $3 and o.to_at = $4
                           and o.state in ('waiting', 'running'))",
    )
    .bind(id)
    .bind(me)
    .bind(sql_types::time(from))
    .bind(sql_types::time(to))
    .execute(pool)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Says that the comparison is still under way. False when somebody else took it up meanwhile.
pub async fn alive(pool: &PgPool, me: Uuid, id: Uuid, lease: Duration) -> Result<bool, QueryError> {
    let told = sqlx::query(
        "update reconciliations set alive_until = clock_timestamp() + $3 * interval '1 millisecond'
         where id = $1 and claimed_by = $2 and state = 'running'",
    )
    .bind(id)
    .bind(me)
    .bind(millis(lease))
    .execute(pool)
    .await?;
    Ok(told.rows_affected() == 1)
}

/// Gives a comparison back that was not finished, to be taken up again at once.
pub async fn give_back(pool: &PgPool, me: Uuid, id: Uuid) -> Result<(), QueryError> {
    sqlx::query(
        "update reconciliations set state = 'waiting', claimed_by = null, alive_until = null, tries = tries - 1
         where id = $1 and claimed_by = $2 and state = 'running'",
    )
    .bind(id)
    .bind(me)
    .execute(pool)
    .await?;
    Ok(())
}

/// Keeps what was found. False when somebody else took the comparison up meanwhile.
pub async fn finish(
    pool: &PgPool,
    me: Uuid,
    id: Uuid,
    found: Found,
    report: &serde_json::Value,
) -> Result<bool, QueryError> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let finished = sqlx::query(
        "update reconciliations
         set state = 'done', finished_at = house_now(), claimed_by = null, alive_until = null, result = $3,
             differences = $4, mended = $5, gaps = $6, report = $7
         where id = $1 and claimed_by = $2 and state = 'running'",
    )
    .bind(id)
    .bind(me)
    .bind(found.outcome.as_str())
    .bind(number(found.differences))
    .bind(number(found.mended))
    .bind(number(found.gaps))
    .bind(report)
    .execute(pool)
    .await?;
    Ok(finished.rows_affected() == 1)
}

fn millis(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)
}

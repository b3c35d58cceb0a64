//! Intents under an operator's eyes: listed, found, counted, retried, given up.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::postgres::Postgres;
use sqlx::{Connection, PgConnection, PgPool, QueryBuilder};
use uuid::Uuid;

use super::{IntentState, QueuedIntent};
use crate::log::EventLog;

/// Which intents to list.
#[derive(Clone, Debug, Default)]
pub struct IntentFilter {
    /// Only in these states; in any when there are none.
    pub states: Vec<IntentState>,
    /// Only of this process.
    pub process: Option<String>,
    /// Only of this partition key.
    pub partition_key: Option<String>,
    /// Only what comes behind the one that is due at this instant and has this id.
    pub after: Option<(Timestamp, Uuid)>,
    /// At most so many; 0 means the most there may be.
    pub limit: i64,
}

/// How many intents are listed at most; the last of them tells that there are more than a thousand.
const LISTED_MAX: i64 = 1_001;

/// A closed intent as if it still stood in the queue.
pub(super) const AS_CLOSED: &str = "id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts, last_error, \
                         outcome, lane, 0 as waits, null::text as waits_for, 0::bigint as claim";
/// The same columns of one that does.
pub(super) const AS_QUEUED: &str = "id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts, last_error, \
                         outcome, lane, waits, waits_for, claim";
/// The order in which they are due.
const IN_ORDER: &str = " order by due_at, id limit ";

/// Intents in the order in which they are due, closed ones as long as they are kept.
///
/// # Errors
/// When the database cannot be used.
pub async fn list(pool: &PgPool, filter: &IntentFilter) -> Result<Vec<QueuedIntent>, sqlx::Error> {
    let limit = if filter.limit > 0 {
        filter.limit.min(LISTED_MAX)
    } else {
        LISTED_MAX
    };
    // State by state, each from its index, and only so many: how many there are in all does not matter.
    let mut query: QueryBuilder<'_, Postgres> = QueryBuilder::new("select * from (");
    let states = IntentState::ALL
        .into_iter()
        .filter(|state| filter.states.is_empty() || filter.states.contains(state));
    for (number, state) in states.enumerate() {
        let (columns, table) = match state {
            IntentState::Open | IntentState::Poisoned => (AS_QUEUED, "intents"),
            IntentState::Done | IntentState::Refused | IntentState::GivenUp => (AS_CLOSED, "closed_intents"),
        };
        let union = if number == 0 { "(" } else { " union all (" };
        query.push(format!("{union}select {columns} from {table} where state = "));
        query.push_bind(state.as_str());
        if let Some(process) = &filter.process {
            query.push(" and process = ").push_bind(process);
        }
        if let Some(key) = &filter.partition_key {
            query.push(" and partition_key = ").push_bind(key);
        }
        if let Some((due_at, id)) = filter.after {
            query.push(" and (due_at, id) > (").push_bind(due_at.to_sqlx());
            query.push(", ").push_bind(id).push(")");
        }
        query.push(IN_ORDER).push_bind(limit).push(")");
    }
    query.push(") as listed").push(IN_ORDER).push_bind(limit);
    let rows = query.build().persistent(false).fetch_all(pool).await?;
    rows.iter().map(QueuedIntent::from_row).collect()
}

/// One intent.
///
/// # Errors
/// When the database cannot be used.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<QueuedIntent>, sqlx::Error> {
    let sql = format!(
        "select {AS_QUEUED} from intents where id = $1
         union all select {AS_CLOSED} from closed_intents where id = $1 limit 1"
    );
    let row = sqlx::query(&sql).bind(id).fetch_optional(pool).await?;
    row.as_ref().map(QueuedIntent::from_row).transpose()
}

/// Lets a poisoned intent, or one that waits for its next try, be tried again at once, with all its tries. False when
/// it is neither.
///
/// # Errors
/// When the database cannot be used.
pub async fn retry(log: &EventLog, id: Uuid) -> Result<bool, sqlx::Error> {
    let mut connection = log.pool().acquire().await?;
    let mut transaction = connection.begin().await?;
    let key: Option<String> = sqlx::query_scalar(
        "update intents set state = 'open', attempts = 0, retry_at = null, waits = 0, waits_for = null
         where id = $1 and (state = 'poisoned' or (state = 'open' and retry_at is not null
                            and (claimed_until is null or claimed_until <= clock_timestamp())))
         returning partition_key",
    )
    .bind(id)
    .fetch_optional(&mut *transaction)
    .await?;
    let changed = freed(&mut transaction, key.as_deref()).await?;
    transaction.commit().await?;
    log.wake_ups().intents_changed();
    Ok(changed)
}

/// Gives an intent up that is open or poisoned and in nobody's hands, so that its key goes on. The caller has recorded
/// that as a fact before. False when there is nothing to give up.
///
/// # Errors
/// When the database cannot be used.
pub async fn give_up(log: &EventLog, id: Uuid, reason: &str) -> Result<bool, sqlx::Error> {
    let mut connection = log.pool().acquire().await?;
    let mut transaction = connection.begin().await?;
    let key: Option<String> = sqlx::query_scalar(
        "with gone as (
             delete from intents where id = $1 and state in ('open', 'poisoned')
               and (claimed_until is null or claimed_until <= clock_timestamp())
             returning *
         )
         insert into closed_intents (id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts,
                                     last_error, created_at, closed_at, outcome, lane)
         select id, process, partition_key, ordinal, caused_by, body, due_at, 'given_up', attempts, last_error,
                created_at, clock_timestamp(), left($2, 1000), lane
         from gone on conflict (id) do nothing
         returning partition_key",
    )
    .bind(id)
    .bind(reason)
    .fetch_optional(&mut *transaction)
    .await?;
    let changed = freed(&mut transaction, key.as_deref()).await?;
    transaction.commit().await?;
    log.wake_ups().intents_changed();
    Ok(changed)
}

/// Lets a key's intents be claimed again once no poisoned one stands before them. A statement of its own: it sees what
/// was put behind the poisoned one until just now.
async fn freed(tx: &mut PgConnection, key: Option<&str>) -> Result<bool, sqlx::Error> {
    let Some(key) = key else { return Ok(false) };
    sqlx::query(
        "update intents set blocked = false
         where partition_key = $1 and blocked
           and not exists (select from intents p where p.partition_key = $1 and p.state = 'poisoned')",
    )
    .bind(key)
    .execute(tx)
    .await?;
    Ok(true)
}

/// How many intents are not closed.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub due: i64,
    pub poisoned: i64,
    /// Put back without a try, and not tried since.
    pub waiting: i64,
}

/// How many intents are due and not closed, how many are poisoned, and how many wait.
///
/// # Errors
/// When the database cannot be used.
pub async fn counts(pool: &PgPool) -> Result<Counts, sqlx::Error> {
    let (due, poisoned, waiting) = sqlx::query_as(
        "select (select count(*) from intents where state = 'open' and due_at <= (select house_now())),
                (select count(*) from intents where state = 'poisoned'),
                (select count(*) from intents where waits_for is not null)",
    )
    .fetch_one(pool)
    .await?;
    Ok(Counts {
        due,
        poisoned,
        waiting,
    })
}

//! The durable queue of intents: what processes want done, each carried out once, in order within its partition key.

use std::time::Duration;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};
use uuid::Uuid;

use crate::Position;
use crate::log::EventLog;

/// Named limits of the queue.
#[derive(Clone, Debug)]
pub struct IntentOptions {
    /// How long a claim lasts; whoever has not closed it by then has lost it.
    pub lease: Duration,
    /// How many times an intent is tried before it is poisoned, and its key with it.
    pub tries_max: i32,
    /// The wait after the first failure; it doubles each time.
    pub backoff: Duration,
    /// The longest wait between two tries.
    pub backoff_max: Duration,
    /// How often a worker looks by itself.
    pub poll: Duration,
}

impl Default for IntentOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            tries_max: 10,
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(60),
            poll: Duration::from_millis(100),
        }
    }
}

/// An intent, as a process makes it.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// [`NewIntent::id_of`]: also the id of the command it becomes.
    pub id: Uuid,
    /// Which process wants it.
    pub process: &'static str,
    /// One at a time per key, in order.
    pub partition_key: String,
    /// Its number among those of the same process and fact.
    pub ordinal: i32,
    /// What is to be done.
    pub body: Box<RawValue>,
    /// Not before this instant of house time.
    pub due_at: Timestamp,
    /// The fact that led to it.
    pub caused_by: Position,
}

impl NewIntent {
    /// The id of the `ordinal`-th intent of this process for the fact at this position: the same for ever.
    pub fn id_of(process: &str, position: Position, ordinal: i32) -> Uuid {
        /// The namespace of intent ids; never changes.
        const NAMESPACE: Uuid = Uuid::from_u128(0x7a1c_5b1e_9d3f_4e55_8f0a_6c2d_4b7e_9013);
        Uuid::new_v5(&NAMESPACE, format!("{process}/{position}/{ordinal}").as_bytes())
    }
}

/// How an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// To be done when due.
    Open,
    /// Carried out.
    Done,
    /// Refused by a rule; the refusal is a fact.
    Refused,
    /// Failed too often: it stops its key until somebody retries it or gives it up.
    Poisoned,
    /// Given up by somebody; that is a fact too.
    GivenUp,
}

impl IntentState {
    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Poisoned => "poisoned",
            Self::GivenUp => "given_up",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Open,
            Self::Done,
            Self::Refused,
            Self::Poisoned,
            Self::GivenUp,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// An intent in the queue.
#[derive(Clone, Debug)]
pub struct Intent {
    /// Its id, and that of its command.
    pub id: Uuid,
    /// Which process wanted it.
    pub process: String,
    /// Its partition key.
    pub partition_key: String,
    /// Its number among those of the same process and fact.
    pub ordinal: i32,
    /// The fact that led to it.
    pub caused_by: Position,
    /// What is to be done.
    pub body: serde_json::Value,
    /// Not before this instant of house time.
    pub due_at: Timestamp,
    /// How it stands.
    pub state: IntentState,
    /// How many times it was tried.
    pub attempts: i32,
    /// What the last try met, without personal data.
    pub last_error: Option<String>,
    /// How it ended, e.g. a refusal's code.
    pub outcome: Option<String>,
    /// Which claim this is: a later one takes it away.
    pub claim: i64,
}

impl Intent {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let state: &str = row.try_get("state")?;
        let unknown = || sqlx::Error::Decode(format!("an intent cannot be {state}").into());
        Ok(Self {
            id: row.try_get("id")?,
            process: row.try_get("process")?,
            partition_key: row.try_get("partition_key")?,
            ordinal: row.try_get("ordinal")?,
            caused_by: row.try_get("caused_by")?,
            body: row.try_get("body")?,
            due_at: row.try_get::<jiff_sqlx::Timestamp, _>("due_at")?.to_jiff(),
            state: IntentState::parse(state).ok_or_else(unknown)?,
            attempts: row.try_get("attempts")?,
            last_error: row.try_get("last_error")?,
            outcome: row.try_get("outcome")?,
            claim: row.try_get("claim")?,
        })
    }
}

/// Puts intents into the queue, in the transaction of the process that makes them. One that is there already stays.
///
/// # Errors
/// When the database cannot be used.
pub async fn insert(tx: &mut PgConnection, intents: &[NewIntent]) -> Result<(), sqlx::Error> {
    if intents.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into intents (id, process, partition_key, ordinal, caused_by, body, due_at)
         select id, process, partition_key, ordinal, caused_by, body::json, due_at
         from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::text[], $7::timestamptz[])
              as i (id, process, partition_key, ordinal, caused_by, body, due_at)
         on conflict (id) do nothing",
    )
    .bind(intents.iter().map(|i| i.id).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.process).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.partition_key.as_str()).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.ordinal).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.caused_by).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.body.get()).collect::<Vec<_>>())
    .bind(intents.iter().map(|i| i.due_at.to_sqlx()).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

/// Claims up to `limit` due intents for this worker, at most one per partition key.
///
/// # Errors
/// When the database cannot be used.
pub async fn claim(
    pool: &PgPool,
    worker: Uuid,
    limit: i32,
    options: &IntentOptions,
) -> Result<Vec<Intent>, sqlx::Error> {
    let rows = sqlx::query("select * from claim_intents($1, $2, $3)")
        .bind(worker)
        .bind(limit)
        .bind(i32::try_from(options.lease.as_millis()).unwrap_or(i32::MAX))
        .fetch_all(pool)
        .await?;
    rows.iter().map(Intent::from_row).collect()
}

/// Lets a claim last `lease` from now on, for work that takes longer than most. False when it was lost meanwhile.
///
/// # Errors
/// When the database cannot be used.
pub async fn extend(pool: &PgPool, intent: &Intent, lease: Duration) -> Result<bool, sqlx::Error> {
    let extended = sqlx::query(
        "update intents set claimed_until = clock_timestamp() + $3 * interval '1 millisecond'
         where id = $1 and claim = $2 and state = 'open' and claimed_until > clock_timestamp()",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
    .execute(pool)
    .await?;
    Ok(extended.rows_affected() == 1)
}

/// Closes a claimed intent as done, or as refused with the refusal's code. False when the claim was lost meanwhile;
/// its command was carried out once all the same.
///
/// # Errors
/// When the database cannot be used.
pub async fn close(pool: &PgPool, intent: &Intent, refusal: Option<&str>) -> Result<bool, sqlx::Error> {
    let state = if refusal.is_some() {
        IntentState::Refused
    } else {
        IntentState::Done
    };
    let closed = sqlx::query(
        "update intents set state = $3, outcome = $4, closed_at = clock_timestamp(), claimed_by = null,
                claimed_until = null, retry_at = null
         where id = $1 and claim = $2 and state = 'open'",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(state.as_str())
    .bind(refusal)
    .execute(pool)
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Records a failed try: it is tried again later, or poisoned after too many tries. `None` when the claim was lost.
///
/// # Errors
/// When the database cannot be used.
pub async fn fail(
    pool: &PgPool,
    intent: &Intent,
    error: &str,
    options: &IntentOptions,
) -> Result<Option<IntentState>, sqlx::Error> {
    let doubled = 2_u32.saturating_pow(u32::try_from(intent.attempts - 1).unwrap_or(0).min(20));
    let wait = options.backoff.saturating_mul(doubled).min(options.backoff_max);
    let poisoned = intent.attempts >= options.tries_max;
    let state = if poisoned {
        IntentState::Poisoned
    } else {
        IntentState::Open
    };
    let failed = sqlx::query(
        "update intents set state = $3, last_error = left($4, 1000), claimed_by = null, claimed_until = null,
                retry_at = clock_timestamp() + $5 * interval '1 millisecond'
         where id = $1 and claim = $2 and state = 'open'",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(state.as_str())
    .bind(error)
    .bind(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
    .execute(pool)
    .await?;
    if failed.rows_affected() == 0 {
        return Ok(None);
    }
    if poisoned {
        metrics::counter!("tot_intents_poisoned_total").increment(1);
        tracing::error!(intent.id = %intent.id, process = intent.process, attempts = intent.attempts,
                        "an intent is poisoned; its partition key stands still");
    }
    Ok(Some(state))
}

/// Which intents to list.
#[derive(Clone, Debug, Default)]
pub struct IntentFilter {
    /// Only in this state.
    pub state: Option<IntentState>,
    /// Only of this process.
    pub process: Option<String>,
    /// Only of this partition key.
    pub partition_key: Option<String>,
    /// At most so many; 0 means the most there may be.
    pub limit: i64,
}

/// How many intents are listed at most.
const LISTED_MAX: i64 = 1_000;

/// Intents in the order in which they are due.
///
/// # Errors
/// When the database cannot be used.
pub async fn list(pool: &PgPool, filter: &IntentFilter) -> Result<Vec<Intent>, sqlx::Error> {
    let limit = if filter.limit > 0 {
        filter.limit.min(LISTED_MAX)
    } else {
        LISTED_MAX
    };
    let rows = sqlx::query(
        "select * from intents
         where ($1::text is null or state = $1) and ($2::text is null or process = $2)
           and ($3::text is null or partition_key = $3)
         order by due_at, caused_by, process, ordinal limit $4",
    )
    .bind(filter.state.map(IntentState::as_str))
    .bind(&filter.process)
    .bind(&filter.partition_key)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(Intent::from_row).collect()
}

/// One intent.
///
/// # Errors
/// When the database cannot be used.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<Intent>, sqlx::Error> {
    let row = sqlx::query("select * from intents where id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    row.as_ref().map(Intent::from_row).transpose()
}

/// Lets a poisoned intent, or one that waits for its next try, be tried again at once, with all its tries. False when
/// it is neither.
///
/// # Errors
/// When the database cannot be used.
pub async fn retry(log: &EventLog, id: Uuid) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "update intents set state = 'open', attempts = 0, retry_at = null
         where id = $1 and (state = 'poisoned' or (state = 'open' and retry_at is not null
                            and (claimed_until is null or claimed_until <= clock_timestamp())))",
    )
    .bind(id)
    .execute(log.pool())
    .await?;
    log.signals().intents_changed();
    Ok(changed.rows_affected() == 1)
}

/// Gives an intent up that is open or poisoned and in nobody's hands, so that its key goes on. The caller has recorded
/// that as a fact before. False when there is nothing to give up.
///
/// # Errors
/// When the database cannot be used.
pub async fn give_up(log: &EventLog, id: Uuid, reason: &str) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query(
        "update intents set state = 'given_up', outcome = left($2, 1000), closed_at = clock_timestamp()
         where id = $1 and state in ('open', 'poisoned')
           and (claimed_until is null or claimed_until <= clock_timestamp())",
    )
    .bind(id)
    .bind(reason)
    .execute(log.pool())
    .await?;
    log.signals().intents_changed();
    Ok(changed.rows_affected() == 1)
}

/// Waits for a reason to look into the queue: a wake-up inside this process, or the poll.
pub async fn wait_for_work(wake: &mut tokio::sync::watch::Receiver<u64>, options: &IntentOptions) {
    if let Ok(Err(_closed)) = tokio::time::timeout(options.poll, wake.changed()).await {
        tokio::time::sleep(options.poll).await;
    }
}

/// How many intents are due and not closed, and how many are poisoned.
///
/// # Errors
/// When the database cannot be used.
pub async fn counts(pool: &PgPool) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select (select count(*) from intents where state = 'open' and due_at <= (select house_now())),
                (select count(*) from intents where state = 'poisoned')",
    )
    .fetch_one(pool)
    .await
}

//! Intents on their way through the queue: put in, claimed, held, closed, failed, put back.

use std::time::Duration;

use jiff_sqlx::ToSqlx;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{Connection, PgConnection, PgPool, Postgres, Row};
use uuid::Uuid;

use super::marks::{self, Marks};
use super::{IntentOptions, IntentState, NewIntent, QueuedIntent};

/// Puts intents into the queue, in the transaction of the process that makes them. One that is there already, or was and
/// is closed, stays as it is.
///
/// # Errors
/// When the database cannot be used.
pub async fn insert(tx: &mut PgConnection, intents: &[NewIntent]) -> Result<(), sqlx::Error> {
    if intents.is_empty() {
        return Ok(());
    }
    let put = sqlx::query("select put_intents($1, $2, $3, $4, $5, $6, $7, $8)");
    put_in(put, intents).execute(tx).await.map(drop)
}

/// Binds the columns of intents, the first of them `put_intents`' first argument.
fn put_in<'q>(
    query: Query<'q, Postgres, PgArguments>,
    intents: &'q [NewIntent],
) -> Query<'q, Postgres, PgArguments> {
    query
        .bind(intents.iter().map(|i| i.id).collect::<Vec<_>>())
        .bind(intents.iter().map(|i| i.process).collect::<Vec<_>>())
        .bind(
            intents
                .iter()
                .map(|i| i.partition_key.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(intents.iter().map(|i| i.ordinal).collect::<Vec<_>>())
        .bind(intents.iter().map(|i| i.caused_by).collect::<Vec<_>>())
        .bind(intents.iter().map(|i| i.body.get()).collect::<Vec<_>>())
        .bind(intents.iter().map(|i| i.due_at.to_sqlx()).collect::<Vec<_>>())
        .bind(intents.iter().map(|i| i.lane).collect::<Vec<_>>())
}

/// Places of a lane that are to be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneClaim {
    /// The lane's stored word.
    pub lane: &'static str,
    /// At most so many.
    pub places: i32,
    /// How long each claim lasts; whoever has not closed it by then has lost it.
    pub lease: Duration,
}

/// Which intents are to be claimed.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub worker: Uuid,
    /// Lane by lane.
    pub lanes: &'a [LaneClaim],
    /// These are left to others.
    pub avoided: &'a [Uuid],
    /// Where this worker's claims begin to look.
    pub marks: &'a Marks,
}

/// Claims due intents for a worker, at most one per partition key.
///
/// # Errors
/// When the database cannot be used.
pub async fn claim(pool: &PgPool, wanted: Claim<'_>) -> Result<Vec<QueuedIntent>, sqlx::Error> {
    let of_lanes = |value: fn(&LaneClaim) -> i32| wanted.lanes.iter().map(value).collect::<Vec<i32>>();
    let lanes: Vec<&'static str> = wanted.lanes.iter().map(|lane| lane.lane).collect();
    let claim = "select * from claim_ready_intents($1, $2, $3, $4, $5, $6::timestamptz[], $7)";
    let rows = sqlx::query(claim)
        .bind(wanted.worker)
        .bind(&lanes)
        .bind(of_lanes(|lane| lane.places))
        .bind(of_lanes(|lane| {
            i32::try_from(lane.lease.as_millis()).unwrap_or(i32::MAX)
        }))
        .bind(wanted.avoided)
        .bind(wanted.marks.of(&lanes))
        .bind(marks::milliseconds(marks::MARGIN))
        .fetch_all(pool)
        .await?;
    wanted.marks.claimed(pool, &lanes, rows.len()).await?;
    rows.iter().map(QueuedIntent::from_row).collect()
}

/// Lets a claim last `lease` from now on, for work that takes longer than most. False when it was lost meanwhile.
///
/// # Errors
/// When the database cannot be used.
pub async fn extend(pool: &PgPool, intent: &QueuedIntent, lease: Duration) -> Result<bool, sqlx::Error> {
    let extended = sqlx::query(
        "update intents set claimed_until = clock_timestamp() + $3 * interval '1 millisecond'
         where id = $1 and claim = $2 and state = 'open' and claimed_until > clock_timestamp()",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(milliseconds(lease))
    .execute(pool)
    .await?;
    Ok(extended.rows_affected() == 1)
}

/// A claimed intent that has come to its end.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The intent.
    pub id: Uuid,
    /// The claim it was carried out under.
    pub claim: i64,
    /// The refusal's code; none when it is done.
    pub refusal: Option<&'static str>,
    /// What follows it.
    pub next: Option<NewIntent>,
}

/// Closes intents and puts what follows them into the queue, all in one statement: a crash before it repeats them, which finds
/// their commands carried out. One whose claim was lost meanwhile stays with whoever has it; answers how many were closed.
///
/// # Errors
/// When the database cannot be used.
pub async fn close(pool: &PgPool, ended: &mut [Ended]) -> Result<i64, sqlx::Error> {
    let next: Vec<NewIntent> = ended.iter_mut().filter_map(|ended| ended.next.take()).collect();
    let close = match next.is_empty() {
        true => "select close_intents($1, $2, $3) as closed",
        false => "select put_intents($4, $5, $6, $7, $8, $9, $10, $11), close_intents($1, $2, $3) as closed",
    };
    let mut closing = sqlx::query(close)
        .bind(ended.iter().map(|ended| ended.id).collect::<Vec<_>>())
        .bind(ended.iter().map(|ended| ended.claim).collect::<Vec<_>>())
        .bind(ended.iter().map(|ended| ended.refusal).collect::<Vec<_>>());
    if !next.is_empty() {
        closing = put_in(closing, &next);
    }
    closing.fetch_one(pool).await?.try_get("closed")
}

/// Records a failed try: it is tried again later, or poisoned after too many tries. `None` when the claim was lost.
///
/// # Errors
/// When the database cannot be used.
pub async fn fail(
    pool: &PgPool,
    intent: &QueuedIntent,
    error: &str,
    options: &IntentOptions,
) -> Result<Option<IntentState>, sqlx::Error> {
    let wait = backoff(intent.attempts - 1, options.backoff, options.backoff_max);
    let poisoned = intent.attempts >= options.tries_max;
    let state = if poisoned {
        IntentState::Poisoned
    } else {
        IntentState::Open
    };
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin().await?;
    let failed = sqlx::query(
        "update intents set state = $3, last_error = left($4, 1000), claimed_by = null, claimed_until = null,
                waits = 0, waits_for = null, retry_at = clock_timestamp() + $5 * interval '1 millisecond'
         where id = $1 and claim = $2 and state = 'open'",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(state.as_str())
    .bind(error)
    .bind(milliseconds(wait))
    .execute(&mut *transaction)
    .await?;
    if failed.rows_affected() == 0 {
        return Ok(None);
    }
    if poisoned {
        sqlx::query(
            "update intents set blocked = true where partition_key = $1 and state = 'open' and not blocked",
        )
        .bind(&intent.partition_key)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    if poisoned {
        metrics::counter!("tot_intents_poisoned_total").increment(1);
        tracing::error!(intent.id = %intent.id, process = intent.process, attempts = intent.attempts,
                        "an intent is poisoned; its partition key stands still");
    }
    Ok(Some(state))
}

/// Why an intent is put back without a try, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'a> {
    /// A stable word, shown to operators.
    pub reason: &'static str,
    /// What it met, without personal data.
    pub error: &'a str,
    /// Whether others may do it at once; otherwise the wait doubles each time.
    pub for_others: bool,
}

/// Puts a claimed intent back without a try having been made: nothing is known against it. False when the claim was
/// lost meanwhile.
///
/// # Errors
/// When the database cannot be used.
pub async fn put_back(
    pool: &PgPool,
    intent: &QueuedIntent,
    wait: Wait<'_>,
    options: &IntentOptions,
) -> Result<bool, sqlx::Error> {
    let pause = if wait.for_others {
        options.backoff
    } else {
        backoff(intent.waits, options.backoff, options.wait_max)
    };
    let put = sqlx::query(
        "update intents set attempts = greatest(attempts - 1, 0), waits = waits + 1, waits_for = $3,
                last_error = left($4, 1000), claimed_by = null, claimed_until = null,
                retry_at = clock_timestamp() + $5 * interval '1 millisecond'
         where id = $1 and claim = $2 and state = 'open'",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(wait.reason)
    .bind(wait.error)
    .bind(milliseconds(pause))
    .execute(pool)
    .await?;
    metrics::counter!("tot_intents_put_back_total", "reason" => wait.reason).increment(1);
    Ok(put.rows_affected() == 1)
}

/// Puts a claimed intent into the lane it belongs to, to be claimed there. False when the claim was lost meanwhile.
///
/// # Errors
/// When the database cannot be used.
pub async fn move_to_lane(
    pool: &PgPool,
    intent: &QueuedIntent,
    lane: &'static str,
) -> Result<bool, sqlx::Error> {
    let moved = sqlx::query(
        "update intents set lane = $3, attempts = greatest(attempts - 1, 0), claimed_by = null, claimed_until = null
         where id = $1 and claim = $2 and state = 'open'",
    )
    .bind(intent.id)
    .bind(intent.claim)
    .bind(lane)
    .execute(pool)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Waits for a reason to look into the queue: a wake-up inside this process, or that it is time.
pub async fn wait_for_work(wake: &mut tokio::sync::watch::Receiver<u64>, poll: Duration) {
    if let Ok(Err(_closed)) = tokio::time::timeout(poll, wake.changed()).await {
        tokio::time::sleep(poll).await;
    }
}

/// The wait after so many in a row; it doubles up to the longest.
fn backoff(before: i32, first: Duration, longest: Duration) -> Duration {
    /// Beyond so many doublings every wait is the longest.
    const DOUBLINGS_MAX: u32 = 20;
    let doubled = 2_u32.saturating_pow(u32::try_from(before).unwrap_or(0).min(DOUBLINGS_MAX));
    first.saturating_mul(doubled).min(longest)
}

fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = IntentOptions::default();
        let waits = [0, 1, 2, 30, i32::MAX].map(|before| backoff(before, options.backoff, options.wait_max));
        let milliseconds = waits.map(milliseconds);
        assert_eq!(milliseconds, [100, 200, 400, 15_000, 15_000]);
    }
}

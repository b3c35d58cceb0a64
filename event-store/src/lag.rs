//! How far everybody is behind the log: the relay, and each consumer's shards. For operators and metrics.

use std::collections::HashMap;
use std::time::Duration;

use sqlx::{PgPool, Row};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::Position;
use crate::intents;
use crate::log::EventLog;

/// How many waiting facts of one shard are counted at most.
const COUNTED_MAX: i64 = 100_000;

/// One shard of one generation of one consumer.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ShardLag {
    /// The read model or process.
    pub consumer: String,
    pub generation: i32,
    /// Whether readers see this generation; always for a process.
    pub live: bool,
    pub shard: i16,
    pub position: Position,
    /// The shard's last fact in the log.
    pub head: Position,
    /// How many facts lie between them; at most 100 000 are counted. Of a rebuild, what it found to do when it began and has
    /// not done; 0 of a retired generation, which nobody follows.
    pub behind: i64,
    /// How long the first of them has waited, in milliseconds; 0 when there is none.
    pub waiting_ms: i64,
    /// Facts this checkpoint has moved over, ever.
    pub applied: i64,
    /// Facts a second since the sample before; 0 in the first one.
    pub per_second: i64,
    /// Whether a worker holds it.
    pub held: bool,
}

/// Takes samples, and tells the rate between two of them.
#[derive(Debug, Default)]
pub struct Meter {
    before: HashMap<(String, i32, i16), i64>,
    at: Option<Instant>,
}

impl Meter {
    /// Every shard of every generation, now.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn sample(&mut self, pool: &PgPool) -> Result<Vec<ShardLag>, sqlx::Error> {
        let mut lags = measure(pool).await?;
        let passed = self
            .at
            .map(|at| i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX).max(1));
        self.at = Some(Instant::now());
        for lag in &mut lags {
            let key = (lag.consumer.clone(), lag.generation, lag.shard);
            let before = self.before.insert(key, lag.applied);
            if let (Some(before), Some(passed)) = (before, passed) {
                lag.per_second = per_second(lag.applied - before, passed);
            }
        }
        Ok(lags)
    }
}

fn per_second(facts: i64, passed_ms: i64) -> i64 {
    facts.saturating_mul(1_000) / passed_ms.max(1)
}

/// Every shard of every generation, now, without rates.
///
/// # Errors
/// When the database cannot be used.
pub async fn measure(pool: &PgPool) -> Result<Vec<ShardLag>, sqlx::Error> {
    let rows = sqlx::query(
        "with alive as materialized (
             -- Once, since a row that is renewed every second has left many behind while somebody holds an old snapshot.
             select w.consumer, w.generation, w.owner from consumer_workers w where w.alive_until > clock_timestamp()
         )
         select c.consumer, c.generation, c.shard, c.position, c.applied,
                exists (select from alive a where (a.consumer, a.generation, a.owner) = (c.consumer, c.generation, c.owner)) as held,
                (p.process is not null or coalesce(g.state = 'live', false)) as live,
                coalesce((select e.position from events e where e.shard = c.shard
                          order by e.position desc limit 1), 0) as head,
                case when g.state = 'retired' then 0
                     when g.state = 'building' and c.total is not null then greatest(c.total - c.applied, 0)
                     else (select count(*) from (select 1 from events e
                                                 where e.shard = c.shard and e.position > c.position
                                                 limit $1) waiting) end as behind,
                case when g.state = 'retired' then 0
                     else coalesce((select (extract(epoch from house_now() - e.recorded_at) * 1000)::bigint
                                    from events e
                                    where e.shard = c.shard and e.position > c.position
                                    order by e.position limit 1), 0) end as waiting_ms
         from current_checkpoints c
         left join generations g on g.model = c.consumer and g.generation = c.generation
         left join process_starts p on p.process = c.consumer
         order by c.consumer, c.generation, c.shard",
    )
    .bind(COUNTED_MAX)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ShardLag {
                consumer: row.try_get("consumer")?,
                generation: row.try_get("generation")?,
                live: row.try_get("live")?,
                shard: row.try_get("shard")?,
                position: row.try_get("position")?,
                head: row.try_get("head")?,
                behind: row.try_get("behind")?,
                waiting_ms: row.try_get("waiting_ms")?,
                applied: row.try_get("applied")?,
                per_second: 0,
                held: row.try_get("held")?,
            })
        })
        .collect()
}

/// Where the relay stands, and the head of the log.
///
/// # Errors
/// When the database cannot be used.
pub async fn relay(pool: &PgPool) -> Result<(Position, Position), sqlx::Error> {
    sqlx::query_as(
        "select position, coalesce((select e.position from events e order by e.position desc limit 1), 0)
         from relay_mark",
    )
    .fetch_one(pool)
    .await
}

/// What the gauges may cost: a twentieth of the time at most. Under an old snapshot their questions walk over what has died.
const REST_TIMES: u32 = 19;

/// Sets the gauges for relay lag, lag of each consumer, parked keys and intents due, every so often until stopped; less often where
/// that takes long.
pub async fn keep_gauges(log: EventLog, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let began = Instant::now();
        if let Err(error) = set_gauges(log.pool()).await {
            warn!(error = %error, "the gauges of the fan-out could not be set");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every.max(began.elapsed() * REST_TIMES)) => {}
        }
    }
}

/// Sets the gauges once.
///
/// # Errors
/// When the database cannot be used.
pub async fn set_gauges(pool: &PgPool) -> Result<(), sqlx::Error> {
    let (mark, head) = relay(pool).await?;
    gauge("tot_relay_lag_facts", None, head - mark);
    let mut behind: HashMap<String, (i64, i64)> = HashMap::new();
    for lag in measure(pool).await?.into_iter().filter(|lag| lag.live) {
        let (facts, waiting_ms) = behind.entry(lag.consumer).or_default();
        *facts += lag.behind;
        *waiting_ms = lag.waiting_ms.max(*waiting_ms);
    }
    for (consumer, (facts, waiting_ms)) in behind {
        gauge("tot_read_model_lag_facts", Some(&consumer), facts);
        gauge("tot_read_model_lag_milliseconds", Some(&consumer), waiting_ms);
    }
    let parked: i64 = sqlx::query_scalar("select count(*) from parked")
        .fetch_one(pool)
        .await?;
    gauge("tot_parked_keys", None, parked);
    let queued = intents::counts(pool).await?;
    gauge("tot_intents_due", None, queued.due);
    gauge("tot_intents_poisoned", None, queued.poisoned);
    gauge("tot_intents_waiting", None, queued.waiting);
    Ok(())
}

fn gauge(name: &'static str, consumer: Option<&str>, value: i64) {
    // A gauge takes a floating point number; counts up to 2^31 are exact in it and nobody is further behind.
    let value = f64::from(i32::try_from(value).unwrap_or(i32::MAX));
    match consumer {
        Some(consumer) => metrics::gauge!(name, "consumer" => consumer.to_owned()).set(value),
        None => metrics::gauge!(name).set(value),
    }
}

#[cfg(test)]
mod tests {
    use super::per_second;

    #[test]
    fn a_rate_is_told_by_the_second() {
        assert_eq!(per_second(50, 250), 200);
        assert_eq!(per_second(50, 0), 50_000);
    }
}

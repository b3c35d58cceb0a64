//! What readers and operators wait for on a log of so many facts: a rebuild, a fresh read, a staff list, a statement, a parked key.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::booking::status::BookingStatus;
use domain::ids::BookingId;
use event_store::{EventLog, Worker, WorkerOptions, parking};
use jiff::Timestamp;
use projections::bookings::{self, LineFilter};
use projections::payment_ledger::ranges;
use projections::payment_ledger::statement::{self, AccountName, StatementOf};
use projections::{Limit, Model, Models, freshness, rebuild};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::stats::Latencies;

/// Readings of each kind, one after the other; their median counts.
const READINGS: usize = 200;
/// Bookings of the rare status.
const RARE: i64 = 30;
/// How long a reader waits for the model, which is up to date.
const PATIENCE: Duration = Duration::from_secs(1);

/// Milliseconds, but for the rate.
pub struct Grown {
    pub rebuild_per_s: f64,
    pub fresh_read_ms: f64,
    /// The same rows again, when they are in memory.
    pub read_again_ms: f64,
    pub rare_list_ms: f64,
    pub statement_ms: f64,
    pub unpark_ms: f64,
}

/// Rebuilds the model of bookings, and reads. Ledger lines are copied in, one for each fact, all of one account.
pub async fn measure(log: &EventLog, owner: &PgPool) -> Result<Grown, String> {
    let models = Models::new(log.clone());
    let stop = CancellationToken::new();
    let begun = Instant::now();
    let rebuilt = rebuild::run(log, Model::Bookings, Default::default(), false, &stop, |_| {})
        .await
        .map_err(|error| error.to_string())?;
    let rebuild_per_s = rebuilt.progress.done as f64 / begun.elapsed().as_secs_f64();
    let generation = rebuilt.generation;
    make_some_rare(owner, generation).await.map_err(said)?;
    fill_ledger(owner).await.map_err(said)?;
    let some = some_bookings(owner, generation).await.map_err(said)?;
    let [fresh_read_ms, read_again_ms] = fresh_reads(&models, &some).await?;
    Ok(Grown {
        rebuild_per_s,
        fresh_read_ms,
        read_again_ms,
        rare_list_ms: rare_lists(&models.pool).await?,
        statement_ms: statements(&models.pool).await?,
        unpark_ms: unparked(log, generation, &some).await?,
    })
}

/// How long a fresh read takes whose row nobody has read lately, and how long when it is read again.
async fn fresh_reads(models: &Models, some: &[Uuid]) -> Result<[f64; 2], String> {
    Ok([read_each(models, some).await?, read_each(models, some).await?])
}

async fn read_each(models: &Models, some: &[Uuid]) -> Result<f64, String> {
    let mut latencies = Latencies::default();
    for id in some {
        let asked = Instant::now();
        freshness::wait_shard(models, Model::Bookings, &id.to_string(), PATIENCE)
            .await
            .map_err(|error| error.to_string())?;
        let found = bookings::query::one::for_staff(&models.pool, BookingId::from_uuid(*id))
            .await
            .map_err(|error| error.to_string())?;
        latencies.add(asked.elapsed());
        found.ok_or("a booking is not shown")?;
    }
    Ok(latencies.percentile_ms(50))
}

async fn rare_lists(pool: &PgPool) -> Result<f64, String> {
    let mut latencies = Latencies::default();
    for _ in 0..READINGS {
        let filter = LineFilter {
            statuses: vec![BookingStatus::NoShow],
            ..LineFilter::default()
        };
        let asked = Instant::now();
        let page = bookings::query::lists::for_staff(pool, None, filter, None, Limit::default())
            .await
            .map_err(|error| error.to_string())?;
        latencies.add(asked.elapsed());
        if page.items.len() as i64 != RARE {
            return Err(format!("{} of {RARE} rare bookings are listed", page.items.len()));
        }
    }
    Ok(latencies.percentile_ms(50))
}

/// The first pages of a statement of the whole account, and of one that begins in its midst: whichever take longer.
async fn statements(pool: &PgPool) -> Result<f64, String> {
    let account = AccountName::parse("clinic_revenue").ok_or("there is no such account")?;
    let midst: i64 = sqlx::query_scalar(
        "select (extract(epoch from recorded_at) * 1000000)::bigint from events
         where position = (select max(position) / 2 from events)",
    )
    .fetch_one(pool)
    .await
    .map_err(said)?;
    let midst = Timestamp::from_microsecond(midst).map_err(|error| error.to_string())?;
    let mut slowest: f64 = 0.0;
    for from in [None, Some(midst)] {
        let of = StatementOf {
            account,
            subject: None,
            from,
            to: None,
        };
        let mut latencies = Latencies::default();
        let mut next = None;
        for _ in 0..READINGS / 10 {
            let asked = Instant::now();
            let page = statement::account_statement(pool, of, next, Limit::default())
                .await
                .map_err(|error| error.to_string())?;
            latencies.add(asked.elapsed());
            next = page.lines.next;
        }
        slowest = slowest.max(latencies.percentile_ms(50));
    }
    Ok(slowest)
}

/// How long a worker takes to let a key catch up whose one fact waits.
async fn unparked(log: &EventLog, generation: i32, some: &[Uuid]) -> Result<f64, String> {
    let consumer = Model::Bookings.consumer();
    let options = WorkerOptions {
        renew: Duration::ZERO,
        renew_when_idle: Duration::ZERO,
        ..WorkerOptions::default()
    };
    let mut worker = Worker::new(log.clone(), None, Arc::clone(&consumer), options);
    while !worker.step().await.map_err(|error| error.to_string())?.quiet {}
    let mut latencies = Latencies::default();
    for id in some.iter().take(20) {
        park(log.pool(), generation, *id).await.map_err(said)?;
        worker.step().await.map_err(|error| error.to_string())?;
        parking::unpark(log.pool(), consumer.name(), None)
            .await
            .map_err(said)?;
        let asked = Instant::now();
        worker.step().await.map_err(|error| error.to_string())?;
        latencies.add(asked.elapsed());
        if !parking::list(log.pool(), None).await.map_err(said)?.is_empty() {
            return Err("a key stays parked".to_owned());
        }
    }
    Ok(latencies.percentile_ms(50))
}

/// As if a worker had not got past the booking: its row is not there, and its facts wait.
async fn park(pool: &PgPool, generation: i32, booking: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("delete from bookings where generation = $1 and booking_id = $2")
        .bind(generation)
        .bind(booking)
        .execute(pool)
        .await?;
    sqlx::query(
        "insert into parked (consumer, generation, partition_key, shard, from_position, reason)
         select 'bookings', $1, partition_key, shard, position, 'for the measurement' from events
         where aggregate_type = 'booking' and aggregate_id = $2::text",
    )
    .bind(generation)
    .bind(booking)
    .execute(pool)
    .await
    .map(drop)
}

async fn make_some_rare(owner: &PgPool, generation: i32) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update bookings set status = 'no_show' where generation = $1 and booking_id in (
             select booking_id from bookings where generation = $1 order by requested_at, booking_id limit $2)",
    )
    .bind(generation)
    .bind(RARE)
    .execute(owner)
    .await
    .map(drop)
}

/// Bookings from all over the log.
async fn some_bookings(owner: &PgPool, generation: i32) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "select b.booking_id from generate_series(1, $2) n
         join events e on e.position = (select max(position) from events) * n / $2
         join bookings b on b.generation = $1 and b.booking_id = e.aggregate_id::uuid and b.status <> 'no_show'",
    )
    .bind(generation)
    .bind(i64::try_from(READINGS).unwrap_or(i64::MAX))
    .fetch_all(owner)
    .await
}

async fn fill_ledger(owner: &PgPool) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into payment_ledger (generation, position, line, account, kind, amount, currency, at)
         select (select live_generation from read_models where model = 'payment_ledger' order by schema_version desc limit 1),
                e.position, 1, 'clinic_revenue', 'captured', -150000, 'RUB', e.recorded_at
         from events e on conflict do nothing",
    )
    .execute(owner)
    .await?;
    sqlx::query("vacuum analyze payment_ledger")
        .execute(owner)
        .await?;
    // As if workers had followed, and had summed behind them.
    sqlx::query(
        "update checkpoints set position = (select max(position) from events) where consumer = 'payment_ledger'",
    )
    .execute(owner)
    .await?;
    ranges::sum_ranges(owner, ranges::RANGE).await.map(drop)
}

fn said(error: sqlx::Error) -> String {
    error.to_string()
}

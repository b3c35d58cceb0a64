//! Measures the fan-out alone, relay → NATS → six read models: `dev-stack exec -- cargo run --release -p event-store
//! --example fanout_rate -- <facts per second> <seconds>`. Then rebuilds one of them.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring tool")]

use std::sync::Arc;
use std::time::Duration;

use dev_stack::TestDatabase;
use event_store::generations::{Rebuild, RebuildOptions};
use event_store::{
    ApplyError, BoxFuture, Bus, Consumer, EventLog, Fact, LogOptions, MessageKeys, Relay, RelayOptions,
    StartAt, Worker, WorkerOptions,
};
use sqlx::{Connection, PgConnection};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const MODELS: [&str; 6] = ["rate_1", "rate_2", "rate_3", "rate_4", "rate_5", "rate_6"];

/// A table of one row per key, and a function that appends facts about as long as an urgent booking's.
const TABLES: &str = r#"
create table rate (model text, generation integer, key text, position bigint, body json, primary key (model, generation, key));
create function append_rate(n bigint) returns void language plpgsql as $$
declare head bigint;
begin
    perform pg_advisory_xact_lock(7245301);
    select coalesce((select position from events order by position desc limit 1), 0) into head;
    insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, shard,
                        partition_key, recorded_at)
    select 'rate', 'r' || (head + i), 1, 'Requested', '1', format('{"Requested":{"words":"%s"}}', repeat('x', 330))::json,
           format('{"words":"%s"}', repeat('y', 330))::json, head + i, ((head + i) * 7919) % 32, 'key' || (head + i),
           clock_timestamp()
    from generate_series(1, n) i;
end $$;
"#;

struct Rate(&'static str);

impl Consumer for Rate {
    fn name(&self) -> &'static str {
        self.0
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            sqlx::query(
                "insert into rate select $1, $2, k, p, b::json from unnest($3::text[], $4::bigint[], $5::text[]) as f (k, p, b)
                 on conflict (model, generation, key) do update set position = excluded.position",
            )
            .bind(self.0)
            .bind(generation)
            .bind(facts.iter().map(|f| f.partition_key.as_str()).collect::<Vec<_>>())
            .bind(facts.iter().map(|f| f.position).collect::<Vec<_>>())
            .bind(facts.iter().map(|f| f.payload.get()).collect::<Vec<_>>())
            .execute(tx)
            .await?;
            Ok(())
        })
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|argument| argument.parse::<u64>().unwrap());
    let (rate, seconds) = (arguments.next().unwrap_or(8_000), arguments.next().unwrap_or(10));
    let database = TestDatabase::create().await.unwrap();
    let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
    let mut probe = PgConnection::connect(database.app_url()).await.unwrap();
    let role: String = sqlx::query_scalar("select current_user")
        .fetch_one(&mut probe)
        .await
        .unwrap();
    sqlx::raw_sql(&format!("{TABLES} grant all on rate to {role};"))
        .execute(&mut owner)
        .await
        .unwrap();
    let log = EventLog::open(LogOptions::new(database.app_url(), |_, _, _| true))
        .await
        .unwrap();
    let keys = MessageKeys::new(&[1; 32], None);
    let bus = Bus::connect(database.nats_url(), log.identity(), Some(keys))
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let mut running = tokio::task::JoinSet::new();
    let mut counters = vec![];
    for model in MODELS {
        let mut worker = Worker::new(
            log.clone(),
            Some(bus.clone()),
            Arc::new(Rate(model)),
            WorkerOptions::default(),
        );
        worker.register().await.unwrap();
        counters.push(worker.counters());
        running.spawn(worker.run(stop.clone()));
    }
    running.spawn(Relay::new(log.clone(), bus, RelayOptions::default()).run(stop.clone()));
    tokio::time::sleep(Duration::from_secs(2)).await;

    load(&mut owner, &mut probe, rate, seconds).await;
    counters.iter().for_each(|counter| println!("{counter:?}"));
    let consumer = Arc::new(Rate(MODELS[0]));
    let rebuild = Rebuild::begin(log.clone(), consumer, RebuildOptions::default())
        .await
        .unwrap();
    let begun = Instant::now();
    let built = rebuild.run(&stop).await.unwrap();
    println!(
        "rebuild: {built} facts, {} a second",
        u128::from(built) * 1_000 / begun.elapsed().as_millis().max(1)
    );
    stop.cancel();
    while running.join_next().await.is_some() {}
}

/// Appends at the asked rate; every 200 ms measures how long the facts so far take to show in all models.
async fn load(owner: &mut PgConnection, probe: &mut PgConnection, rate: u64, seconds: u64) {
    let (begun, mut sent, mut lags) = (Instant::now(), 0, vec![]);
    let processor_ms = processor_ms();
    let mut tick = tokio::time::interval(Duration::from_millis(2));
    while begun.elapsed() < Duration::from_secs(seconds) {
        tick.tick().await;
        let due = u64::try_from(begun.elapsed().as_millis()).unwrap() * rate / 1_000 - sent;
        if due > 0 {
            let due = i64::try_from(due).unwrap();
            sqlx::query("select append_rate($1)")
                .bind(due)
                .execute(&mut *owner)
                .await
                .unwrap();
            sent += due.unsigned_abs();
        }
        if u128::try_from(lags.len()).unwrap() * 200 < begun.elapsed().as_millis() {
            lags.push(shown_after(probe, sent).await);
        }
    }
    let passed = begun.elapsed();
    let rest = shown_after(probe, sent).await;
    lags.sort_unstable();
    println!(
        "{sent} facts in {passed:?}, the last shown after {rest:?}; own processor time {} ms; lag p50 {:?} p95 {:?} max {:?}",
        self::processor_ms() - processor_ms,
        lags[lags.len() / 2],
        lags[lags.len() * 95 / 100],
        lags[lags.len() - 1],
    );
}

async fn shown_after(probe: &mut PgConnection, position: u64) -> Duration {
    let begun = Instant::now();
    loop {
        let shown: bool =
            sqlx::query_scalar("select bool_and(model_is_fresh(m, 1, $2)) from unnest($1::text[]) m")
                .bind(&MODELS[..])
                .bind(i64::try_from(position).unwrap())
                .fetch_one(&mut *probe)
                .await
                .unwrap();
        if shown {
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Processor time of this process, from Linux: ticks of 10 ms.
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

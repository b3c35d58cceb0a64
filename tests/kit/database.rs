//! Looking at the tables from outside: what the log holds, whether the platform is quiet, whether two generations of a
//! read model are the same.

use std::time::Instant;

use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::wait::{LOOK_EVERY, PATIENCE};

/// A fact as it is stored.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its place in the log.
    pub position: i64,
    /// The type of the aggregate.
    pub aggregate_type: String,
    /// The aggregate.
    pub aggregate_id: String,
    /// Its type.
    pub event_type: String,
    /// What it says, without the wrapping name.
    pub body: Value,
    /// Who, why, when.
    pub metadata: Value,
}

/// A few connections for looking.
pub async fn pool(url: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(3)
        .connect(url)
        .await
        .unwrap()
}

/// Every fact, in order.
pub async fn facts(pool: &PgPool) -> Vec<Fact> {
    let rows: Vec<(i64, String, String, String, Value, Value)> = sqlx::query_as(
        "select position, aggregate_type, aggregate_id, event_type, payload, metadata from events order by position",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let fact = |(position, aggregate_type, aggregate_id, event_type, payload, metadata): (
        _,
        _,
        _,
        String,
        Value,
        _,
    )| {
        let body = payload.get(&event_type).cloned().unwrap_or(Value::Null);
        Fact {
            position,
            aggregate_type,
            aggregate_id,
            event_type,
            body,
            metadata,
        }
    };
    rows.into_iter().map(fact).collect()
}

/// The last position.
pub async fn head(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select coalesce(max(position), 0) from events")
        .fetch_one(pool)
        .await
        .unwrap()
}

/// The read models.
pub async fn models(pool: &PgPool) -> Vec<String> {
    sqlx::query_scalar("select model from read_models order by model")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// The generation that readers of a model see.
pub async fn live_generation(pool: &PgPool, model: &str) -> i32 {
    sqlx::query_scalar("select live_generation from read_models where model = $1")
        .bind(model)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Facts that a read model or process has yet to see, and intents that are due.
const BEHIND: &str = "
    select
        (select count(*) from read_models r
         join current_checkpoints c on c.consumer = r.model and c.generation = r.live_generation
         join events e on e.shard = c.shard and e.position > c.position
         where not exists (select from parked p where p.consumer = c.consumer and p.partition_key = e.partition_key))
        +
        (select count(*) from process_starts s
         join current_checkpoints c on c.consumer = s.process
         join events e on e.shard = c.shard and e.position > c.position
         where not exists (select from parked p where p.consumer = c.consumer and p.partition_key = e.partition_key)),
        (select count(*) from intents i where i.state = 'open' and i.due_at <= house_now()
         and not exists (select from parked p join process_starts s on s.process = p.consumer
                         where p.partition_key = i.partition_key)),
        (select coalesce(max(position), 0) from events)";

/// Waits until every read model and process has every fact and no intent is due, twice in a row at the same head.
pub async fn drained(pool: &PgPool) {
    let deadline = Instant::now() + PATIENCE;
    let mut last = -1;
    loop {
        let (behind, due, head): (i64, i64, i64) = sqlx::query_as(BEHIND).fetch_one(pool).await.unwrap();
        let quiet = behind == 0 && due == 0;
        if quiet && last == head {
            return;
        }
        last = if quiet { head } else { -1 };
        if Instant::now() > deadline {
            panic!(
                "{behind} facts behind, {due} intents due: {:#?}",
                overdue(pool).await
            );
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Some of the intents that are due, for whoever wonders why.
async fn overdue(pool: &PgPool) -> Vec<Value> {
    sqlx::query_scalar(
        "select to_jsonb(i) || jsonb_build_object('house_now', house_now()) from intents i
         where i.state = 'open' and i.due_at <= house_now() order by i.due_at limit 5",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

/// Fails unless every table of `model` holds the same rows in both generations.
pub async fn same_rows(pool: &PgPool, model: &str, one: i32, other: i32) {
    for table in tables(pool, model).await {
        let rows = |generation: i32| {
            format!(
                "select (to_jsonb(t) - 'generation')::text as row from {table} t where generation = {generation}"
            )
        };
        let (left, right) = (rows(one), rows(other));
        let different: Vec<(String, String)> = sqlx::query_as(&format!(
            "(select 'only in {one}', row from ({left} except all {right}) a limit 3)
             union all (select 'only in {other}', row from ({right} except all {left}) b limit 3)"
        ))
        .fetch_all(pool)
        .await
        .unwrap();
        assert!(different.is_empty(), "{table}: {different:#?}");
    }
}

/// How many rows a model has in a generation, in all its tables.
pub async fn rows(pool: &PgPool, model: &str, generation: i32) -> i64 {
    let mut rows = 0;
    for table in tables(pool, model).await {
        let count: i64 = sqlx::query_scalar(&format!(
            "select count(*) from {table} where generation = {generation}"
        ))
        .fetch_one(pool)
        .await
        .unwrap();
        rows += count;
    }
    rows
}

/// The live rows of every table of every read model, digested: the same in two databases if they show the same.
pub async fn live_rows(pool: &PgPool) -> Vec<(String, i64, Option<String>)> {
    let mut digests = Vec::new();
    for model in models(pool).await {
        let generation = live_generation(pool, &model).await;
        for table in tables(pool, &model).await {
            let (count, digest): (i64, Option<String>) = sqlx::query_as(&format!(
                "select count(*), md5(string_agg(row, chr(10) order by row collate \"C\")) from (
                     select (to_jsonb(t) - 'generation')::text as row from {table} t where generation = $1) rows"
            ))
            .bind(generation)
            .fetch_one(pool)
            .await
            .unwrap();
            digests.push((table, count, digest));
        }
    }
    digests
}

async fn tables(pool: &PgPool, model: &str) -> Vec<String> {
    let tables: Vec<String> =
        sqlx::query_scalar("select table_name from model_tables where model = $1 order by 1")
            .bind(model)
            .fetch_all(pool)
            .await
            .unwrap();
    assert!(!tables.is_empty(), "{model} has no tables");
    tables
}

/// Fails unless money is only ever moved: every booking's lines and every currency's sum to zero.
pub async fn ledger_is_balanced(pool: &PgPool) {
    let generation = live_generation(pool, "payment_ledger").await;
    let odd: Vec<(String, Option<String>, i64)> = sqlx::query_as(
        "select currency, booking_id::text, sum(amount)::bigint from payment_ledger where generation = $1
         group by grouping sets ((currency), (currency, booking_id), (currency, position)) having sum(amount) <> 0",
    )
    .bind(generation)
    .fetch_all(pool)
    .await
    .unwrap();
    assert!(odd.is_empty(), "{odd:?}");
}

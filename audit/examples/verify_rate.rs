//! How fast the stored log is hashed and verified: `cargo build --release -p audit --example verify_rate`, then below
//! `dev-stack exec --` with how many facts and how many connections, 1 000 000 and 4 by default.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "whoever measures wants to see what failed, and the figures"
)]

use std::time::Instant;

use audit::verify::VerifyOptions;
use audit::{extend, heads, verify};
use dev_stack::TestDatabase;
use notary::{Frontier, PrivateKey};
use sqlx::{Connection, PgConnection};

/// Ten streams at a time grow to ten facts each; payload and metadata are as long as a booking's.
const FILL: &str = "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, \
                                        shard, partition_key, recorded_at, command_id)
    select 'booking', md5((n / 100 * 10 + n % 10)::text)::uuid::text, n % 100 / 10 + 1, 'BookingRequested', '2',
           format('{\"BookingRequested\":{\"n\":%s,\"rest\":\"%s\"}}', n, repeat('p', 260))::json,
           format('{\"command_digest\":\"%s\",\"actor_id\":\"%s\"}', repeat('d', 64), repeat('a', 100))::json, n + 1, n % 32,
           md5((n / 100 * 10 + n % 10)::text)::uuid::text, 'epoch'::timestamptz + n * interval '1 millisecond',
           md5(n::text)::uuid
    from generate_series(0, $1::bigint - 1) n";
const BATCH_MAX: u32 = 4_096;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: i64| arguments.next().map_or(default, |text| text.parse().unwrap());
    let (facts, connections) = (number(1_000_000), number(4));
    let database = TestDatabase::create().await.unwrap();
    let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
    sqlx::query(FILL).bind(facts).execute(&mut owner).await.unwrap();
    sqlx::raw_sql("vacuum analyze events")
        .execute(&mut owner)
        .await
        .unwrap();

    let (begun, mut frontier) = (Instant::now(), Frontier::default());
    while extend(&mut owner, &mut frontier, BATCH_MAX).await.unwrap() > 0 {}
    tell("hashed by the follower", facts, begun);
    let key = PrivateKey::from_seed(&[1; 32]);
    let log_id = sqlx::query_scalar("select log_id from log_identity");
    let log_id = log_id.fetch_one(&mut owner).await.unwrap();
    heads::sign(&mut owner, &key, log_id, &frontier, 1).await.unwrap();

    for _ in 0..3 {
        let mut readers = Vec::new();
        for _ in 0..connections {
            let mut reader = PgConnection::connect(database.owner_url()).await.unwrap();
            let index_only = "set enable_seqscan = off; set enable_bitmapscan = off; set jit = off";
            sqlx::raw_sql(index_only).execute(&mut reader).await.unwrap();
            readers.push(reader);
        }
        let options = VerifyOptions {
            keys: vec![key.public()],
            ..VerifyOptions::default()
        };
        let begun = Instant::now();
        let (report, _) = verify(readers, &options).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.findings.first());
        tell("verified", i64::try_from(report.facts).unwrap(), begun);
    }
}

fn tell(what: &str, facts: i64, begun: Instant) {
    let took = begun.elapsed();
    let rate = i128::from(facts) * 1_000_000 / i128::try_from(took.as_micros()).unwrap().max(1);
    println!("{facts} facts {what} in {took:?}: {rate} a second");
}

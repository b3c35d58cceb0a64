//! A log with the facts of many visits, hashed and signed, on a database of one's own.

use audit::verify::finding::{Finding, Kind};
use audit::verify::{Report, VerifyOptions};
use audit::{extend, heads, verify};
use dev_stack::TestDatabase;
use event_store::shard_of;
use notary::{Frontier, PrivateKey, SignedTreeHead};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

/// So many streams grow at the same time; two in three are bookings, the others their payments.
const STREAMS: usize = 60;
/// 2026-12-01T09:00:00Z.
const BEGINS_US: i64 = 1_796_115_600_000_000;
/// Facts of one batch have one time.
const BATCH: i64 = 3;

pub struct TestLog {
    pub database: TestDatabase,
    /// The owner's connection: the owner may switch off the triggers.
    pub owner: PgConnection,
    pub frontier: Frontier,
    pub key: PrivateKey,
    texts: Vec<(String, String, String)>,
}

impl TestLog {
    /// An empty one.
    pub async fn open() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let owner = PgConnection::connect(database.owner_url()).await.unwrap();
        Self {
            database,
            owner,
            frontier: Frontier::default(),
            key: PrivateKey::from_seed(&[1; 32]),
            texts: golden(),
        }
    }

    /// Facts up to this position, as visits leave them.
    pub async fn fill(&mut self, until: i64) {
        let from: i64 = sqlx::query_scalar("select coalesce(max(position), 0) + 1 from events")
            .fetch_one(&mut self.owner)
            .await
            .unwrap();
        for position in from..=until {
            let place = usize::try_from(position - 1).unwrap();
            let (booking, kind) = booking_of(place % STREAMS);
            let id = if kind == "booking" {
                booking.to_string()
            } else {
                Uuid::from_u128(booking.as_u128() + (1 << 64)).to_string()
            };
            let (event_type, version, payload) = &self.texts[place % self.texts.len()];
            let command = (position % 2 == 1).then(|| Uuid::from_u128(position.unsigned_abs().into()));
            let metadata = format!(r#"{{"actor_id": "process", "causation": "{}"}}"#, position - 1);
            sqlx::query(
                "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, \
                                     shard, partition_key, recorded_at, command_id) \
                 values ($1, $2, $3, $4, $5, $6::json, $7::json, $8, $9, $10, \
                         'epoch'::timestamptz + ($11::text || ' microseconds')::interval, $12)",
            )
            .bind(kind)
            .bind(id)
            .bind(1 + i64::try_from(place / STREAMS).unwrap())
            .bind(event_type)
            .bind(version)
            .bind(payload)
            .bind(metadata)
            .bind(position)
            .bind(shard_of(&booking.to_string()))
            .bind(booking.to_string())
            .bind((BEGINS_US + position / BATCH * 1_000_003).to_string())
            .bind(command)
            .execute(&mut self.owner)
            .await
            .unwrap();
        }
    }

    /// Facts up to this position, each of a stream of its own, by one statement: for logs of more than one range.
    pub async fn fill_plainly(&mut self, until: i64) {
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, position, \
                                 shard, partition_key, recorded_at, command_id) \
             select 'booking', md5(n::text)::uuid::text, 1, 'BookingRequested', '2', '{}', '{}', n, n % 32, \
                    md5(n::text)::uuid::text, 'epoch'::timestamptz + n * interval '1 millisecond', md5(n::text)::uuid \
             from generate_series(1, $1::bigint) n",
        )
        .bind(until)
        .execute(&mut self.owner)
        .await
        .unwrap();
        // Rows are found by index, as the follower finds them.
        self.run("analyze events; set enable_seqscan = off; set enable_bitmapscan = off")
            .await;
    }

    /// Hashes what is there.
    pub async fn hash(&mut self, batch_max: u32) {
        while extend(&mut self.owner, &mut self.frontier, batch_max)
            .await
            .unwrap()
            > 0
        {}
    }

    /// Signs what is hashed.
    pub async fn sign(&mut self) -> SignedTreeHead {
        let log_id = self.log_id().await;
        let time_us = BEGINS_US + i64::try_from(self.frontier.size()).unwrap();
        heads::sign(&mut self.owner, &self.key, log_id, &self.frontier, time_us)
            .await
            .unwrap()
    }

    /// Facts up to here, hashed and signed.
    pub async fn signed_until(&mut self, position: i64) -> SignedTreeHead {
        self.fill(position).await;
        self.hash(50).await;
        self.sign().await
    }

    /// How many facts each head covers, in the order in which they were signed.
    pub async fn head_sizes(&mut self) -> Vec<i64> {
        sqlx::query_scalar("select tree_size from notary_heads order by time_us, tree_size")
            .fetch_all(&mut self.owner)
            .await
            .unwrap()
    }

    pub async fn log_id(&mut self) -> Uuid {
        sqlx::query_scalar("select log_id from log_identity")
            .fetch_one(&mut self.owner)
            .await
            .unwrap()
    }

    /// As whoever may do all: facts and what the notary wrote can be changed from now on.
    pub async fn loosen(&mut self) {
        for statement in [
            "alter table events disable trigger user",
            "alter table notary_leaves disable trigger user",
            "alter table notary_nodes disable trigger user",
            "alter table notary_heads disable trigger user",
            "alter table events drop constraint events_position_check, drop constraint events_sequence_check, \
             drop constraint events_shard_check, drop constraint events_pkey, alter column position drop not null",
            // An index by what stands in a payload refuses some that no longer fit it.
            "do $$ declare of_payload regclass; begin
                 for of_payload in select indexrelid from pg_index where indrelid = 'events'::regclass and indexprs is not null
                 loop execute format('drop index %s', of_payload); end loop; end $$",
        ] {
            self.run(statement).await;
        }
    }

    pub async fn run(&mut self, statement: &str) {
        sqlx::raw_sql(statement)
            .execute(&mut self.owner)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// What a verification over this connection sees, with the right key.
    pub async fn verify(self) -> (Self, Report) {
        self.verify_with(Vec::new()).await
    }

    /// The same with heads that somebody outside kept.
    pub async fn verify_with(self, witnessed: Vec<SignedTreeHead>) -> (Self, Report) {
        let options = VerifyOptions {
            keys: vec![self.key.public()],
            witnessed,
            ..VerifyOptions::default()
        };
        self.verify_by(options).await
    }

    /// The same with these options.
    pub async fn verify_by(mut self, options: VerifyOptions) -> (Self, Report) {
        let (report, mut connections) = verify(vec![self.owner], &options).await.unwrap();
        self.owner = connections.remove(0);
        (self, report)
    }

    /// What a verification sees once these statements were run; then they are taken back.
    pub async fn verify_after(mut self, statements: &[String]) -> (Self, Report) {
        self.run("begin").await;
        for statement in statements {
            self.run(statement).await;
        }
        let (mut log, report) = self.verify().await;
        log.run("rollback").await;
        (log, report)
    }
}

/// The booking and the type of a stream.
pub fn booking_of(stream: usize) -> (Uuid, &'static str) {
    let booking = u128::try_from(stream / 3 * 2 + stream % 3 % 2).unwrap();
    let kind = if stream % 3 == 2 { "payment" } else { "booking" };
    (Uuid::from_u128((7 << 64) + booking), kind)
}

/// Kind and position of what was found, for comparison.
pub fn seen(findings: &[Finding]) -> Vec<(Kind, Option<i64>, Option<i64>)> {
    let seen = |finding: &Finding| (finding.kind, finding.position, finding.other);
    findings.iter().map(seen).collect()
}

/// Type, version and payload of every event ever stored.
fn golden() -> Vec<(String, String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/events");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (event_type, version) = name.split_once(".v").unwrap();
        let payload = std::fs::read_to_string(&path).unwrap().trim_end().to_owned();
        texts.push((event_type.to_owned(), version.to_owned(), payload));
    }
    texts.sort();
    texts
}

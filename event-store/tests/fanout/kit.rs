//! A log with a toy read model on a database of one's own, and short ways to move it along.

use std::sync::Arc;
use std::time::Duration;

use dev_stack::TestDatabase;
use event_store::{
    Bus, Consumer, EventLog, FanoutError, LogOptions, MessageKeys, Relay, RelayOptions, RelayStep, Worker,
    WorkerOptions, WorkerStep, freshness, shard_of,
};
use futures::StreamExt;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::toy::{TABLES, Toy, expected, rows};

/// How long anything may take before a test gives up. Never waited for in full unless something is wrong.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How many steps anything may take before a test gives up.
const STEPS_MAX: usize = 10_000;

pub struct TestLog {
    pub database: TestDatabase,
    pub log: EventLog,
    pub toy: Arc<Toy>,
}

impl TestLog {
    pub async fn open() -> Self {
        Self::open_for(Toy::new()).await
    }

    pub async fn open_for(toy: Toy) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let mut app = PgConnection::connect(database.app_url()).await.unwrap();
        let role: String = sqlx::query_scalar("select current_user")
            .fetch_one(&mut app)
            .await
            .unwrap();
        let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
        sqlx::raw_sql(&format!("{TABLES} grant all on toy to {role}"))
            .execute(&mut owner)
            .await
            .unwrap();
        let log = process_on(&database).await;
        Self {
            database,
            log,
            toy: Arc::new(toy),
        }
    }

    pub async fn application(&self) -> PgConnection {
        PgConnection::connect(self.database.app_url()).await.unwrap()
    }

    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(self.database.owner_url()).await.unwrap()
    }

    /// As the owner of the tables, on as many connections as are asked for.
    pub fn owner_pool(&self) -> PgPool {
        PgPool::connect_lazy(self.database.owner_url()).unwrap()
    }

    /// As when the server or the network breaks them off.
    pub async fn end_sessions_of_workers(&self) {
        self.run_sql_as_application(
            "select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
             where l.locktype = 'advisory' and d.datname = current_database() and l.pid <> pg_backend_pid()",
        )
        .await;
    }

    pub async fn run_sql(&self, sql: &str) {
        sqlx::raw_sql(sql).execute(&mut self.owner().await).await.unwrap();
    }

    /// As [`TestLog::run_sql`], as the role the platform runs under.
    pub async fn run_sql_as_application(&self, sql: &str) {
        let mut connection = PgConnection::connect(self.database.app_url()).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }

    /// Every worker's time runs out at once.
    pub async fn expire_leases(&self) {
        self.run_sql("update consumer_workers set alive_until = clock_timestamp() - interval '1 second'")
            .await;
    }

    pub async fn bus(&self) -> Bus {
        let bus = Bus::connect(self.database.nats_url(), self.log.identity(), message_keys())
            .await
            .unwrap();
        until("the bus connects", async || bus.connected()).await;
        bus
    }

    /// A relay that stores how far it has come with each batch.
    pub async fn relay(&self) -> Relay {
        let options = RelayOptions {
            mark_every: Duration::ZERO,
            ..RelayOptions::default()
        };
        Relay::new(self.log.clone(), self.bus().await, options)
    }

    /// A worker that follows the log alone.
    pub fn worker(&self) -> Worker {
        self.worker_with(None, options())
    }

    pub fn worker_with(&self, bus: Option<Bus>, options: WorkerOptions) -> Worker {
        Worker::new(
            self.log.clone(),
            bus,
            Arc::clone(&self.toy) as Arc<dyn Consumer>,
            options,
        )
    }

    /// Appends facts, one for each key, in this order, each to the stream of its key.
    pub async fn append<K: AsRef<str>>(&self, keys: &[K]) {
        self.append_version(keys, 1).await;
    }

    pub async fn append_version<K: AsRef<str>>(&self, keys: &[K], version: u32) {
        let keys: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        let shards: Vec<i16> = keys.iter().map(|key| shard_of(key)).collect();
        let mut owner = self.owner().await;
        let mut transaction = owner.begin().await.unwrap();
        sqlx::query("select pg_advisory_xact_lock(7245301)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        sqlx::query(
            "insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                 position, shard, partition_key, recorded_at)
             select 'toy', f.key,
                    row_number() over (partition by f.key order by f.n)
                        + (select count(*) from events e where e.aggregate_type = 'toy' and e.aggregate_id = f.key),
                    'Moved', $3, '{\"Moved\":{}}', '{}', head.position + f.n, f.shard, f.key, clock_timestamp()
             from unnest($1::text[], $2::smallint[]) with ordinality as f (key, shard, n),
                  (select coalesce(max(position), 0) as position from events) head",
        )
        .bind(keys)
        .bind(shards)
        .bind(version.to_string())
        .execute(&mut *transaction)
        .await
        .unwrap();
        transaction.commit().await.unwrap();
    }

    /// The live generation's rows are what the log says.
    pub async fn assert_right(&self) {
        let live = self.live().await.unwrap();
        assert_eq!(rows(self.log.pool(), live).await, expected(self.log.pool()).await);
    }

    pub async fn live(&self) -> Option<i32> {
        event_store::generations::live(self.log.pool(), self.toy.name, self.toy.schema_version)
            .await
            .unwrap()
    }

    /// The toy shows all that is in the log. Looks only: no worker is nudged.
    pub async fn until_fresh(&self) {
        let head = self.log.head().await.unwrap();
        until("the toy is fresh", async || {
            let wanted = freshness::FreshnessTarget {
                model: self.toy.name,
                schema_version: self.toy.schema_version,
                shard: None,
                position: head,
            };
            freshness::is_fresh(self.log.pool(), wanted).await.unwrap()
        })
        .await;
    }
}

/// Somebody on NATS, signed in as the address says.
pub async fn nats(address: &str) -> async_nats::Client {
    let address = url::Url::parse(address).unwrap();
    let (user, password) = (address.username(), address.password().unwrap());
    async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        .connect(address.as_str())
        .await
        .unwrap()
}

/// Listens to `subject`, the server knowing it: `flush` empties the client's buffer, and does not wait for the server.
pub async fn listen(client: &async_nats::Client, subject: String) -> async_nats::Subscriber {
    let wire = client.subscribe(subject).await.unwrap();
    let inbox = client.new_inbox();
    let mut own = client.subscribe(inbox.clone()).await.unwrap();
    client.publish(inbox, "".into()).await.unwrap();
    own.next().await.unwrap();
    wire
}

/// The key of the test's own messages.
pub fn message_keys() -> Option<MessageKeys> {
    Some(MessageKeys::new(&[1; 32], None))
}

/// Another process on the same database.
pub async fn process_on(database: &TestDatabase) -> EventLog {
    EventLog::open(LogOptions::new(database.app_url(), |_, _, _| true))
        .await
        .unwrap()
}

/// Shares are taken at every step, and nothing is waited for.
pub fn options() -> WorkerOptions {
    WorkerOptions {
        renew: Duration::ZERO,
        renew_when_idle: Duration::ZERO,
        avoid: PATIENCE,
        ..WorkerOptions::default()
    }
}

/// Keys `k0`, `k1`, … in rounds, until there are so many.
pub fn keys(different: usize, many: usize) -> Vec<String> {
    (0..many).map(|n| format!("k{}", n % different)).collect()
}

/// Believes in its leases until somebody tells it otherwise.
pub fn sleepy() -> WorkerOptions {
    let long = Duration::from_secs(3_600);
    WorkerOptions {
        lease: long,
        renew: long,
        ..options()
    }
}

/// A worker goes, and gives its shards back.
pub async fn leave(worker: Worker) {
    let stop = CancellationToken::new();
    stop.cancel();
    worker.run(stop).await;
}

/// Steps until there is nothing left to do.
pub async fn drain(worker: &mut Worker) -> WorkerStep {
    let mut all = WorkerStep::default();
    for _ in 0..STEPS_MAX {
        let step = worker.step().await.unwrap();
        all.applied += step.applied;
        all.from_bus += step.from_bus;
        all.from_log += step.from_log;
        all.held = step.held;
        if step.quiet {
            return WorkerStep { quiet: true, ..all };
        }
    }
    panic!("the worker never comes to rest");
}

/// Carries everything to NATS.
pub async fn carry(relay: &mut Relay) -> usize {
    let mut carried = 0;
    for _ in 0..STEPS_MAX {
        match relay.step().await.unwrap() {
            RelayStep::Published { facts, .. } => carried += facts,
            RelayStep::Quiet => return carried,
            other @ (RelayStep::Follows | RelayStep::NoBus | RelayStep::Jumped { .. }) => {
                panic!("the relay cannot carry: {other:?}")
            }
        }
    }
    panic!("the relay never comes to rest");
}

/// Looks every few milliseconds until it is so.
pub async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = tokio::time::interval(Duration::from_millis(5));
    while !look().await {
        assert!(Instant::now() < deadline, "gave up waiting until {what}");
        tick.tick().await;
    }
}

/// Roles that run in the background until the end of the test.
pub struct Running {
    stop: CancellationToken,
    tasks: tokio::task::JoinSet<()>,
}

impl Running {
    pub fn new() -> Self {
        Self {
            stop: CancellationToken::new(),
            tasks: tokio::task::JoinSet::new(),
        }
    }

    pub fn worker(&mut self, worker: Worker) {
        self.tasks.spawn(worker.run(self.stop.clone()));
    }

    pub fn relay(&mut self, relay: Relay) {
        self.tasks.spawn(relay.run(self.stop.clone()));
    }

    /// Stops them gracefully; none of them may have panicked.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

/// Whether this is the error of a process whose database has become another log.
pub fn is_another_log<T>(done: &Result<T, FanoutError>) -> bool {
    matches!(done, Err(FanoutError::AnotherLog))
}

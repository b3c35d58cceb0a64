//! A log on a database of one's own, and short ways to say what a test wants of it.

use dev_stack::TestDatabase;
use event_store::{CommandContext, EventLog, ExecuteError, LogOptions, Outcome, StreamName, execute};
use sqlx::{Connection, PgConnection, Row};
use uuid::Uuid;

use crate::jar::{Jar, JarRefusal, known, put, take};

pub type JarError = ExecuteError<JarRefusal>;

pub struct TestLog {
    pub database: TestDatabase,
    pub log: EventLog,
}

impl TestLog {
    pub async fn open() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let log = EventLog::open(options(database.app_url())).await.unwrap();
        Self { database, log }
    }

    /// Another process on the same database.
    pub async fn another_process(&self) -> EventLog {
        EventLog::open(options(self.database.app_url())).await.unwrap()
    }

    pub async fn owner(&self) -> PgConnection {
        PgConnection::connect(self.database.owner_url()).await.unwrap()
    }

    pub async fn app(&self) -> PgConnection {
        PgConnection::connect(self.database.app_url()).await.unwrap()
    }
}

pub fn options(url: &str) -> LogOptions {
    LogOptions::new(url, known)
}

/// A command without a key.
pub fn unkeyed() -> CommandContext {
    CommandContext {
        repeatable: false,
        remembers_no_op: false,
        ..keyed(Uuid::new_v4(), "-")
    }
}

pub fn keyed(command_id: Uuid, digest: &str) -> CommandContext {
    CommandContext {
        command_id,
        repeatable: true,
        remembers_no_op: true,
        digest: digest.to_owned(),
        actor_id: "somebody".to_owned(),
        actor_role: "patient",
        correlation_id: command_id.to_string(),
        causation: None,
        trace_id: "trace".to_owned(),
        channel: None,
        app_id: None,
        expected: None,
    }
}

/// Puts a coin into the jar, loading it first.
pub async fn put_into(
    log: &EventLog,
    context: &CommandContext,
    name: &StreamName,
    mark: &str,
) -> Result<Outcome, JarError> {
    execute(log, context, std::slice::from_ref(name), |streams| {
        streams.decide::<Jar, JarRefusal>(name, |_| Ok(put(mark)))
    })
    .await
}

/// Puts a coin into the jar unless the last one bears this mark.
pub async fn mark_as(
    log: &EventLog,
    context: &CommandContext,
    name: &StreamName,
    mark: &str,
) -> Result<Outcome, JarError> {
    execute(log, context, std::slice::from_ref(name), |streams| {
        streams.decide::<Jar, JarRefusal>(name, |jar| {
            let there = jar.marks.last().is_some_and(|last| last == mark);
            Ok(if there { Vec::new() } else { put(mark) })
        })
    })
    .await
}

/// Puts a coin into a jar that is said to be new.
pub async fn put_into_new(
    log: &EventLog,
    context: &CommandContext,
    name: &StreamName,
) -> Result<Outcome, JarError> {
    execute(log, context, &[], |streams| {
        streams.assume_new::<Jar>(name);
        streams.decide::<Jar, JarRefusal>(name, |_| Ok(put("new")))
    })
    .await
}

pub async fn take_from(
    log: &EventLog,
    context: &CommandContext,
    name: &StreamName,
    coins: i64,
) -> Result<Outcome, JarError> {
    execute(log, context, std::slice::from_ref(name), |streams| {
        streams.decide::<Jar, JarRefusal>(name, |jar| take(jar, coins))
    })
    .await
}

/// The marks in a jar, from the table itself.
pub async fn stored_marks(connection: &mut PgConnection, name: &StreamName) -> Vec<String> {
    sqlx::query_scalar(
        "select payload -> 'Put' ->> 'mark' from events where aggregate_type = $1 and aggregate_id = $2 \
         and event_type = 'Put' order by sequence",
    )
    .bind(name.aggregate)
    .bind(name.id.as_str())
    .fetch_all(connection)
    .await
    .unwrap()
}

/// Takes the append lock, as a slow neighbour would: nobody appends until the transaction ends.
pub async fn hold_append_lock(connection: &mut PgConnection) -> sqlx::Transaction<'_, sqlx::Postgres> {
    let mut transaction = connection.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7245301)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
}

/// The backends of this database that wait for the append lock.
pub async fn waiting_appenders(connection: &mut PgConnection) -> Vec<i32> {
    sqlx::query(
        "select l.pid from pg_locks l join pg_database d on d.oid = l.database \
         where l.locktype = 'advisory' and not l.granted and d.datname = current_database()",
    )
    .fetch_all(connection)
    .await
    .unwrap()
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Asks again until the answer is there; the test's own time limit ends a vain wait.
pub async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

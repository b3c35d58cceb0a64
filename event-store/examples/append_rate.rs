//! Measures the append path alone: `dev-stack exec -- cargo run --release -p event-store --example append_rate`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a measuring tool"
)]

use std::time::{Duration, Instant};

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use dev_stack::TestDatabase;
use event_store::{CommandContext, EventLog, LogOptions, StreamName, execute};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use uuid::Uuid;

const LASTS: Duration = Duration::from_secs(5);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Visit {
    asked: bool,
}

/// About as long as an urgent booking's first fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct AppendRequest {
    booking_id: Uuid,
    patient_id: Uuid,
    words: String,
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
struct Never;

impl DomainEvent for AppendRequest {
    fn event_type(&self) -> String {
        "AppendRequest".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Visit {
    const TYPE: &'static str = "visit";
    type Command = ();
    type Event = AppendRequest;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Never> {
        Ok(())
    }

    fn apply(&mut self, _: AppendRequest) {
        self.asked = true;
    }
}

async fn ask(log: &EventLog) -> Duration {
    let id = Uuid::new_v4();
    let context = CommandContext {
        command_id: id,
        repeatable: true,
        remembers_no_op: false,
        digest: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef".to_owned(),
        actor_id: id.to_string(),
        actor_role: "patient",
        correlation_id: id.to_string(),
        causation: None,
        trace_id: id.simple().to_string(),
        channel: None,
        app_id: None,
        expected: None,
    };
    let name = StreamName::of::<Visit>(id, id);
    let began = Instant::now();
    execute::<Never, _>(log, &context, &[], |streams| {
        streams.assume_new::<Visit>(&name);
        streams.record::<Visit>(
            &name,
            vec![AppendRequest {
                booking_id: id,
                patient_id: id,
                words: "x".repeat(350),
            }],
        )
    })
    .await
    .unwrap();
    began.elapsed()
}

async fn measure(url: &str, processes: usize, askers: usize) {
    let mut logs = Vec::new();
    for _ in 0..processes {
        logs.push(
            EventLog::open(LogOptions::new(url, |_, _, _| true))
                .await
                .unwrap(),
        );
    }
    let until = Instant::now() + LASTS;
    let mut tasks = JoinSet::new();
    for asker in 0..askers {
        let log = logs[asker % processes].clone();
        tasks.spawn(async move {
            let mut took = Vec::new();
            while Instant::now() < until {
                took.push(ask(&log).await);
            }
            took
        });
    }
    let mut took: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    took.sort_unstable();
    let per_second = took.len() as u64 / LASTS.as_secs();
    let p50 = took[took.len() / 2];
    let p99 = took[took.len() * 99 / 100];
    println!("{processes} processes, {askers} askers: {per_second} facts/s, p50 {p50:?}, p99 {p99:?}");
}

#[tokio::main]
async fn main() {
    let database = TestDatabase::create().await.unwrap();
    for (processes, askers) in [(1, 1), (1, 64), (1, 256), (1, 512), (2, 256), (4, 256)] {
        measure(database.app_url(), processes, askers).await;
    }
}

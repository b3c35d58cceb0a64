//! A real log in a real database, fed with lawful histories, and workers to follow it.

use domain::account::Account;
use domain::any_event::{AnyEvent, known};
use domain::booking::Booking;
use domain::payment::Payment;
use domain::payout::Payout;
use domain::price_list::PriceLists;
use domain::schedule::DoctorDay;
use domain::wallet::Wallet;
use event_store::{
    CommandContext, DecisionError, EventLog, Fact, LogOptions, Outcome, Position, StreamName, UnitOfWork,
    WorkerOptions, execute,
};
use uuid::Uuid;

use crate::kit::Database;
use crate::{Models, runner};

/// Steps a worker may take until it must be quiet.
const STEPS_MAX: usize = 10_000;

/// A database with its log opened.
pub(crate) struct TestLog {
    pub(crate) database: Database,
    pub(crate) models: Models,
}

impl TestLog {
    pub(crate) async fn open() -> Self {
        let database = Database::create().await;
        let log = EventLog::open(LogOptions::new(database.test.app_url(), known))
            .await
            .expect("a log");
        Self {
            models: Models::new(log),
            database,
        }
    }

    pub(crate) fn log(&self) -> &EventLog {
        &self.models.log
    }

    /// Appends the history's facts, one command each; answers the last position.
    pub(crate) async fn append(&self, facts: &[Fact]) -> Position {
        let mut last = 0;
        for fact in facts {
            last = self.append_one(fact).await.position;
        }
        last
    }

    async fn append_one(&self, fact: &Fact) -> Outcome {
        let stream_version = format!("{} {} {}", fact.aggregate_type, fact.aggregate_id, fact.sequence);
        let context = CommandContext {
            command_id: Uuid::new_v5(&Uuid::nil(), stream_version.as_bytes()),
            repeatable: false,
            remembers_no_op: false,
            digest: String::new(),
            actor_id: String::new(),
            actor_role: "admin",
            correlation_id: String::new(),
            causation: None,
            trace_id: String::new(),
            channel: None,
            app_id: None,
            expected: None,
        };
        let event = AnyEvent::decode(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            fact.payload.get(),
        );
        let event = event.expect("a lawful fact");
        execute::<String, _>(self.log(), &context, &[], |streams| {
            record(streams, fact, event.clone())
        })
        .await
        .expect("an append")
    }

    /// Lets every read model's worker step until there is nothing left to do.
    pub(crate) async fn drain(&self) {
        for mut worker in runner::workers(self.log(), None, &WorkerOptions::default()) {
            worker.register().await.expect("a consumer");
            let mut steps = 0;
            while !worker.step().await.expect("a step").quiet {
                steps += 1;
                assert!(steps < STEPS_MAX, "the worker never comes to rest");
            }
            worker.run(stopped()).await;
        }
    }
}

/// What stops a worker at once, so that it gives back what it holds.
pub(crate) fn stopped() -> tokio_util::sync::CancellationToken {
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    stop
}

fn record(
    streams: &mut UnitOfWork<'_, String>,
    fact: &Fact,
    event: AnyEvent,
) -> Result<(), DecisionError<String>> {
    let (id, key) = (&fact.aggregate_id, &fact.partition_key);
    match event {
        AnyEvent::Booking(event) => {
            streams.record::<Booking>(&StreamName::of::<Booking>(id, key), vec![event])
        }
        AnyEvent::Payment(event) => {
            streams.record::<Payment>(&StreamName::of::<Payment>(id, key), vec![event])
        }
        AnyEvent::DoctorDay(event) => {
            streams.record::<DoctorDay>(&StreamName::of::<DoctorDay>(id, key), vec![event])
        }
        AnyEvent::Wallet(event) => streams.record::<Wallet>(&StreamName::of::<Wallet>(id, key), vec![event]),
        AnyEvent::Payout(event) => streams.record::<Payout>(&StreamName::of::<Payout>(id, key), vec![event]),
        AnyEvent::PriceList(event) => {
            streams.record::<PriceLists>(&StreamName::of::<PriceLists>(id, key), vec![event])
        }
        AnyEvent::Account(event) => {
            streams.record::<Account>(&StreamName::of::<Account>(id, key), vec![event])
        }
    }
}

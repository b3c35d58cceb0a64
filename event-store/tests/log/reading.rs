//! Reading: stock postgres-es, streams as of a moment, old and newer facts, the hints of the head.

use std::sync::Arc;
use std::time::Duration;

use cqrs_es::EventStore;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use event_store::{AsOf, EventLog, ExecuteError, LogOptions, StoredEvent, Upcaster};
use postgres_es::PostgresEventRepository;
use serde_json::json;
use sqlx::PgPool;

use crate::jar::{Jar, JarEvent, jar};
use crate::kit::{TestLog, options, put_into, put_into_new, take_from, unkeyed};

#[tokio::test]
async fn a_stock_postgres_es_client_reads_our_store() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "one")
        .await
        .unwrap();
    take_from(&fixture.log, &unkeyed(), &jar("a"), 1).await.unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("b"), "other")
        .await
        .unwrap();

    let pool = PgPool::connect(fixture.database.app_url()).await.unwrap();
    let repository = PostgresEventRepository::new(pool.clone());
    let raw = repository.get_events::<Jar>("a").await.unwrap();
    assert_eq!(raw.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2]);
    let last = repository.get_last_events::<Jar>("a", 1).await.unwrap();
    assert_eq!(last[0].payload, json!({"Taken": {"coins": 1}}));

    let store = PersistedEventStore::<PostgresEventRepository, Jar>::new_event_store(repository);
    let events = store.load_events("a").await.unwrap();
    let payloads: Vec<&JarEvent> = events.iter().map(|event| &event.payload).collect();
    assert_eq!(
        payloads,
        [
            &JarEvent::Put {
                coins: 1,
                mark: "one".to_owned()
            },
            &JarEvent::Taken { coins: 1 }
        ]
    );
    assert_eq!(events[0].metadata["actor_role"], "patient");
    let context = store.load_aggregate("a").await.unwrap();
    assert_eq!((context.current_sequence, context.aggregate.coins), (2, 0));
}

#[tokio::test]
async fn a_stream_can_be_read_as_of_a_version_an_instant_and_a_position() {
    let fixture = TestLog::open().await;
    let mut positions = Vec::new();
    for mark in ["one", "two", "three"] {
        positions.push(
            put_into(&fixture.log, &unkeyed(), &jar("a"), mark)
                .await
                .unwrap()
                .position,
        );
        put_into_new(&fixture.log, &unkeyed(), &jar(format!("beside {mark}")))
            .await
            .unwrap();
        let before = fixture.log.clock().now();
        dev_stack::advance_clock(fixture.database.owner_url(), 60)
            .await
            .unwrap();
        // The next fact is decided in the new time, not a moment before the process has heard of it.
        while fixture.log.clock().now() < before + jiff::SignedDuration::from_secs(59) {
            tokio::task::yield_now().await;
        }
    }
    let all = fixture.log.read_stream("jar", "a", AsOf::Head).await.unwrap();
    assert_eq!(
        all.iter().map(|fact| fact.position).collect::<Vec<_>>(),
        positions
    );
    let length = async |as_of| fixture.log.read_stream("jar", "a", as_of).await.unwrap().len();
    for (number, fact) in (1..).zip(&all) {
        assert_eq!(length(AsOf::Version(fact.sequence)).await, number);
        assert_eq!(length(AsOf::Position(fact.position)).await, number);
        assert_eq!(length(AsOf::Position(fact.position - 1)).await, number - 1);
        let decided_at = fact.metadata().unwrap().at;
        for shown in [fact.recorded_at, decided_at] {
            assert_eq!(length(AsOf::Instant(shown)).await, number);
        }
        let just_before = fact.recorded_at.min(decided_at) - jiff::SignedDuration::from_micros(1);
        assert_eq!(length(AsOf::Instant(just_before)).await, number - 1);
    }
    let metadata = all[0].metadata().unwrap();
    assert_eq!(metadata.actor_id, "somebody");
    assert!(
        fixture
            .log
            .read_stream("jar", "nobody", AsOf::Head)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn the_text_of_a_fact_is_what_was_written() {
    let fixture = TestLog::open().await;
    let outcome = put_into(&fixture.log, &unkeyed(), &jar("a"), "ключ \" \\ \u{7} 😀")
        .await
        .unwrap();
    let facts = fixture.log.read_after(0, 1).await.unwrap();
    assert_eq!(facts[0].payload.get(), outcome.facts()[0].payload);
    assert_eq!(facts[0].position, outcome.positions[0]);
}

#[tokio::test]
async fn the_last_stream_with_a_prefix_is_found_among_neighbours() {
    let fixture = TestLog::open().await;
    for id in [
        "owner_000001",
        "owner_000002",
        "owner_000010",
        "owner2_000099",
        "Owner_000077",
        "owner",
    ] {
        put_into_new(&fixture.log, &unkeyed(), &jar(id)).await.unwrap();
    }
    let last = |prefix: &'static str| fixture.log.last_stream_id("jar", prefix);
    assert_eq!(last("owner_").await.unwrap().as_deref(), Some("owner_000010"));
    assert_eq!(last("nobody_").await.unwrap(), None);
    assert_eq!(fixture.log.last_stream_id("lamp", "owner_").await.unwrap(), None);
}

struct Gold;

impl Upcaster for Gold {
    fn applies(&self, aggregate_type: &str, event_type: &str, event_version: &str) -> bool {
        (aggregate_type, event_type, event_version) == ("jar", "Filled", "1")
    }

    fn upcast(&self, event: StoredEvent) -> Vec<StoredEvent> {
        let gold = event.payload["Filled"]["gold"].as_i64().unwrap();
        let put = json!({"Put": {"coins": gold * 10, "mark": "gold"}});
        vec![StoredEvent {
            event_type: "Put".to_owned(),
            payload: put,
            ..event
        }]
    }
}

#[tokio::test]
async fn an_old_fact_is_read_through_its_upcaster_and_a_newer_one_waits_for_newer_code() {
    let fixture = TestLog::open().await;
    // What an older program left behind.
    sqlx::query(
        "insert into events values ('jar', 'a', 1, 'Filled', '1', '{\"Filled\":{\"gold\":3}}', '{}', 1, $1, 'a', \
                                    now(), gen_random_uuid())",
    )
    .bind(event_store::shard_of("a"))
    .execute(&mut fixture.owner().await)
    .await
    .unwrap();
    let today = EventLog::open(LogOptions {
        upcasters: vec![Arc::new(Gold)],
        ..options(fixture.database.app_url())
    })
    .await
    .unwrap();
    let outcome = put_into(&today, &unkeyed(), &jar("a"), "today").await.unwrap();
    assert_eq!(outcome.state::<Jar>(&jar("a")).unwrap().coins, 31);
    assert_eq!(outcome.version(&jar("a")), 2);
    let stored = today.read_after(0, 1).await.unwrap();
    assert_eq!(stored[0].event_type, "Filled", "the fact itself stays as it is");

    // A program that does not know the fact leaves the stream alone, and only that.
    let refused = put_into(&fixture.log, &unkeyed(), &jar("a"), "m").await;
    assert!(matches!(refused, Err(ExecuteError::NeedsNewerCode)));
    put_into(&fixture.log, &unkeyed(), &jar("b"), "m").await.unwrap();
}

#[tokio::test]
async fn followers_wake_up_for_appends_here_and_in_other_processes() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let mut here = fixture.log.subscribe_appends();
    let mut there = elsewhere.subscribe_appends();
    for expected in 1..=3 {
        put_into_new(&fixture.log, &unkeyed(), &jar(expected))
            .await
            .unwrap();
        assert_eq!(*here.wait_for(|head| *head >= expected).await.unwrap(), expected);
        assert_eq!(*there.wait_for(|head| *head >= expected).await.unwrap(), expected);
    }
    // A hint that came late does not take anybody back.
    fixture.log.appended_hint(1);
    assert_eq!(*here.borrow(), 3);
}

#[tokio::test]
async fn a_statement_has_its_time_and_leaves_the_connection_to_the_next() {
    let fixture = TestLog::open().await;
    let bounded = LogOptions {
        statement_within: Some(Duration::from_millis(200)),
        pool_size: 1,
        reading_pool_size: 1,
        ..options(fixture.database.app_url())
    };
    let log = EventLog::open(bounded).await.unwrap();
    let slow = sqlx::query("select pg_sleep(60)").execute(log.pool()).await;
    let error = slow.expect_err("sixteen such questions would leave nobody a connection");
    assert!(event_store::is_connection_trouble(&error), "{error}");
    let one: i32 = sqlx::query_scalar("select 1")
        .fetch_one(log.pool())
        .await
        .unwrap();
    assert_eq!(one, 1);
    // What operators wait for may take as long as it takes.
    let unbounded: String = sqlx::query_scalar("select current_setting('statement_timeout')")
        .fetch_one(fixture.log.pool())
        .await
        .unwrap();
    assert_eq!(unbounded, "0");
}

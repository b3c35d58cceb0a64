//! A history that is cut says so, and one that is not says that: however much else shares a correlation with the booking.

use kit::database;
use kit::platform::Platform;
use serde_json::Value;
use sqlx::PgPool;

const BOOKING: &str = "019a8f0e-0000-7000-8000-000000000001";
const COMPARED: &str = "019a8f0e-0000-7000-8000-0000000000c0";

/// A log that is written by the owner's hand: no process runs, only the command line reads it.
struct Written {
    platform: Platform,
    owner: PgPool,
}

impl Written {
    async fn set() -> Self {
        let platform = Platform::prepare().await;
        let owner = database::pool(platform.owner_url()).await;
        Self { platform, owner }
    }

    /// So many facts at the end of the log, each a command of its own unless it belongs to the one before: the streams, whose ids may hold
    /// `#` for the number of the fact, the correlation, and the cause.
    async fn facts(
        &self,
        count: i32,
        stream: (&str, &str),
        correlation: &str,
        cause: &str,
        is_command: bool,
    ) {
        let (aggregate, id) = stream;
        sqlx::query(
            "insert into events
             select $2, replace($3, '#', n::text), case when $3 like '%#%' then 1 else s.last + n end, 'Something', '1', '{}'::json,
                    json_build_object('command_digest', '', 'actor_id', 'reconciliation', 'actor_role', 'process',
                        'correlation_id', $4, 'causation', $5, 'trace_id', '', 'app_version', '0.0.0',
                        'at', '2026-12-01T09:00:00Z'),
                    h.head + n, 0, case when $2 = 'booking' then replace($3, '#', n::text) else 'elsewhere' end,
                    clock_timestamp(), case when $6 then gen_random_uuid() end
             from generate_series(1, $1) n
             cross join (select coalesce(max(position), 0) as head from events) h
             cross join (select coalesce(max(sequence), 0) as last from events
                         where aggregate_type = $2 and aggregate_id = $3) s",
        )
        .bind(count)
        .bind(aggregate)
        .bind(id)
        .bind(correlation)
        .bind(cause)
        .bind(is_command)
        .execute(&self.owner)
        .await
        .unwrap();
    }

    /// The positions that a booking's history holds, and whether it says that it is cut.
    async fn told(&self, booking: &str) -> (Vec<i64>, bool) {
        let told = self
            .platform
            .tot(&["replay", "booking", booking, "--json"], "")
            .await;
        let told: Value = serde_json::from_str(&told).unwrap();
        let items = told["items"].as_array().unwrap().iter();
        let positions = items.map(|item| item["position"].as_i64().unwrap());
        (positions.collect(), told["truncated"].as_bool().unwrap())
    }

    async fn done(self) {
        self.owner.close().await;
        self.platform.stop().await;
    }
}

/// A booking that is one of many in a comparison; answers the positions of its history.
async fn compared(log: &Written) -> [i64; 6] {
    log.facts(1, ("booking", BOOKING), "asked", "", true).await;
    let others = |some| format!("019a8f0e-0000-7000-{some}000-#");
    log.facts(600, ("booking", &others(8)), COMPARED, "", true).await;
    log.facts(1, ("booking", BOOKING), COMPARED, "", true).await;
    log.facts(1, ("wallet", "somebody_000001"), COMPARED, "", false)
        .await;
    let day = ("doctor_day", "doctor_2026-12-01");
    log.facts(1, day, COMPARED, "", false).await;
    log.facts(600, ("booking", &others(9)), COMPARED, "", true).await;
    // What followed from one of its facts, and what followed from that.
    let wallet = ("wallet", "doctor_000001");
    log.facts(1, wallet, COMPARED, "603", true).await;
    log.facts(1, wallet, COMPARED, "1205", true).await;
    [1, 602, 603, 604, 1_205, 1_206]
}

#[tokio::test]
async fn a_comparison_of_the_books_among_many_bookings_hides_nothing_of_one() {
    let log = Written::set().await;
    let whole = compared(&log).await;
    assert_eq!(log.told(BOOKING).await, (whole.to_vec(), false));
    log.done().await;
}

#[tokio::test]
async fn a_history_says_that_more_may_have_followed_than_is_looked_at() {
    let log = Written::set().await;
    compared(&log).await;
    let others = "019a8f0e-0000-7000-a000-#";
    // Behind the booking's own command there are 602 already.
    log.facts(4_398, ("booking", others), COMPARED, "", true).await;
    assert!(!log.told(BOOKING).await.1);
    log.facts(1, ("booking", BOOKING), "asked", "", true).await;
    log.facts(1, ("payment", "another"), COMPARED, "", true).await;
    let (positions, is_cut) = log.told(BOOKING).await;
    assert!(is_cut);
    assert_eq!(positions.last(), Some(&5_605), "its own command");
    log.done().await;
}

#[tokio::test]
async fn a_history_says_that_it_is_cut_when_there_is_one_fact_too_many() {
    let log = Written::set().await;
    log.facts(1_000, ("booking", BOOKING), "asked", "", true).await;
    let (positions, is_cut) = log.told(BOOKING).await;
    assert_eq!((positions.len(), is_cut), (1_000, false));
    log.facts(1, ("booking", BOOKING), "asked", "", true).await;
    let (positions, is_cut) = log.told(BOOKING).await;
    assert_eq!((positions.len(), is_cut), (1_000, true));
    log.done().await;
}

#[tokio::test]
async fn a_history_says_that_it_is_cut_when_there_is_one_instruction_too_many() {
    let log = Written::set().await;
    log.facts(1, ("booking", BOOKING), "asked", "", true).await;
    for (count, is_cut) in [(1_000, false), (1, true)] {
        sqlx::query(
            "insert into closed_intents
                 (id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts, created_at, closed_at, lane)
             select gen_random_uuid(), 'payment_watch', $2, 0, 1, '{}'::json, now(), 'done', 1, now(), now(), 'inside'
             from generate_series(1, $1)",
        )
        .bind(count)
        .bind(BOOKING)
        .execute(&log.owner)
        .await
        .unwrap();
        assert_eq!(log.told(BOOKING).await, (vec![1], is_cut));
    }
    log.done().await;
}

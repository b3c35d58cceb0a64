//! Decisions over sets of streams: all or nothing, discovered on the way, never refused on the word of the cache.

use event_store::{
    CommandContext, DecisionError, ExecuteError, PrivateRow, STREAMS_KNOWN_MAX, STREAMS_PER_DECISION_MAX,
    execute,
};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::jar::{Jar, JarRefusal, jar, put, take};
use crate::kit::{JarError, TestLog, keyed, put_into, put_into_new, stored_marks, take_from, unkeyed};

/// Moves a coin from one jar to another, all or nothing.
async fn pour(
    log: &event_store::EventLog,
    from: &str,
    to: &str,
    known: bool,
) -> Result<event_store::Outcome, JarError> {
    let (from, to) = (jar(from), jar(to));
    let names = [from.clone(), to.clone()];
    execute(log, &unkeyed(), if known { &names } else { &[] }, |streams| {
        streams.decide::<Jar, JarRefusal>(&from, |jar| take(jar, 1))?;
        streams.decide::<Jar, JarRefusal>(&to, |_| Ok(put("poured")))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_decided_together_change_together() {
    const JARS: usize = 5;
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    for number in 0..JARS {
        put_into(&fixture.log, &unkeyed(), &jar(format!("j{number}")), "m")
            .await
            .unwrap();
    }
    let mut pours = JoinSet::new();
    for number in 0..120 {
        let log = if number % 2 == 0 {
            fixture.log.clone()
        } else {
            elsewhere.clone()
        };
        pours.spawn(async move {
            let (from, to) = (number % JARS, (number * 7 + 1) % JARS);
            if from == to {
                return;
            }
            match pour(&log, &format!("j{from}"), &format!("j{to}"), number % 3 == 0).await {
                Ok(outcome) => assert_eq!(outcome.positions.len(), 2),
                Err(ExecuteError::Refused(JarRefusal::TooLittle) | ExecuteError::Busy) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    pours.join_all().await;
    let mut coins = 0;
    for number in 0..JARS {
        let name = jar(format!("j{number}"));
        let outcome = put_into(&elsewhere, &unkeyed(), &name, "count").await.unwrap();
        let held = outcome.state::<Jar>(&name).unwrap().coins - 1;
        assert!(held >= 0, "a jar was overdrawn");
        coins += held;
    }
    assert_eq!(coins, i64::try_from(JARS).unwrap(), "coins appeared or vanished");
}

#[tokio::test]
async fn a_refusal_is_never_taken_from_memory_alone() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    // This process remembers an empty jar; another fills it.
    put_into(&fixture.log, &unkeyed(), &jar("a"), "m").await.unwrap();
    take_from(&fixture.log, &unkeyed(), &jar("a"), 1).await.unwrap();
    put_into(&elsewhere, &unkeyed(), &jar("a"), "more").await.unwrap();
    take_from(&fixture.log, &unkeyed(), &jar("a"), 1).await.unwrap();
    let refused = take_from(&fixture.log, &unkeyed(), &jar("a"), 1).await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(JarRefusal::TooLittle))
    ));
}

#[tokio::test]
async fn a_stream_wrongly_said_to_be_new_is_decided_from_the_truth() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    put_into(&elsewhere, &unkeyed(), &jar("a"), "old").await.unwrap();
    let outcome = put_into_new(&fixture.log, &unkeyed(), &jar("a")).await.unwrap();
    assert_eq!(outcome.state::<Jar>(&jar("a")).unwrap().marks, ["old", "new"]);
}

#[tokio::test]
async fn nothing_to_do_leaves_no_fact_and_answers_with_the_head() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "m").await.unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("b"), "m").await.unwrap();
    let outcome = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[jar("a")], |streams| {
        streams.record::<Jar>(&jar("a"), Vec::new())
    })
    .await
    .unwrap();
    assert_eq!(
        (outcome.position, outcome.positions.len(), outcome.replayed),
        (2, 0, false)
    );
    assert_eq!(outcome.version(&jar("a")), 1);
    assert_eq!(fixture.log.head().await.unwrap(), 2);
}

#[tokio::test]
async fn a_decision_that_only_looked_at_a_stream_fails_when_it_changes() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    put_into(&fixture.log, &unkeyed(), &jar("guard"), "m")
        .await
        .unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("a"), "m").await.unwrap();
    take_from(&elsewhere, &unkeyed(), &jar("guard"), 1).await.unwrap();
    // This process still remembers a coin in the guard's jar, and looks at nothing else but that.
    let refused = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[], |streams| {
        if streams.state::<Jar>(&jar("guard"))?.coins == 0 {
            return Err(DecisionError::refuse(JarRefusal::TooLittle));
        }
        streams.record::<Jar>(&jar("a"), put("guarded"))
    })
    .await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(JarRefusal::TooLittle))
    ));
}

#[tokio::test]
async fn facts_decided_earlier_in_the_same_decision_are_seen() {
    let fixture = TestLog::open().await;
    let name = jar("a");
    let outcome = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[], |streams| {
        streams.record::<Jar>(&name, put("one"))?;
        streams.record::<Jar>(&name, put("two"))?;
        assert_eq!(streams.version::<Jar>(&name)?, 2);
        streams.decide::<Jar, JarRefusal>(&name, |jar| take(jar, 2))
    })
    .await
    .unwrap();
    assert_eq!(outcome.positions, [1, 2, 3]);
    let told: Vec<(i64, &str)> = outcome
        .facts()
        .iter()
        .map(|fact| (fact.sequence, fact.event_type.as_str()))
        .collect();
    assert_eq!(told, [(1, "Put"), (2, "Put"), (3, "Taken")]);
    let stored = fixture.log.read_after(0, 10).await.unwrap();
    let ids: Vec<bool> = stored.iter().map(|fact| fact.command_id.is_some()).collect();
    assert_eq!(
        ids,
        [true, false, false],
        "the command's id stands on its first fact"
    );
}

#[tokio::test]
async fn a_decision_over_too_many_streams_is_refused() {
    let fixture = TestLog::open().await;
    let many: Vec<_> = (0..=STREAMS_KNOWN_MAX).map(jar).collect();
    let all_at_once = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &many, |_| Ok(())).await;
    assert!(matches!(all_at_once, Err(ExecuteError::TooManyStreams)));
    let beforehand = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &many[1..], |streams| {
        many[1..]
            .iter()
            .try_for_each(|name| streams.record::<Jar>(name, put("m")))
    })
    .await
    .unwrap();
    assert_eq!(beforehand.positions.len(), STREAMS_KNOWN_MAX);
    let one_more = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &many[1..], |streams| {
        streams.record::<Jar>(&many[0], put("m"))
    })
    .await;
    assert!(matches!(one_more, Err(ExecuteError::TooManyStreams)));
    let names: Vec<_> = (0..=STREAMS_PER_DECISION_MAX)
        .map(|number| jar(format!("other {number}")))
        .collect();
    let one_by_one = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[], |streams| {
        names
            .iter()
            .try_for_each(|name| streams.record::<Jar>(name, put("m")))
    })
    .await;
    assert!(matches!(one_by_one, Err(ExecuteError::TooManyStreams)));
    let most = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[], |streams| {
        names[1..]
            .iter()
            .try_for_each(|name| streams.record::<Jar>(name, put("m")))
    })
    .await
    .unwrap();
    assert_eq!(most.positions.len(), STREAMS_PER_DECISION_MAX);
}

#[tokio::test]
async fn a_state_that_turned_out_old_does_not_crowd_a_decision() {
    const NAMED: usize = STREAMS_PER_DECISION_MAX - 2;
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    put_into(&fixture.log, &unkeyed(), &jar("guide"), "old")
        .await
        .unwrap();
    // This process remembers where the guide pointed; another has turned it since.
    put_into(&elsewhere, &unkeyed(), &jar("guide"), "new")
        .await
        .unwrap();
    let outcome = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[jar("guide")], |streams| {
        let guide = streams.state::<Jar>(&jar("guide"))?;
        let towards = guide.marks.last().cloned().unwrap_or_default();
        let named: Vec<_> = (0..NAMED)
            .map(|number| jar(format!("{towards}{number}")))
            .collect();
        named
            .iter()
            .try_for_each(|name| streams.record::<Jar>(name, put(&towards)))
    })
    .await
    .unwrap();
    assert_eq!(outcome.positions.len(), NAMED);
    for number in 0..NAMED {
        assert_eq!(outcome.version(&jar(format!("new{number}"))), 1);
        let mut table = fixture.app().await;
        assert_eq!(
            stored_marks(&mut table, &jar(format!("new{number}"))).await,
            ["new"]
        );
        assert!(
            stored_marks(&mut table, &jar(format!("old{number}")))
                .await
                .is_empty()
        );
    }
}

#[tokio::test]
async fn if_match_lets_only_the_expected_version_through() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let name = jar("a");
    put_into(&fixture.log, &unkeyed(), &name, "m").await.unwrap();
    let expecting = |version| CommandContext {
        expected: Some((name.clone(), version)),
        ..unkeyed()
    };
    let mismatch = put_into(&fixture.log, &expecting(7), &name, "m").await;
    assert!(matches!(mismatch, Err(ExecuteError::VersionMismatch)));
    put_into(&elsewhere, &unkeyed(), &name, "m").await.unwrap();
    // This process still remembers version 1.
    put_into(&fixture.log, &expecting(2), &name, "m").await.unwrap();
    // A repeat of what was carried out is answered, although the version has moved on.
    let repeated = CommandContext {
        expected: Some((name.clone(), 3)),
        ..keyed(Uuid::new_v4(), "d")
    };
    put_into(&fixture.log, &repeated, &name, "m").await.unwrap();
    assert!(
        put_into(&fixture.log, &repeated, &name, "m")
            .await
            .unwrap()
            .replayed
    );
}

#[tokio::test]
async fn a_vault_row_is_kept_exactly_when_its_facts_are() {
    let fixture = TestLog::open().await;
    let keep = |mark: &'static str, body: serde_json::Value| PrivateRow {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, mark.as_bytes()),
        subject_id: Uuid::from_u128(7),
        kind: "note",
        salt: Vec::new(),
        body: json!({"sealed": body}),
    };
    let kept = async |mark: &'static str, coins: i64, body: serde_json::Value| {
        execute::<JarRefusal, _>(&fixture.log, &unkeyed(), &[], |streams| {
            streams.store_private(keep(mark, body.clone()));
            streams.record::<Jar>(&jar("a"), put("m"))?;
            streams.decide::<Jar, JarRefusal>(&jar("a"), |jar| take(jar, coins))
        })
        .await
    };
    kept("stays", 1, json!({"note": "ring twice"})).await.unwrap();
    assert!(matches!(
        kept("refused", 9, json!({})).await,
        Err(ExecuteError::Refused(_))
    ));
    assert!(matches!(
        kept("nul", 1, json!({"note": "a\0b"})).await,
        Err(ExecuteError::Log(_))
    ));
    let stored: Vec<(Uuid, serde_json::Value)> = sqlx::query_as("select id, body from identity.vault")
        .fetch_all(&mut fixture.owner().await)
        .await
        .unwrap();
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, b"stays");
    assert_eq!(stored, [(id, json!({"sealed": {"note": "ring twice"}}))]);
}

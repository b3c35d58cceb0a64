//! Exactly once: keys, replays, races on one stream, and answers lost on the way.

use std::collections::BTreeSet;

use event_store::{EventLog, ExecuteError};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::jar::{Jar, jar};
use crate::kit::{
    TestLog, hold_append_lock, keyed, mark_as, options, put_into, put_into_new, stored_marks, take_from,
    unkeyed, until, waiting_appenders,
};
use crate::proxy::{Proxy, Way};

const PROCESSES: usize = 4;
const WRITERS: usize = 16;
const COMMANDS_PER_WRITER: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sixteen_writers_on_one_stream_were_told_is_what_is_there() {
    let fixture = TestLog::open().await;
    let mut processes = Vec::new();
    for _ in 0..PROCESSES {
        processes.push(fixture.another_process().await);
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let log = processes[writer % PROCESSES].clone();
        writers.spawn(async move {
            let mut acknowledged = Vec::new();
            for round in 0..COMMANDS_PER_WRITER {
                let mark = format!("{writer}-{round}");
                match put_into(&log, &unkeyed(), &jar("one"), &mark).await {
                    Ok(outcome) => {
                        let state = outcome.state::<Jar>(&jar("one")).unwrap();
                        assert_eq!(state.marks.last(), Some(&mark));
                        assert_eq!(outcome.version(&jar("one")), state.coins);
                        acknowledged.push(mark);
                    }
                    Err(ExecuteError::Busy) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            acknowledged
        });
    }
    let acknowledged: Vec<String> = writers.join_all().await.into_iter().flatten().collect();
    let stored = stored_marks(&mut fixture.app().await, &jar("one")).await;
    assert!(
        acknowledged.len() > WRITERS * COMMANDS_PER_WRITER / 2,
        "only {} got through",
        acknowledged.len()
    );
    assert_eq!(stored.len(), acknowledged.len());
    assert_eq!(BTreeSet::from_iter(stored), BTreeSet::from_iter(acknowledged));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_identical_commands_at_once_have_one_effect_and_one_answer() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let key = Uuid::new_v4();
    let mut commands = JoinSet::new();
    for number in 0..1_000 {
        let log = if number % 2 == 0 {
            fixture.log.clone()
        } else {
            elsewhere.clone()
        };
        commands.spawn(async move {
            let outcome = put_into_new(&log, &keyed(key, "same"), &jar(key)).await.unwrap();
            let state = outcome.state::<Jar>(&jar(key)).unwrap();
            (
                outcome.replayed,
                outcome.position,
                outcome.positions.clone(),
                outcome.version(&jar(key)),
                state,
            )
        });
    }
    let answers = commands.join_all().await;
    assert_eq!(answers.iter().filter(|(replayed, ..)| !replayed).count(), 1);
    let (_, position, positions, version, state) = &answers[0];
    assert!(answers.iter().all(|(_, other, others, same, alike)| {
        (other, others, same, alike) == (position, positions, version, state)
    }));
    assert_eq!(fixture.log.head().await.unwrap(), 1);
}

#[tokio::test]
async fn a_replay_shows_the_streams_as_they_were_then() {
    let fixture = TestLog::open().await;
    let key = Uuid::new_v4();
    let first = put_into(&fixture.log, &keyed(key, "d"), &jar("a"), "first")
        .await
        .unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("a"), "later")
        .await
        .unwrap();
    let again = put_into(&fixture.log, &keyed(key, "d"), &jar("a"), "first")
        .await
        .unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(again.positions, first.positions);
    assert_eq!(again.position, first.position);
    assert_eq!(again.version(&jar("a")), 1);
    assert_eq!(again.state::<Jar>(&jar("a")).unwrap().marks, ["first"]);
    assert_eq!(again.facts(), first.facts());
}

#[tokio::test]
async fn a_repeat_that_would_be_refused_now_still_gets_its_first_answer() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("a"), "only")
        .await
        .unwrap();
    let key = Uuid::new_v4();
    take_from(&fixture.log, &keyed(key, "d"), &jar("a"), 1)
        .await
        .unwrap();
    let again = take_from(&fixture.log, &keyed(key, "d"), &jar("a"), 1)
        .await
        .unwrap();
    assert!(again.replayed);
    assert_eq!(again.position, 2);
}

#[tokio::test]
async fn an_answer_shows_streams_as_they_were_although_the_repeat_did_not_name_them() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    put_into(&fixture.log, &unkeyed(), &jar("beside"), "then")
        .await
        .unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("a"), "only")
        .await
        .unwrap();
    let key = Uuid::new_v4();
    take_from(&fixture.log, &keyed(key, "d"), &jar("a"), 1)
        .await
        .unwrap();
    put_into(&fixture.log, &unkeyed(), &jar("beside"), "later")
        .await
        .unwrap();
    // Refused now, before it would name the jar beside.
    let again = take_from(&elsewhere, &keyed(key, "d"), &jar("a"), 1)
        .await
        .unwrap();
    assert!(again.replayed && again.state::<Jar>(&jar("beside")).is_none());
    let beside = again.state_then::<Jar>(&elsewhere, &jar("beside")).await.unwrap();
    assert_eq!(beside.marks, ["then"]);
    let never = again.state_then::<Jar>(&elsewhere, &jar("never")).await.unwrap();
    assert_eq!(*never, Jar::default());
}

#[tokio::test]
async fn the_same_key_for_other_content_is_refused() {
    let fixture = TestLog::open().await;
    let key = Uuid::new_v4();
    put_into(&fixture.log, &keyed(key, "one"), &jar("a"), "m")
        .await
        .unwrap();
    let reused = put_into(&fixture.log, &keyed(key, "two"), &jar("a"), "m").await;
    assert!(matches!(reused, Err(ExecuteError::KeyReused)));
    // Also when the command would be refused anyway.
    let reused = take_from(&fixture.log, &keyed(key, "two"), &jar("a"), 50).await;
    assert!(matches!(reused, Err(ExecuteError::KeyReused)));
    assert_eq!(fixture.log.head().await.unwrap(), 1);
}

#[tokio::test]
async fn the_same_key_on_another_stream_is_refused_whatever_its_digest() {
    let fixture = TestLog::open().await;
    let key = Uuid::new_v4();
    put_into(&fixture.log, &keyed(key, "d"), &jar("a"), "m")
        .await
        .unwrap();
    let reused = put_into(&fixture.log, &keyed(key, "d"), &jar("b"), "m").await;
    assert!(matches!(reused, Err(ExecuteError::KeyReused)));
    assert_eq!(fixture.log.head().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_on_two_streams_at_once_has_one_effect() {
    let fixture = TestLog::open().await;
    for _ in 0..20 {
        let before = fixture.log.head().await.unwrap();
        let key = Uuid::new_v4();
        let (one, two) = (jar(Uuid::new_v4()), jar(Uuid::new_v4()));
        let (context, other) = (keyed(key, "d"), keyed(key, "d"));
        let both = tokio::join!(
            put_into(&fixture.log, &context, &one, "m"),
            put_into(&fixture.log, &other, &two, "m"),
        );
        let won = [both.0, both.1].into_iter().filter(Result::is_ok).count();
        assert_eq!(won, 1);
        assert_eq!(fixture.log.head().await.unwrap(), before + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_lost_after_the_commit_is_found_again() {
    let fixture = TestLog::open().await;
    let proxy = Proxy::before(fixture.database.app_url()).await;
    let log = EventLog::open(options(proxy.url())).await.unwrap();
    // The connection is made and the statement prepared while all is well.
    put_into(&log, &unkeyed(), &jar("warm"), "m").await.unwrap();
    put_into_new(&log, &unkeyed(), &jar("warmer")).await.unwrap();

    proxy.set(Way::Mute);
    let key = Uuid::new_v4();
    let asking = {
        let log = log.clone();
        tokio::spawn(async move { put_into_new(&log, &keyed(key, "d"), &jar("a")).await })
    };
    let committed = until(async || Some(fixture.log.head().await.unwrap()).filter(|head| *head == 3)).await;
    assert!(!asking.is_finished(), "the answer must be on its way still");
    proxy.set(Way::Cut);
    proxy.set(Way::Open);

    let outcome = asking.await.unwrap().unwrap();
    assert_eq!(outcome.positions, [committed]);
    assert_eq!(outcome.version(&jar("a")), 1);
    assert_eq!(fixture.log.head().await.unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_backend_is_killed_before_the_commit_is_done_once() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("warm"), "m")
        .await
        .unwrap();
    let mut neighbour = fixture.owner().await;
    let lock = hold_append_lock(&mut neighbour).await;
    let asking = {
        let log = fixture.log.clone();
        tokio::spawn(async move { put_into_new(&log, &unkeyed(), &jar("a")).await })
    };
    let victim = until(async || {
        waiting_appenders(&mut fixture.owner().await)
            .await
            .first()
            .copied()
    })
    .await;
    sqlx::query("select pg_terminate_backend($1)")
        .bind(victim)
        .execute(&mut fixture.app().await)
        .await
        .unwrap();
    // It comes back on another connection, and waits for the lock again.
    until(async || {
        waiting_appenders(&mut fixture.owner().await)
            .await
            .first()
            .copied()
            .filter(|pid| *pid != victim)
    })
    .await;
    lock.rollback().await.unwrap();
    let outcome = asking.await.unwrap().unwrap();
    assert_eq!(outcome.positions, [2]);
    assert_eq!(fixture.log.head().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_whose_asker_went_away_during_the_append_is_found_by_its_repeat() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &unkeyed(), &jar("warm"), "m")
        .await
        .unwrap();
    let key = Uuid::new_v4();
    let mut neighbour = fixture.owner().await;
    let lock = hold_append_lock(&mut neighbour).await;
    let asking = {
        let log = fixture.log.clone();
        tokio::spawn(async move { put_into_new(&log, &keyed(key, "d"), &jar("a")).await })
    };
    until(async || {
        waiting_appenders(&mut fixture.owner().await)
            .await
            .first()
            .copied()
    })
    .await;
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    lock.rollback().await.unwrap();
    let again = put_into_new(&fixture.log, &keyed(key, "d"), &jar("a"))
        .await
        .unwrap();
    assert!(again.replayed);
    assert_eq!(again.positions, [2]);
    assert_eq!(fixture.log.head().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_keyed_command_that_found_nothing_to_do_finds_nothing_later_whichever_process_is_asked() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let (one, name) = (keyed(Uuid::new_v4(), "red"), jar("a"));
    put_into(&fixture.log, &unkeyed(), &name, "red").await.unwrap();
    let first = mark_as(&fixture.log, &one, &name, "red").await.unwrap();
    assert!(!first.replayed && first.positions.is_empty());

    mark_as(&fixture.log, &keyed(Uuid::new_v4(), "blue"), &name, "blue")
        .await
        .unwrap();
    // It comes late, to the process that knows it, to one that never heard of it, and to one that was just started.
    for log in [fixture.log.clone(), elsewhere, fixture.another_process().await] {
        let late = mark_as(&log, &one, &name, "red").await.unwrap();
        assert!(late.replayed && late.positions.is_empty());
        assert_eq!((late.position, late.version(&name)), (first.position, 1));
        assert_eq!(
            late.state::<Jar>(&name).unwrap().marks,
            ["red"],
            "the answer of then"
        );
        // Refused by now, were it not a repeat.
        let other = take_from(&log, &one, &name, 99).await.unwrap();
        assert!(
            other.replayed,
            "the digest tells what is asked, and it is the same"
        );
        let reused = mark_as(&log, &keyed(one.command_id, "other"), &name, "red").await;
        assert!(matches!(reused, Err(ExecuteError::KeyReused)));
    }
    let marks = stored_marks(&mut fixture.app().await, &name).await;
    assert_eq!(marks, ["red", "blue"], "nothing newer is undone");
    // Without a key there is nothing to repeat, and nothing is kept.
    mark_as(&fixture.log, &unkeyed(), &name, "blue").await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from no_op_commands")
        .fetch_one(&mut fixture.app().await)
        .await
        .unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_asked_at_once_one_finds_nothing_to_do_and_the_other_does_not_act() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    for round in 0..20 {
        let name = jar(round);
        put_into(&fixture.log, &unkeyed(), &name, "red").await.unwrap();
        let (one, newer) = (keyed(Uuid::new_v4(), "red"), keyed(Uuid::new_v4(), "blue"));
        let (nothing, change, again) = tokio::join!(
            mark_as(&fixture.log, &one, &name, "red"),
            mark_as(&fixture.log, &newer, &name, "blue"),
            mark_as(&elsewhere, &one, &name, "red"),
        );
        change.unwrap();
        let (nothing, again) = (nothing.unwrap(), again.unwrap());
        // Whatever came first, both were told the same, and it was done once or never.
        assert_eq!(nothing.positions, again.positions, "round {round}");
        assert_eq!(nothing.position, again.position, "round {round}");
        let marks = stored_marks(&mut fixture.app().await, &name).await;
        assert_eq!(marks.len(), 2 + nothing.positions.len(), "{marks:?}");
    }
}

//! What a process remembers of streams is believed only while it is what the log holds, whoever appends.

use event_store::{EventLog, StreamName, execute};
use tokio::task::JoinSet;

use crate::jar::{Jar, JarRefusal, jar};
use crate::kit::{TestLog, put_into, unkeyed};

/// How many coins lie in a jar, by a decision that leaves no fact.
async fn look(log: &EventLog, name: &StreamName) -> i64 {
    let known = std::slice::from_ref(name);
    let outcome = execute::<JarRefusal, _>(log, &unkeyed(), known, |streams| {
        streams.state::<Jar>(name).map(drop)
    })
    .await;
    outcome.unwrap().state::<Jar>(name).unwrap().coins
}

#[tokio::test]
async fn a_look_sees_what_another_process_has_appended_before_it() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let name = jar("a");
    for turn in 1..=20 {
        put_into(&elsewhere, &unkeyed(), &name, "theirs").await.unwrap();
        assert_eq!(look(&fixture.log, &name).await, 2 * turn - 1);
        put_into(&fixture.log, &unkeyed(), &name, "ours").await.unwrap();
        assert_eq!(look(&elsewhere, &name).await, 2 * turn);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn looks_among_crowding_appends_of_two_processes_never_go_back() {
    const JARS: usize = 4;
    const TURNS: i64 = 60;
    let fixture = TestLog::open().await;
    let processes = [fixture.log.clone(), fixture.another_process().await];
    let mut tasks = JoinSet::new();
    for number in 0..JARS {
        for (ours, others) in [(0, 1), (1, 0)] {
            let (ours, others) = (processes[ours].clone(), processes[others].clone());
            tasks.spawn(async move {
                let name = jar(format!("j{number}"));
                for turn in 1..=TURNS {
                    let put = put_into(&ours, &unkeyed(), &name, "m").await.unwrap();
                    let held = put.state::<Jar>(&name).unwrap().coins;
                    assert!(held >= turn);
                    // What was appended here is seen there, at once.
                    assert!(look(&others, &name).await >= held);
                    assert!(look(&ours, &name).await >= held);
                }
            });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    for number in 0..JARS {
        for log in &processes {
            assert_eq!(look(log, &jar(format!("j{number}"))).await, 2 * TURNS);
        }
    }
}

#[tokio::test]
async fn a_look_is_dated_behind_everything_it_saw() {
    let fixture = TestLog::open().await;
    let elsewhere = fixture.another_process().await;
    let name = jar("a");
    put_into(&fixture.log, &unkeyed(), &name, "m").await.unwrap();
    for expected in 2..10 {
        put_into(&elsewhere, &unkeyed(), &jar("b"), "m").await.unwrap();
        let known = std::slice::from_ref(&name);
        let outcome = execute::<JarRefusal, _>(&fixture.log, &unkeyed(), known, |streams| {
            streams.state::<Jar>(&name).map(drop)
        })
        .await;
        assert_eq!(outcome.unwrap().position, expected);
    }
}

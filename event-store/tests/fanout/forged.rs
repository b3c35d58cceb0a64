//! NATS is believed nothing: what somebody made up, altered or kept for later changes no read model, and loses none.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::{Client, HeaderMap, Message};
use event_store::{Bus, EventLog, Fact, LogOptions, MessageKeys, StoredFact, WorkerOptions, shard_of};
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::kit::{PATIENCE, Running, TestLog, carry, drain, listen, nats, options, until};

/// Nobody's key.
const STRANGE: &[u8] = &[9; 32];

/// A platform whose worker listens, and somebody on NATS who hears and says what they like.
struct Scene {
    fixture: TestLog,
    bus: Bus,
    client: Client,
    wire: async_nats::Subscriber,
    running: Running,
}

impl Scene {
    async fn set(options: WorkerOptions) -> Self {
        let fixture = TestLog::open().await;
        let bus = fixture.bus().await;
        let mut worker = fixture.worker_with(Some(bus.clone()), options);
        drain(&mut worker).await;
        drain(&mut worker).await;
        let client = nats(fixture.database.nats_url()).await;
        let wire = listen(&client, bus.subject()).await;
        let mut running = Running::new();
        running.worker(worker);
        Self {
            fixture,
            bus,
            client,
            wire,
            running,
        }
    }

    /// Facts that are true, carried by the relay; the message that carried the last of them.
    async fn truth(&mut self, keys: &[&str]) -> Message {
        let mut relay = self.fixture.relay().await;
        let mut message = None;
        for key in keys {
            self.fixture.append(&[key]).await;
            until("the relay leads", async || {
                relay.step().await.unwrap() != event_store::RelayStep::Follows
            })
            .await;
            carry(&mut relay).await;
            message = self.wire.next().await;
        }
        self.fixture.until_fresh().await;
        message.unwrap()
    }

    /// Says something with the tag of another message, or without one.
    async fn say(&self, tag: Option<&Message>, body: String) {
        let mut headers = HeaderMap::new();
        if let Some(message) = tag {
            headers.insert("Tot-Tag", tag_of(message));
        }
        self.client
            .publish_with_headers(self.bus.subject(), headers, body.into())
            .await
            .unwrap();
        self.client.flush().await.unwrap();
    }

    /// So many messages were dropped, and what is read afterwards is right.
    async fn nothing_came_of_it(mut self, refused: u64) {
        until("all of it is refused", async || self.bus.refused() >= refused).await;
        self.fixture.assert_right().await;
        self.truth(&["k0", "k0"]).await;
        self.fixture.assert_right().await;
        assert_eq!(self.bus.refused(), refused, "and nothing else");
        self.running.stop().await;
    }
}

fn tag_of(message: &Message) -> &str {
    message.headers.as_ref().unwrap().get("Tot-Tag").unwrap().as_str()
}

fn text(message: &Message) -> String {
    String::from_utf8(message.payload.to_vec()).unwrap()
}

/// A fact that was never appended: the next one of its shard, about somebody else.
fn made_up(position: i64, before: i64) -> Fact {
    Fact::from(StoredFact {
        position,
        before,
        shard: shard_of("k0"),
        partition_key: "victim".to_owned(),
        aggregate_type: "toy".to_owned(),
        aggregate_id: "all".to_owned(),
        sequence: position,
        event_type: "Moved".to_owned(),
        event_version: "1".to_owned(),
        payload: serde_json::value::RawValue::from_string("{\"Moved\":{}}".to_owned()).unwrap(),
        metadata: serde_json::value::RawValue::from_string("{}".to_owned()).unwrap(),
        recorded_at: jiff::Timestamp::UNIX_EPOCH,
        command_id: None,
    })
}

/// The platform's bus under other keys.
async fn under(fixture: &TestLog, keys: MessageKeys) -> Bus {
    let bus = Bus::connect(fixture.database.nats_url(), fixture.log.identity(), Some(keys))
        .await
        .unwrap();
    until("the bus connects", async || bus.connected()).await;
    bus
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_made_up_message_changes_no_read_model() {
    let mut scene = Scene::set(WorkerOptions::default()).await;
    let truth = scene.truth(&["k0", "k0"]).await;
    let forged = text(&truth).replace("\"k0\"", "\"victim\"");
    let forged = forged.replace("\"position\":2,\"before\":1", "\"position\":3,\"before\":2");
    assert!(
        forged.contains("\"victim\"") && forged.contains("\"position\":3"),
        "{forged}"
    );
    scene.say(None, forged.clone()).await;
    scene.say(Some(&truth), forged).await;
    scene.say(None, "no facts at all".to_owned()).await;
    scene.nothing_came_of_it(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_moved_to_another_position_changes_no_read_model() {
    let mut scene = Scene::set(WorkerOptions::default()).await;
    let first = scene.truth(&["k0"]).await;
    let second = scene.truth(&["k0"]).await;
    let altered = text(&second).replace("\"position\":2", "\"position\":3");
    scene.say(Some(&second), altered).await;
    let altered = text(&second).replace("\"before\":1", "\"before\":0");
    scene.say(Some(&second), altered).await;
    scene.say(Some(&second), text(&first)).await;
    // Whole and true, but told before: believed, and dropped by its position.
    scene.say(Some(&first), text(&first)).await;
    scene.nothing_came_of_it(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_under_a_key_that_is_unknown_or_old_changes_no_read_model() {
    let mut scene = Scene::set(WorkerOptions::default()).await;
    scene.truth(&["k0", "k0"]).await;
    let stranger = under(&scene.fixture, MessageKeys::new(STRANGE, None)).await;
    stranger.publish(&[made_up(3, 2)]).await.unwrap();
    // The very fact that comes next, told first and under the wrong key, does not keep the true one away.
    stranger.publish(&[made_up(3, 2), made_up(4, 3)]).await.unwrap();
    scene.nothing_came_of_it(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_another_log_under_our_key_changes_no_read_model() {
    let mut scene = Scene::set(WorkerOptions::default()).await;
    scene.truth(&["k0", "k0"]).await;
    let mut other = Scene::set(WorkerOptions::default()).await;
    let theirs = other.truth(&["k1", "k1", "k0"]).await;
    let body = text(&theirs).replace("\"before\":0", "\"before\":2");
    scene.say(Some(&theirs), text(&theirs)).await;
    scene.say(Some(&theirs), body).await;
    other.running.stop().await;
    scene.nothing_came_of_it(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_changed_without_losing_a_fact_and_the_old_one_is_believed_no_more() {
    // It looks into the log only when told: what arrives came over NATS.
    let patient = WorkerOptions {
        compare: Duration::from_secs(3_600),
        lease: Duration::from_secs(3_600),
        ..options()
    };
    let fixture = TestLog::open().await;
    let (old, new) = ([1; 32], [2; 32]);
    let both = under(&fixture, MessageKeys::new(&new, Some(&old))).await;
    let mut worker = fixture.worker_with(Some(both.clone()), patient);
    drain(&mut worker).await;
    drain(&mut worker).await;
    let counters = worker.counters();
    let mut running = Running::new();
    running.worker(worker);
    // The relay is the last to learn of the new key, then it has it.
    for keys in [MessageKeys::new(&old, None), MessageKeys::new(&new, Some(&old))] {
        fixture.append(&["k0", "k1"]).await;
        let bus = under(&fixture, keys).await;
        let after = fixture.log.head().await.unwrap() - 2;
        bus.publish(&fixture.log.read_after(after, 10).await.unwrap())
            .await
            .unwrap();
        fixture.until_fresh().await;
    }
    assert_eq!(both.refused(), 0);
    assert_eq!(
        counters.from_bus.load(Ordering::Relaxed),
        4,
        "all of it over NATS"
    );
    running.stop().await;

    // A process that has only the new key is given nothing by the old one; the log gives it all.
    let only_new = under(&fixture, MessageKeys::new(&new, None)).await;
    let mut worker = fixture.worker_with(Some(only_new.clone()), WorkerOptions::default());
    drain(&mut worker).await;
    drain(&mut worker).await;
    let counters = worker.counters();
    let mut running = Running::new();
    running.worker(worker);
    fixture.append(&["k0", "k1"]).await;
    let late = under(&fixture, MessageKeys::new(&old, None)).await;
    late.publish(&fixture.log.read_after(4, 10).await.unwrap())
        .await
        .unwrap();
    fixture.until_fresh().await;
    fixture.assert_right().await;
    until("the old key's message is refused", async || {
        only_new.refused() == 1
    })
    .await;
    assert_eq!(counters.from_bus.load(Ordering::Relaxed), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_made_up_hint_makes_nobody_believe_in_facts_nor_deaf_to_true_hints() {
    let fixture = TestLog::open().await;
    // Neither asks the database by itself before the test is over.
    let deaf = || {
        let mut options = LogOptions::new(fixture.database.app_url(), |_, _, _| true);
        options.sample_every = Duration::from_secs(3_600);
        options
    };
    let (here, there) = (
        EventLog::open(deaf()).await.unwrap(),
        EventLog::open(deaf()).await.unwrap(),
    );
    let stop = CancellationToken::new();
    let mut talking = tokio::task::JoinSet::new();
    for log in [&here, &there] {
        talking.spawn(fixture.bus().await.exchange_hints(log.clone(), stop.clone()));
    }
    let client = nats(fixture.database.nats_url()).await;
    let subject = format!("tot-hint.{}", fixture.log.identity().token());
    // Both are listening, then: who begins to only now takes what it finds for announced.
    let mut heads = [here.subscribe_appends(), there.subscribe_appends()];
    until("the made-up hint has woken both", async || {
        client
            .publish(subject.clone(), i64::MAX.to_string().into())
            .await
            .unwrap();
        heads.iter().all(|head| head.has_changed().unwrap())
    })
    .await;
    for head in &mut heads {
        assert_eq!(*head.borrow_and_update(), 0, "nobody took its word");
    }
    there.heard_of_appends(1);
    assert!(heads[1].has_changed().unwrap(), "a true hint still wakes");
    let mut hints = listen(&client, subject).await;
    here.appended_hint(7);
    let sent = async {
        while let Some(hint) = hints.next().await {
            if hint.payload == "7" {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, sent)
        .await
        .expect("a liar silences nobody");
    stop.cancel();
    while let Some(ended) = talking.join_next().await {
        ended.unwrap();
    }
}

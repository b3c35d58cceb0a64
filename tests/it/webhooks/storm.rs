//! A storm: patients book and pay without a pause, receivers are good, slow, flapping and dead, and whoever delivers is killed again and
//! again. In the end every event that the log holds was taken by every receiver that lives, at least once, in order per booking, signed.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use kit::load::Load;
use kit::platform::Platform;
use kit::receiver::{Behaviour, Message, Receiver};
use kit::wait::until;
use sqlx::PgPool;

use super::endpoints::endpoint;

const PATIENTS: usize = 4;
const BETWEEN: u64 = 15;
const KILLS: usize = 6;
/// Longer than the longest pause of an attempt or a probe that a few failures lead to, jitter included.
const PAUSE_SECONDS: i64 = 2_100;
/// An attempt that waits for the dead one takes fifteen seconds to end, and is followed by a pause of its own.
const LEAPS_MAX: u32 = 12;
const SOON: Duration = Duration::from_secs(4);

/// Every role in a process of its own, and a second one that delivers.
async fn served_in_parts() -> Platform {
    let mut platform = Platform::prepare_private().await;
    for role in ["api", "relay", "workers", "intents", "webhooks", "webhooks"] {
        platform.serve(role).await;
    }
    platform
}

#[tokio::test]
async fn kill_nine_of_whoever_delivers_skips_nothing_and_keeps_the_order() {
    let mut platform = served_in_parts().await;
    let admin = platform.admin().await;
    let (good, slow, flapping, dead) = (
        Receiver::start(Behaviour::Good).await,
        Receiver::start(Behaviour::Slow(Duration::from_millis(150))).await,
        Receiver::start(Behaviour::Flapping).await,
        Receiver::start(Behaviour::Dead).await,
    );
    let mut made = Vec::new();
    for receiver in [&good, &slow, &flapping, &dead] {
        made.push(endpoint(&admin.client, receiver).await);
    }
    let pool = platform.pool().await;
    let from = kit::database::head(&pool).await;
    let load = Load::start(&platform, &admin, PATIENTS).await;
    for _ in 0..KILLS {
        load.goes_on(BETWEEN).await;
        platform.kill_and_restart("webhooks").await;
    }
    load.goes_on(BETWEEN).await;
    load.end(&platform).await;

    let expected = told_of(&pool, from).await;
    assert!(expected.len() > 50, "{}", expected.len());
    let complete = async |receiver: &Receiver, what: &str| {
        until(what, || async {
            (positions(&receiver.taken()).is_superset(&expected)).then_some(())
        })
        .await;
    };
    // The dead one has not answered once, and delays nobody.
    complete(&good, "the good receiver to have all of it").await;
    complete(&slow, "the slow receiver to have all of it").await;
    assert_eq!(dead.taken().len(), 0);
    assert_eq!(
        queued(&pool, &made[3].0).await,
        expected,
        "nothing was skipped for the dead one"
    );
    // What failed comes again once its pause is over; the dead one comes back to life.
    flapping.behave(Behaviour::Good);
    dead.behave(Behaviour::Good);
    let all_have_it = || async {
        let complete = [&flapping, &dead]
            .iter()
            .all(|receiver| positions(&receiver.taken()).is_superset(&expected));
        complete.then_some(())
    };
    for _ in 0..LEAPS_MAX {
        platform.advance(PAUSE_SECONDS).await;
        let soon = until("all of it to be taken", all_have_it);
        if tokio::time::timeout(SOON, soon).await.is_ok() {
            break;
        }
    }
    complete(&flapping, "the flapping receiver to have all of it").await;
    complete(&dead, "the dead receiver to have all of it").await;
    for (receiver, (_, secret)) in [&good, &slow, &flapping, &dead].into_iter().zip(&made) {
        let taken = receiver.taken();
        assert!(taken.iter().all(|message| message.signed_with(secret) == 1));
        assert_in_order(&taken);
        assert_same_ids(&taken);
    }
    assert!(flapping.received().len() > expected.len(), "it did flap");
    pool.close().await;
    platform.finish().await;
}

fn positions(messages: &[Message]) -> BTreeSet<i64> {
    messages.iter().map(Message::position).collect()
}

/// The first time that each event was taken came behind all earlier ones of its booking; a repetition repeats the last that were taken.
fn assert_in_order(taken: &[Message]) {
    let mut last = HashMap::<String, i64>::new();
    let mut seen = BTreeSet::new();
    for message in taken {
        let position = message.position();
        if !seen.insert(position) {
            continue;
        }
        if let Some(before) = last.insert(message.booking(), position) {
            assert!(
                before < position,
                "{before} was told before {position} of {}",
                message.booking()
            );
        }
    }
}

/// One event has one id, however often it comes.
fn assert_same_ids(taken: &[Message]) {
    let mut ids = HashMap::<i64, String>::new();
    for message in taken {
        let known = ids
            .entry(message.position())
            .or_insert_with(|| message.id.clone());
        assert_eq!(*known, message.id);
    }
}

/// What the log holds that endpoints are told of, by the kinds of facts that such a load leaves.
async fn told_of(pool: &PgPool, from: i64) -> BTreeSet<i64> {
    let positions: Vec<i64> =
        sqlx::query_scalar("select position from events where position > $1 and event_type = any($2)")
            .bind(from)
            .bind([
                "BookingRequested",
                "BookingSecured",
                "BookingExpired",
                "BookingNobodyFound",
                "BookingRevived",
                "BookingAssigned",
                "BookingUnassigned",
                "BookingRescheduled",
                "BookingCancelled",
                "PaymentStarted",
                "PaymentDepositStarted",
                "PaymentAuthorised",
                "PaymentCaptured",
                "PaymentFailed",
                "PaymentCancelled",
                "PaymentRefunded",
            ])
            .fetch_all(pool)
            .await
            .unwrap();
    positions.into_iter().collect()
}

async fn queued(pool: &PgPool, endpoint: &str) -> BTreeSet<i64> {
    let endpoint: uuid::Uuid = endpoint.parse().unwrap();
    let positions: Vec<i64> =
        sqlx::query_scalar("select position from webhooks.deliveries where endpoint_id = $1")
            .bind(endpoint)
            .fetch_all(pool)
            .await
            .unwrap();
    positions.into_iter().collect()
}

//! Ten thousand endpoints, one of them dead, some slow: nobody else waits for them.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webhooks::{Attempt, Dispatcher, DispatcherOptions};

use crate::kit::{CLINIC, Kit, answered};

const ENDPOINTS: i32 = 10_000;
/// As long as the dead one lets each attempt wait; so long nobody else may.
const DEAD_FOR: Duration = Duration::from_secs(20);
/// What one event for everybody may take on a busy machine: twenty times what it takes on a quiet one, and less than the dead one's silence.
const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test]
async fn alone_one_dead_endpoint_of_ten_thousand_delays_nobody() {
    let mut kit = Kit::open().await;
    let first = kit.everything("dead").await;
    sqlx::query(
        "insert into webhooks.endpoints (id, owner_id, command_digest, url, event_types, secret, secret_command) \
         select gen_random_uuid(), owner_id, '', 'http://localhost/' || n, event_types, ''::bytea, id \
         from webhooks.endpoints, generate_series(2, $1) n where id = $2",
    )
    .bind(ENDPOINTS)
    .bind(first.id)
    .execute(&mut kit.owner)
    .await
    .unwrap();
    seal_all(&mut kit).await;
    sqlx::query("update webhooks.cursor set changes = changes + 1")
        .execute(&mut kit.owner)
        .await
        .unwrap();
    kit.receivers.slow_down("dead", DEAD_FOR);
    kit.receivers.set("dead", |_| Attempt::Timeout);
    kit.receivers.set("7", |_| answered(500));
    // Many bookings for the dead one to be stuck with, and the same for all others.
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    kit.visit(Uuid::new_v4(), 1, CLINIC).await;
    let stop = CancellationToken::new();
    let begun = Instant::now();
    kit.fan_out_all().await;
    let told_within = begun.elapsed();
    let dispatcher = Dispatcher::new(
        kit.log.clone(),
        &kit.webhooks,
        std::sync::Arc::new(kit.receivers.clone()),
        DispatcherOptions::default(),
        kit.fan_out.queued(),
    );
    let expected = 2 * usize::try_from(ENDPOINTS - 2).unwrap();
    let all_taken = async {
        kit.receivers.until_taken(expected).await;
        let took = begun.elapsed();
        stop.cancel();
        took
    };
    let running = async { tokio::join!(dispatcher.run(stop.clone()), all_taken).1 };
    let took = tokio::time::timeout(WITHIN + DEAD_FOR, running).await.unwrap();
    assert!(took < WITHIN, "{took:?}, told within {told_within:?}");
    println!("20 000 deliveries to 9 998 endpoints in {took:?}, queued within {told_within:?}");
}

/// Each with a secret of its own, which only the crate can seal.
async fn seal_all(kit: &mut Kit) {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from webhooks.endpoints where secret = ''")
        .fetch_all(&mut kit.owner)
        .await
        .unwrap();
    let sealed: Vec<Vec<u8>> = ids
        .iter()
        .map(|id| {
            kit.webhooks
                .keys
                .seal(*id, &webhooks::SigningSecret::draw())
                .unwrap()
        })
        .collect();
    sqlx::query(
        "update webhooks.endpoints e set secret = s.secret from unnest($1::uuid[], $2::bytea[]) s (id, secret) where e.id = s.id",
    )
    .bind(ids)
    .bind(sealed)
    .execute(&mut kit.owner)
    .await
    .unwrap();
}

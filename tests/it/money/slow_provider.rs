//! A provider that takes its time keeps its own payments waiting, and nothing that is done inside.

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt as _, stream};
use kit::platform::ALL;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::json;
use sqlx::PgPool;

use super::provider_fixture::{FixtureOptions, ProviderFixture};

/// More payments than there are places for any one provider.
const CARDS: usize = 130;
/// How many wallet payments are timed beside them.
const WALLETS: usize = 100;
/// The provider takes so long for each: with one pool of places for all, a wallet's payment waited for a minute.
const SLOW_MS: u64 = 9_000;
/// What 99 of 100 must keep, from the money's being there to the visit's being secured.
const SECURED_WITHIN: Duration = Duration::from_millis(500);
/// Requests of ours at one time.
const AT_ONCE: usize = 8;

#[tokio::test]
async fn alone_beside_card_payments_whose_provider_is_slow_wallet_payments_secure_their_bookings_at_once() {
    // It is waited for longer than the wallets take on a slow machine, and not left alone meanwhile.
    let fixture = ProviderFixture::with(FixtureOptions {
        variables: vec![("TOT_PROVIDER_ACT_SECONDS", "30".to_owned())],
        ..FixtureOptions::default()
    })
    .await;
    let slow = json!({"kind": "slow", "ms": SLOW_MS});
    fixture.control.faults("payments.create", 0, slow).await;
    let platform = &fixture.scene.platform;
    let (admin, patient) = (&fixture.scene.admin, &fixture.scene.patient);
    platform.credit(admin, patient, "200000.00").await;
    let bookings: Vec<String> = stream::iter(0..CARDS + WALLETS)
        .map(|_| fixture.book(Scene::urgent()))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (by_card, by_wallet) = bookings.split_at(CARDS);

    let cards = join_all(by_card.iter().map(|booking| fixture.begin(booking, "yookassa")));
    let pool = platform.pool().await;
    let wallets = async {
        until("the provider's places to be taken", || async {
            (waiting_for_the_provider(&pool).await > 60).then_some(())
        })
        .await;
        for booking in by_wallet {
            fixture.scene.pay(booking).await.expect(200);
        }
        until("the wallet's bookings to be secured", || async {
            (secured_after(&pool).await.len() == WALLETS).then_some(())
        })
        .await;
        waiting_for_the_provider(&pool).await
    };
    let still_waiting = tokio::select! {
        () = async { cards.await; std::future::pending().await } => 0,
        waiting = wallets => waiting,
    };
    assert!(still_waiting > 0, "the provider was waited for all the while");
    let mut took = secured_after(&pool).await;
    took.sort_unstable();
    let (median, p99) = (took[WALLETS / 2], took[WALLETS * 99 / 100 - 1]);
    println!(
        "secured within {median} ms at the median, {p99} ms at p99, {:?} ms at most",
        took.last()
    );
    assert!(
        u128::try_from(p99).unwrap() <= SECURED_WITHIN.as_millis(),
        "{p99} ms at p99, {median} ms at the median"
    );
    pool.close().await;
    // The provider still has not answered everybody, and nobody waits for it.
    let mut fixture = fixture;
    fixture.scene.platform.take(ALL).kill().await;
    fixture.scene.platform.stop().await;
}

/// Payments that are to be sent to the provider and have no place yet.
async fn waiting_for_the_provider(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(*) from intents where lane = 'yookassa' and state = 'open' and attempts = 0
           and due_at <= house_now()",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// For each booking that a wallet has secured: how many milliseconds after its money was held.
async fn secured_after(pool: &PgPool) -> Vec<i64> {
    sqlx::query_scalar(
        "select (extract(epoch from secured.recorded_at - held.recorded_at) * 1000)::bigint
         from events secured
         join events held on held.partition_key = secured.partition_key and held.event_type = 'PaymentAuthorised'
         where secured.event_type = 'BookingSecured'",
    )
    .fetch_all(pool)
    .await
    .unwrap()
}

//! A provider that takes its time keeps its own payments waiting, and nothing that is done inside.

use std::time::{Duration, Instant};

use futures::future::join_all;
use kit::platform::ALL;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};

use super::stand::{Stand, Wanted};

/// More payments than there are places for any one provider.
const CARDS: usize = 70;
/// How many wallet payments are timed beside them.
const WALLETS: usize = 5;
/// The provider takes so long; with one pool of places for all, so long at least would a wallet's payment wait.
const SLOW_MS: u64 = 25_000;
/// Far less than that, and enough for a debug build on a busy machine.
const SECURED_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn beside_card_payments_whose_provider_is_slow_a_wallet_payment_secures_its_booking() {
    let patient_enough = ("TOT_PROVIDER_ACT_SECONDS", "35".to_owned());
    let mut stand = Stand::with(Wanted {
        variables: vec![patient_enough],
        ..Wanted::default()
    })
    .await;
    let slow = json!({"kind": "slow", "ms": SLOW_MS});
    stand.control.faults("payments.create", 0, slow).await;
    let patient = stand.scene.patient.client.clone();
    let mut bookings = Vec::new();
    for _ in 0..WALLETS {
        bookings.push(stand.book(Scene::urgent()).await);
    }
    let cards = join_all((0..CARDS).map(|number| {
        let patient = patient.clone();
        async move {
            let wish = json!({"amount": "100.00", "payment_method": "yookassa"});
            let key = format!("card-{number}");
            patient
                .post_keyed("/wallet/deposits", &key, wish)
                .await
                .expect(200);
        }
    }));
    let wallets = async {
        until("the provider's places to be taken", || async {
            let pool = stand.scene.platform.pool().await;
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from intents where lane = 'yookassa' and state = 'open' and attempts = 0
                   and due_at <= house_now()",
            )
            .fetch_one(&pool)
            .await
            .unwrap();
            pool.close().await;
            (waiting > 10).then_some(())
        })
        .await;
        let mut took = Vec::new();
        for booking in &bookings {
            let wish = json!({"booking_id": booking, "payment_method": "wallet"});
            let begun = Instant::now();
            patient.post("/payments", wish).await.expect(200);
            let secured = |booking: &Value| booking["steps"]["secured_at"].is_string();
            stand
                .scene
                .until_booking(booking, "the wallet to secure it", secured)
                .await;
            took.push(begun.elapsed());
            stand.scene.cancel(booking, "0.00").await.expect(200);
        }
        took
    };
    tokio::select! {
        () = async { cards.await; std::future::pending().await } => {}
        took = wallets => {
            println!("secured within {took:?}");
            assert!(took.iter().all(|took| *took < SECURED_WITHIN), "{took:?}");
        }
    }
    // The provider still has not answered, and nobody waits for it.
    stand.scene.platform.take(ALL).kill().await;
    stand.scene.platform.stop().await;
}

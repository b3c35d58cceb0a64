//! Payments whose beginning got no answer, a late one, or an unwelcome one.

use futures::future::join_all;
use kit::scene::Scene;
use serde_json::{Value, json};

use crate::money::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, id_of};

/// How long after a sending without an answer it is sent again.
const REPEATED: i64 = 61;

/// Books so many visits and starts to pay for all of them at once.
async fn start_payments(fixture: &ProviderFixture, method: &str, count: usize) -> Vec<(String, Value)> {
    join_all((0..count).map(|_| fixture.urgent(method))).await
}

async fn strike(fixture: &ProviderFixture, operation: &str, nth: usize, fault: Value) {
    let rule = json!({"on": operation, "nth": nth, "fault": fault});
    fixture.control.tell("/faults", rule).await;
}

#[tokio::test]
async fn case_01_and_case_02_and_case_03_no_answer_to_a_beginning_makes_a_second_payment() {
    // What keeps calls away from a provider that fails so often is shown elsewhere.
    let no_breaker = ("TOT_BREAKER_CALLS_MIN", "1000".to_owned());
    let wanted = FixtureOptions {
        variables: vec![no_breaker],
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let fates = [
        json!({"kind": "drop_after"}),
        json!({"kind": "reset_before"}),
        json!({"kind": "error_before"}),
        json!({"kind": "error_after"}),
        json!({"kind": "processing", "commit": true}),
        json!({"kind": "error_after", "cancel": true}),
    ];
    fixture
        .control
        .delivery_fault("payment.canceled", json!({"kind": "drop"}))
        .await;
    let count = fates.len();
    for (fate, nth) in fates.into_iter().zip(1..) {
        strike(&fixture, "payments.create", nth, fate).await;
    }
    let begun = start_payments(&fixture, "yookassa", count).await;
    for (_, payment) in &begun {
        assert_eq!(
            (&payment["status"], &payment["checking"]),
            (&json!("pending"), &json!(true)),
            "the patient is told that nobody knows yet"
        );
    }
    // The repeat is answered as the first time, also about what was given up since: a look by plan tells that.
    let fixture = fixture.later(REPEATED).await;
    let fixture = fixture.later(A_WHILE).await;
    let mut failed = Vec::new();
    for (booking, payment) in &begun {
        let there = fixture.control.shop_payment(id_of(payment)).await;
        let now = fixture.payment(payment).await;
        assert_eq!(now["checking"], false, "{now}");
        assert_eq!(
            fixture.count(payment, "PaymentProviderCallIntended").await,
            1,
            "one command, one key"
        );
        if there["stage"]["reason"] == "internal_timeout" {
            assert_eq!(now["status"], "failed", "{now}");
            failed.push(booking);
        } else {
            fixture.pay_by_card(&now).await;
            fixture.until_secured(booking).await;
        }
    }
    let [failed] = failed[..] else {
        panic!("one was given up by the provider: {failed:?}")
    };
    let another = fixture.begin(failed, "yookassa").await;
    fixture.pay_by_card(&another).await;
    fixture.until_secured(failed).await;
    assert_eq!(fixture.control.all("payments").await.len(), count + 1);
    fixture.finish().await;
}

#[tokio::test]
async fn case_05_an_order_whose_beginning_was_lost_is_looked_for_before_it_is_begun_again() {
    let fixture = ProviderFixture::set().await;
    strike(&fixture, "tbank.Init", 1, json!({"kind": "drop_after"})).await;
    strike(&fixture, "tbank.Init", 2, json!({"kind": "reset_before"})).await;
    let begun = start_payments(&fixture, "sbp", 2).await;
    let fixture = fixture.later(REPEATED).await;
    for (booking, payment) in &begun {
        let there = fixture.control.bank_payment(id_of(payment)).await;
        assert_eq!(there["amount"], 150_000);
        let now = fixture.payment(payment).await;
        fixture.pay_by_code(&now).await;
        fixture.until_secured(booking).await;
    }
    assert_eq!(
        fixture.control.count("tbank.CheckOrder.0").await,
        2,
        "asked before it is begun again"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn case_06_the_notice_comes_before_the_answer_and_the_booking_is_secured_once() {
    let fixture = ProviderFixture::set().await;
    for (method, operation) in [("yookassa", "payments.create"), ("sbp", "tbank.Init")] {
        fixture
            .control
            .fault(operation, json!({"kind": "paid_before_reply"}))
            .await;
        let (booking, payment) = fixture.urgent(method).await;
        fixture.until_secured(&booking).await;
        fixture.drain().await;
        for (fact, times) in [
            ("PaymentPending", 1),
            ("PaymentProviderCallIntended", 1),
            ("PaymentOutcomeUnknown", 0),
        ] {
            assert_eq!(fixture.count(&payment, fact).await, times, "{method} {fact}");
        }
        let history = fixture
            .scene
            .admin
            .client
            .get(&format!("/bookings/{booking}/history"))
            .await
            .expect(200);
        let secured = kit::scene::types_of(&history)
            .into_iter()
            .filter(|what| *what == "BookingSecured");
        assert_eq!(secured.count(), 1, "{method}");
        assert!(fixture.anomalies(&payment).await.is_empty());
    }
    fixture.finish().await;
}

#[tokio::test]
async fn case_22_and_case_23_a_provider_that_asks_for_patience_or_is_slow_gets_it_and_keeps_nobody_else_waiting()
 {
    let slow_enough = ("TOT_PROVIDER_ACT_SECONDS", "30".to_owned());
    let wanted = FixtureOptions {
        variables: vec![slow_enough],
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    // The link comes within the answer to the very same request, a second and a half later.
    let busy = json!({"kind": "too_many_requests", "retry_after_ms": 1_500});
    fixture.control.fault("payments.create", busy).await;
    let (_, payment) = fixture.urgent("yookassa").await;
    assert!(
        payment["confirmation_url"].is_string(),
        "it was asked again in time: {payment}"
    );
    assert_eq!(fixture.control.count("payments.create.200").await, 1);
    assert_eq!(
        fixture.count(&payment, "PaymentProviderCallIntended").await,
        1,
        "under the same key"
    );

    let slow = json!({"kind": "slow", "ms": 8_000});
    fixture.control.fault("payments.create", slow).await;
    let booking = fixture.book(Scene::urgent()).await;
    let meanwhile = async {
        kit::wait::until("the provider to be asked", || async {
            (fixture.control.all("payments").await.len() == 2).then_some(())
        })
        .await;
        // Whoever is slow holds no transaction of ours, and the very booking can still be cancelled. A worker's may be
        // open for a moment; one that is held would be there at every look.
        let mut looks = 0;
        while open_transactions(&fixture).await > 0 {
            looks += 1;
            assert!(
                looks < LOOKS_MAX,
                "a transaction is held while the provider is slow"
            );
        }
        fixture.scene.cancel(&booking, "0.00").await.expect(200);
        let another = fixture.book(Scene::urgent()).await;
        let quick = fixture.begin(&another, "yookassa").await;
        assert!(quick["confirmation_url"].is_string(), "{quick}");
    };
    let (late, ()) = tokio::join!(fixture.begin(&booking, "yookassa"), meanwhile);
    assert_eq!(late["checking"], true, "{late}");
    kit::wait::until("the slow answer", || async {
        let payment = fixture.payment(&late).await;
        payment["confirmation_url"].is_string().then_some(())
    })
    .await;
    fixture.finish().await;
}

/// Far fewer than a slow answer of seconds leaves time for.
const LOOKS_MAX: u32 = 20;

/// How many of the platform's connections are in the middle of a transaction and wait for the platform.
async fn open_transactions(fixture: &ProviderFixture) -> i64 {
    let pool = kit::database::pool(&fixture.scene.platform.superuser_url()).await;
    let open = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    open
}

#[tokio::test]
async fn case_24_clocks_that_differ_by_minutes_lose_no_payment() {
    let mut fixture = ProviderFixture::set().await;
    // No notice helps.
    fixture
        .control
        .delivery_faults("payment.canceled", 0, json!({"kind": "drop"}))
        .await;
    for skew in [-300, 600] {
        fixture.control.advance(skew).await;
        let (booking, payment) = fixture.urgent("yookassa").await;
        fixture.pay_by_card(&payment).await;
        fixture.until_secured(&booking).await;
        assert_eq!(fixture.payment(&payment).await["status"], "authorised");
        // One whose answer is lost, and whose key may be forgotten by then, is found in the lists all the same.
        fixture
            .control
            .fault("payments.create", json!({"kind": "drop_after"}))
            .await;
        fixture
            .control
            .faults("payments.create", 0, json!({"kind": "reset_before"}))
            .await;
        let (_, lost) = fixture.urgent("yookassa").await;
        fixture = fixture.later(23 * 3_600 + 600).await;
        fixture.control.no_faults().await;
        let found = fixture.until(&lost, "failed").await;
        assert_eq!(found["checking"], false, "{found}");
        let there = fixture.control.shop_payment(id_of(&lost)).await;
        assert_eq!(there["stage"]["reason"], "expired_on_confirmation");
        let failed = fixture
            .facts(&lost)
            .await
            .into_iter()
            .find(|fact| fact.event_type == "PaymentFailed");
        assert_eq!(
            failed.unwrap().body["code"],
            "expired_on_confirmation",
            "found, and not taken for never made"
        );
        fixture.control.advance(-skew).await;
    }
    fixture.finish().await;
}

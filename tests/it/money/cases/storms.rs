//! Providers that fail for everybody, and processes that die in the middle of a call.

use kit::platform::ALL;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

use crate::money::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, id_of};

/// How long after a sending without an answer it is sent again.
const REPEATED: i64 = 61;
/// How often a backlog of two is looked at before it counts as stuck.
const ROUNDS_MAX: usize = 5;

#[tokio::test]
async fn case_21_a_failing_provider_is_left_alone_and_another_offered_for_new_payments() {
    let quick = [
        ("TOT_BREAKER_CALLS_MIN", "2".to_owned()),
        ("TOT_BREAKER_OPEN_SECONDS", "30".to_owned()),
    ];
    let wanted = FixtureOptions {
        variables: quick.to_vec(),
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let (known, at_bank) = fixture.urgent("sbp").await;
    fixture
        .control
        .faults("tbank.Init", 0, json!({"kind": "error_before"}))
        .await;
    let (one, two) = tokio::join!(fixture.urgent("sbp"), fixture.urgent("sbp"));
    for (_, payment) in [&one, &two] {
        assert_eq!(payment["checking"], true, "{payment}");
    }
    let storm = fixture.control.count("faults.tbank.Init").await;
    // New payments go to the next one, at once.
    let (booking, rerouted) = fixture.urgent("sbp").await;
    fixture.control.shop_payment(id_of(&rerouted)).await;
    assert_eq!(fixture.control.count("faults.tbank.Init").await, storm);
    let bank = fixture.page(&rerouted).await.follow("Открыть в банке").await;
    bank.press("Оплатить", &[]).await;
    fixture.until_secured(&booking).await;
    // What it has already is still read and settled.
    fixture.pay_by_code(&at_bank).await;
    fixture.until_secured(&known).await;
    // Whose outcome is unknown stays where it is, and is begun once the storm is over.
    fixture.control.no_faults().await;
    let mut fixture = fixture;
    for (booking, payment) in [&one, &two] {
        // One careful trial at a time.
        let mut now = fixture.payment(payment).await;
        for _ in 0..ROUNDS_MAX {
            if now["qr_payload"].is_string() {
                break;
            }
            fixture = fixture.later(REPEATED).await;
            now = fixture.payment(payment).await;
        }
        let payment = now;
        assert!(
            fixture.control.shop_payments(id_of(&payment)).await.is_empty(),
            "never asked of another"
        );
        fixture.pay_by_code(&payment).await;
        fixture.until_secured(booking).await;
    }
    fixture.finish().await;
}

#[tokio::test]
async fn case_25_whenever_the_platform_dies_in_a_call_the_call_has_one_effect() {
    let wanted = FixtureOptions {
        // Long enough that it is the platform that ends first.
        variables: vec![("TOT_PROVIDER_ACT_SECONDS", "60".to_owned())],
        ..FixtureOptions::default()
    };
    let mut fixture = ProviderFixture::with(wanted).await;
    let (visited, taken) = fixture.secured_by_card().await;
    fixture.visit(&visited, &["depart", "start"]).await;
    let (cancelled, given_back) = fixture.secured_by_code().await;
    let begun = [
        fixture.book(Scene::urgent()).await,
        fixture.book(Scene::urgent()).await,
    ];
    four_calls_are_slow(&fixture).await;
    let request =
        |booking: &str| json!({"booking_id": booking, "payment_method": "yookassa", "allow_overlap": true});
    let asked = begun.clone().map(|booking| {
        let (client, body) = (
            fixture.scene.patient.client.clone(),
            request(&booking).to_string(),
        );
        tokio::spawn(async move {
            let headers = [("Idempotency-Key", booking.as_str())];
            client
                .try_send(Method::POST, "/payments", Some(body), &headers)
                .await
                .is_err()
        })
    });
    fixture.visit(&visited, &["complete"]).await;
    assert_eq!(fixture.cancel_as_quoted(&cancelled).await, "0.00");
    for (operation, times) in [
        ("payments.create", 2),
        ("payments.capture", 1),
        ("tbank.Cancel", 1),
    ] {
        struck(&fixture, operation, times).await;
    }
    fixture.scene.platform.kill_and_restart(ALL).await;
    for cut in asked {
        assert!(cut.await.unwrap(), "the platform died before it answered");
    }
    // The clients repeat, as they should, and are told of the very same payments.
    let again = begun.each_ref().map(|booking| {
        fixture
            .scene
            .patient
            .client
            .post_keyed("/payments", booking, request(booking))
    });
    let payments = futures::future::join_all(again).await;
    fixture.scene.platform.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    for (booking, payment) in begun.iter().zip(payments) {
        let payment = payment.expect(200);
        fixture.control.shop_payment(id_of(&payment)).await;
        let now = fixture.payment(&payment).await;
        fixture.pay_by_card(&now).await;
        fixture.until_secured(booking).await;
    }
    let fixture = fixture.later(A_WHILE).await;
    each_has_one_effect(&fixture, &taken, &given_back).await;
    fixture.finish().await;
}

/// Four calls at once, each done or not yet done by the time the platform dies.
async fn four_calls_are_slow(fixture: &ProviderFixture) {
    for (operation, commit_first) in [
        ("payments.create", true),
        ("payments.create", false),
        ("payments.capture", true),
        ("tbank.Cancel", true),
    ] {
        let slow = json!({"kind": "slow", "ms": 60_000, "commit_first": commit_first});
        fixture.control.fault(operation, slow).await;
    }
}

/// What was in hand when the platform died came to one effect.
async fn each_has_one_effect(fixture: &ProviderFixture, taken: &Value, given_back: &Value) {
    let paid = fixture.until(taken, "completed").await;
    assert_eq!(paid["captured"], "1500.00");
    assert_eq!(
        fixture.control.shop_payment(id_of(taken)).await["stage"]["captured"],
        150_000
    );
    let back = fixture.until(given_back, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    assert_eq!(
        fixture.control.bank_payment(id_of(given_back)).await["refunded"],
        150_000,
        "once"
    );
    for (payment, fact) in [(taken, "PaymentCaptured"), (given_back, "PaymentRefunded")] {
        assert_eq!(fixture.count(payment, fact).await, 1, "{fact}");
        assert!(fixture.anomalies(payment).await.is_empty());
    }
}

/// Waits until so many requests of an operation have met their fault: the platform is in the middle of the last one.
async fn struck(fixture: &ProviderFixture, operation: &str, times: u64) {
    let name = format!("faults.{operation}");
    kit::wait::until("a call to be under way", || async {
        (fixture.control.count(&name).await >= times).then_some(())
    })
    .await;
}

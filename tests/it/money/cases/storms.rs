//! Providers that fail for everybody, and processes that die in the middle of a call.

use kit::platform::ALL;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::json;

use crate::money::stand::{A_WHILE, Stand, Wanted, id_of};

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
    let wanted = Wanted {
        variables: quick.to_vec(),
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let (known, at_bank) = stand.urgent("sbp").await;
    stand
        .control
        .faults("tbank.Init", 0, json!({"kind": "error_before"}))
        .await;
    let (one, two) = tokio::join!(stand.urgent("sbp"), stand.urgent("sbp"));
    for (_, payment) in [&one, &two] {
        assert_eq!(payment["checking"], true, "{payment}");
    }
    let storm = stand.control.count("faults.tbank.Init").await;
    // New payments go to the next one, at once.
    let (booking, rerouted) = stand.urgent("sbp").await;
    stand.control.shop_payment(id_of(&rerouted)).await;
    assert_eq!(stand.control.count("faults.tbank.Init").await, storm);
    let bank = stand.page(&rerouted).await.follow("Открыть в банке").await;
    bank.press("Оплатить", &[]).await;
    stand.until_secured(&booking).await;
    // What it has already is still read and settled.
    stand.pay_by_code(&at_bank).await;
    stand.until_secured(&known).await;
    // Whose outcome is unknown stays where it is, and is begun once the storm is over.
    stand.control.no_faults().await;
    let mut stand = stand;
    for (booking, payment) in [&one, &two] {
        // One careful trial at a time.
        let mut now = stand.payment(payment).await;
        for _ in 0..ROUNDS_MAX {
            if now["qr_payload"].is_string() {
                break;
            }
            stand = stand.later(REPEATED).await;
            now = stand.payment(payment).await;
        }
        let payment = now;
        assert!(
            stand.control.shop_payments(id_of(&payment)).await.is_empty(),
            "never asked of another"
        );
        stand.pay_by_code(&payment).await;
        stand.until_secured(booking).await;
    }
    stand.finish().await;
}

#[tokio::test]
async fn case_25_whenever_the_house_dies_in_a_call_the_call_has_one_effect() {
    let wanted = Wanted {
        // Long enough that it is the house that ends first.
        variables: vec![("TOT_PROVIDER_ACT_SECONDS", "60".to_owned())],
        ..Wanted::default()
    };
    let mut stand = Stand::with(wanted).await;
    let (visited, taken) = stand.secured_by_card().await;
    stand.visit(&visited, &["depart", "start"]).await;
    let (cancelled, given_back) = stand.secured_by_code().await;
    let begun = [
        stand.book(Scene::urgent()).await,
        stand.book(Scene::urgent()).await,
    ];
    // Four calls at once, each done or not yet done by the time the house dies.
    for (operation, commit_first) in [
        ("payments.create", true),
        ("payments.create", false),
        ("payments.capture", true),
        ("tbank.Cancel", true),
    ] {
        let slow = json!({"kind": "slow", "ms": 60_000, "commit_first": commit_first});
        stand.control.fault(operation, slow).await;
    }
    let wish =
        |booking: &str| json!({"booking_id": booking, "payment_method": "yookassa", "allow_overlap": true});
    let asked = begun.clone().map(|booking| {
        let (client, body) = (stand.scene.patient.client.clone(), wish(&booking).to_string());
        tokio::spawn(async move {
            let headers = [("Idempotency-Key", booking.as_str())];
            client
                .try_send(Method::POST, "/payments", Some(body), &headers)
                .await
                .is_err()
        })
    });
    stand.visit(&visited, &["complete"]).await;
    assert_eq!(stand.cancel_as_quoted(&cancelled).await, "0.00");
    for (operation, times) in [
        ("payments.create", 2),
        ("payments.capture", 1),
        ("tbank.Cancel", 1),
    ] {
        struck(&stand, operation, times).await;
    }
    stand.scene.platform.kill_and_restart(ALL).await;
    for cut in asked {
        assert!(cut.await.unwrap(), "the house died before it answered");
    }
    // The clients repeat, as they should, and are told of the very same payments.
    let again = begun.each_ref().map(|booking| {
        stand
            .scene
            .patient
            .client
            .post_keyed("/payments", booking, wish(booking))
    });
    let payments = futures::future::join_all(again).await;
    stand.scene.platform.drain().await;
    let mut stand = stand.later(A_WHILE).await;
    for (booking, payment) in begun.iter().zip(payments) {
        let payment = payment.expect(200);
        stand.control.shop_payment(id_of(&payment)).await;
        let now = stand.payment(&payment).await;
        stand.pay_by_card(&now).await;
        stand.until_secured(booking).await;
    }
    stand = stand.later(A_WHILE).await;
    let paid = stand.until(&taken, "completed").await;
    assert_eq!(paid["captured"], "1500.00");
    assert_eq!(
        stand.control.shop_payment(id_of(&taken)).await["stage"]["captured"],
        150_000
    );
    let back = stand.until(&given_back, "refunded").await;
    assert_eq!(back["refunded"], "1500.00");
    assert_eq!(
        stand.control.bank_payment(id_of(&given_back)).await["refunded"],
        150_000,
        "once"
    );
    for (payment, fact) in [(&taken, "PaymentCaptured"), (&given_back, "PaymentRefunded")] {
        assert_eq!(stand.count(payment, fact).await, 1, "{fact}");
        assert!(stand.anomalies(payment).await.is_empty());
    }
    stand.finish().await;
}

/// Waits until so many requests of an operation have met their fault: the house is in the middle of the last one.
async fn struck(stand: &Stand, operation: &str, times: u64) {
    let name = format!("faults.{operation}");
    kit::wait::until("a call to be under way", || async {
        (stand.control.count(&name).await >= times).then_some(())
    })
    .await;
}

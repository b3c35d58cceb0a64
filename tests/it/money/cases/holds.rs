//! Holds that end before they are taken, are taken in part, or are wanted by two at once.

use serde_json::json;

use crate::money::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture, id_of};

#[tokio::test]
async fn case_13_and_case_14_what_became_of_a_hold_is_read_back_and_never_guessed() {
    let wanted = FixtureOptions {
        settings: json!({"shop": {"hold_seconds": 3 * 3_600}}),
        // No look by plan helps either.
        variables: vec![("TOT_PLAN_PAYMENT_LOOKS", "86400".to_owned())],
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let (taken, kept) = fixture.secured_by_card().await;
    let (lost, ended) = fixture.secured_by_card().await;
    let (slow, late) = fixture.secured_by_card().await;
    // No notice helps, and after the first answer that is lost nobody answers at all.
    for event in ["payment.succeeded", "payment.canceled"] {
        fixture
            .control
            .delivery_faults(event, 0, json!({"kind": "drop"}))
            .await;
    }
    // One doctor is at one door at a time: the visits follow each other.
    for (booking, payment, fate) in [(&taken, &kept, "drop_after"), (&lost, &ended, "error_before")] {
        fixture.visit(booking, &["depart", "start"]).await;
        fixture.drain().await; // What the visit before left unknown is asked again meanwhile.
        fixture
            .control
            .fault("payments.capture", json!({"kind": fate}))
            .await;
        fixture.visit(booking, &["complete"]).await;
        fixture.drain().await;
        assert_eq!(fixture.payment(payment).await["checking"], true);
    }
    // By the time it is asked after, or taken at all, the hold has ended there.
    fixture.control.advance(3 * 3_600 + 60).await;
    fixture.visit(&slow, &["depart", "start", "complete"]).await;
    let fixture = fixture.later(61).await;
    let paid = fixture.until(&kept, "completed").await;
    assert_eq!(
        (&paid["captured"], &paid["checking"]),
        (&json!("1500.00"), &json!(false))
    );
    assert!(fixture.anomalies(&kept).await.is_empty());
    for payment in [&ended, &late] {
        let gone = fixture.until(payment, "cancelled").await;
        assert_eq!(
            (&gone["captured"], &gone["checking"]),
            (&json!("0.00"), &json!(false))
        );
        let there = fixture.control.shop_payment(id_of(payment)).await;
        assert_eq!(there["stage"]["reason"], "expired_on_capture", "{there}");
        assert_eq!(
            fixture.anomalies(payment).await,
            ["hold_lost"],
            "an operator hears that the visit is unpaid"
        );
    }
    assert_eq!(
        fixture.count(&kept, "PaymentProviderCallIntended").await,
        2,
        "begun once and taken once"
    );
    assert_eq!(
        fixture.count(&late, "PaymentProviderCallRefused").await,
        1,
        "what had ended could not be taken"
    );
    fixture.finish().await;
}

#[tokio::test]
async fn case_15_of_completing_and_cancelling_at_once_one_is_refused_and_the_hold_is_asked_for_once() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start"]).await;
    let (doctor, admin) = (&fixture.scene.doctor.client, &fixture.scene.admin.client);
    let cancelling = json!({"reason": "doctor_unavailable"});
    let cancel_path = format!("/bookings/{booking}/cancel");
    let (completed, cancelled) = tokio::join!(
        fixture.scene.act(doctor, &booking, "complete"),
        admin.post(&cancel_path, cancelling)
    );
    let won = [&completed, &cancelled].map(|answer| answer.status.as_u16());
    assert!(
        won == [200, 409] || won == [409, 200],
        "{} {}",
        completed.text,
        cancelled.text
    );
    fixture.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    let asked = [
        fixture.control.count("payments.capture.200").await,
        fixture.control.count("payments.cancel.200").await,
    ];
    if won[0] == 200 {
        assert_eq!(fixture.payment(&payment).await["captured"], "1500.00");
        assert_eq!((asked, &there["stage"]["captured"]), ([1, 0], &json!(150_000)));
    } else {
        assert_eq!(fixture.payment(&payment).await["status"], "cancelled");
        assert_eq!(
            (asked, &there["stage"]["reason"]),
            ([0, 1], &json!("canceled_by_merchant"))
        );
    }
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

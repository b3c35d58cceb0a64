//! Holds that end before they are taken, are taken in part, or are wanted by two at once.

use serde_json::json;

use crate::money::stand::{A_WHILE, Stand, Wanted, id_of};

#[tokio::test]
async fn case_13_and_case_14_what_became_of_a_hold_is_read_back_and_never_guessed() {
    let wanted = Wanted {
        settings: json!({"shop": {"hold_seconds": 3 * 3_600}}),
        // No look by plan helps either.
        variables: vec![("TOT_PLAN_PAYMENT_LOOKS", "86400".to_owned())],
        ..Wanted::default()
    };
    let stand = Stand::with(wanted).await;
    let (taken, kept) = stand.secured_by_card().await;
    let (lost, ended) = stand.secured_by_card().await;
    let (slow, late) = stand.secured_by_card().await;
    // No notice helps, and after the first answer that is lost nobody answers at all.
    for event in ["payment.succeeded", "payment.canceled"] {
        stand.control.twists(event, 0, json!({"kind": "drop"})).await;
    }
    // One doctor is at one door at a time: the visits follow each other.
    for (booking, payment, fate) in [(&taken, &kept, "drop_after"), (&lost, &ended, "error_before")] {
        stand.visit(booking, &["depart", "start"]).await;
        stand.drain().await; // What the visit before left unknown is asked again meanwhile.
        stand
            .control
            .fault("payments.capture", json!({"kind": fate}))
            .await;
        stand.visit(booking, &["complete"]).await;
        stand.drain().await;
        assert_eq!(stand.payment(payment).await["checking"], true);
    }
    // By the time it is asked after, or taken at all, the hold has ended there.
    stand.control.advance(3 * 3_600 + 60).await;
    stand.visit(&slow, &["depart", "start", "complete"]).await;
    let stand = stand.later(61).await;
    let paid = stand.until(&kept, "completed").await;
    assert_eq!(
        (&paid["captured"], &paid["checking"]),
        (&json!("1500.00"), &json!(false))
    );
    assert!(stand.anomalies(&kept).await.is_empty());
    for payment in [&ended, &late] {
        let gone = stand.until(payment, "cancelled").await;
        assert_eq!(
            (&gone["captured"], &gone["checking"]),
            (&json!("0.00"), &json!(false))
        );
        let there = stand.control.shop_payment(id_of(payment)).await;
        assert_eq!(there["stage"]["reason"], "expired_on_capture", "{there}");
        assert_eq!(
            stand.anomalies(payment).await,
            ["hold_lost"],
            "an operator hears that the visit is unpaid"
        );
    }
    assert_eq!(
        stand.count(&kept, "PaymentProviderCallIntended").await,
        2,
        "begun once and taken once"
    );
    assert_eq!(
        stand.count(&late, "PaymentProviderCallRefused").await,
        1,
        "what had ended could not be taken"
    );
    stand.finish().await;
}

#[tokio::test]
async fn case_15_of_completing_and_cancelling_at_once_one_is_refused_and_the_hold_is_asked_for_once() {
    let stand = Stand::set().await;
    let (booking, payment) = stand.secured_by_card().await;
    stand.visit(&booking, &["depart", "start"]).await;
    let (doctor, admin) = (&stand.scene.doctor.client, &stand.scene.admin.client);
    let cancelling = json!({"reason": "doctor_unavailable"});
    let cancel_path = format!("/bookings/{booking}/cancel");
    let (completed, cancelled) = tokio::join!(
        stand.scene.act(doctor, &booking, "complete"),
        admin.post(&cancel_path, cancelling)
    );
    let won = [&completed, &cancelled].map(|answer| answer.status.as_u16());
    assert!(
        won == [200, 409] || won == [409, 200],
        "{} {}",
        completed.text,
        cancelled.text
    );
    stand.drain().await;
    let stand = stand.later(A_WHILE).await;
    let there = stand.control.shop_payment(id_of(&payment)).await;
    let asked = [
        stand.control.count("payments.capture.200").await,
        stand.control.count("payments.cancel.200").await,
    ];
    if won[0] == 200 {
        assert_eq!(stand.payment(&payment).await["captured"], "1500.00");
        assert_eq!((asked, &there["stage"]["captured"]), ([1, 0], &json!(150_000)));
    } else {
        assert_eq!(stand.payment(&payment).await["status"], "cancelled");
        assert_eq!(
            (asked, &there["stage"]["reason"]),
            ([0, 1], &json!("canceled_by_merchant"))
        );
    }
    assert!(stand.anomalies(&payment).await.is_empty());
    stand.finish().await;
}

//! Notices that come too often, too late, in the wrong order, or from somebody else.

use kit::database;
use kit::wait::until;
use serde_json::{Value, json};

use crate::money::provider_fixture::{BANK_ADDRESS, ProviderFixture, SHOP_ADDRESS, STRANGER, id_of};

#[tokio::test]
async fn case_07_and_case_08_a_hundred_notices_in_any_order_are_one_payment() {
    let fixture = ProviderFixture::set().await;
    fixture
        .control
        .delivery_faults("*", 0, json!({"kind": "duplicate", "copies": 100}))
        .await;
    fixture
        .control
        .delivery_fault("payment.waiting_for_capture", json!({"kind": "reorder"}))
        .await;
    let (by_card, held) = fixture.urgent("yookassa").await;
    fixture.pay_by_card(&held).await;
    let (by_code, charged) = fixture.urgent("sbp").await;
    fixture.pay_by_code(&charged).await;
    for booking in [&by_card, &by_code] {
        fixture.until_secured(booking).await;
    }
    fixture.visit(&by_card, &["depart", "start", "complete"]).await;
    fixture.until(&held, "completed").await;
    fixture.drain().await;
    let notices = fixture.control.notices().await;
    assert!(notices.len() >= 300, "{}", notices.len());
    for notice in &notices {
        assert_eq!(
            notice["attempts"].as_array().unwrap().len(),
            1,
            "answered at once: {notice}"
        );
        assert_eq!(notice["state"], "acknowledged", "{notice}");
    }
    // An order of the past told once more, after all is over.
    let old = fixture.control.notices_of("payment.waiting_for_capture").await;
    let number = old[0]["number"].as_u64().unwrap();
    fixture
        .control
        .tell(&format!("/webhooks/{number}/resend"), json!({}))
        .await;
    fixture.drain().await;
    for payment in [&held, &charged] {
        assert_eq!(fixture.payment(payment).await["captured"], "1500.00");
        assert_eq!(fixture.count(payment, "PaymentCaptured").await, 1);
        assert!(fixture.count(payment, "PaymentIncomeKnown").await <= 1);
        assert!(fixture.anomalies(payment).await.is_empty());
    }
    let pool = fixture.scene.platform.pool().await;
    let facts = database::facts(&pool).await;
    let secured = facts.iter().filter(|fact| fact.event_type == "BookingSecured");
    assert_eq!(secured.count(), 2);
    pool.close().await;
    fixture.finish().await;
}

#[tokio::test]
async fn case_08_an_answer_overtaken_by_the_end_of_what_it_tells_contradicts_nothing() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.secured_by_card().await;
    fixture.drain().await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    // The provider looks now, and answers when all is over.
    let slow = json!({"kind": "slow", "ms": 4_000, "commit_first": true});
    fixture.control.fault("payments.get", slow).await;
    let asked = fixture.control.count("payments.get.200").await;
    // What is told again word for word would not be looked at; a lie is.
    let lie = json!({"type": "notification", "event": "payment.succeeded",
                     "object": {"id": there["id"], "status": "succeeded"}});
    assert_eq!(forged(&fixture, "yookassa", lie, SHOP_ADDRESS, false).await, 200);
    until("the provider to be asked", || async {
        (fixture.control.count("payments.get.200").await > asked).then_some(())
    })
    .await;
    assert_eq!(fixture.cancel_as_quoted(&booking).await, "0.00");
    fixture.until(&payment, "cancelled").await;
    fixture.drain().await;
    assert!(
        fixture.control.count("payments.get.200").await > asked + 1,
        "it was asked again"
    );
    assert_eq!(fixture.anomalies(&payment).await, [""; 0]);
    assert_eq!(fixture.payment(&payment).await["status"], "cancelled");
    fixture.finish().await;
}

#[tokio::test]
async fn case_09_and_case_10_and_case_31_a_word_from_outside_is_a_hint_and_never_a_fact() {
    let fixture = ProviderFixture::set().await;
    let (booking, payment) = fixture.urgent("yookassa").await;
    let (other, charged) = fixture.urgent("sbp").await;
    let there = fixture.control.shop_payment(id_of(&payment)).await;
    let at_bank = fixture.control.bank_payment(id_of(&charged)).await;
    let said = |event: &str, id: &Value, status: &str| json!({"type": "notification", "event": event, "object": {"id": id, "status": status}});
    let truth = said("payment.succeeded", &there["id"], "succeeded");
    let asked = fixture.control.count("payments.get.200").await;

    // From the wrong place it is refused, whatever it says; nothing is asked because of it.
    let refused = forged(&fixture, "yookassa", truth.clone(), STRANGER, false).await;
    assert_eq!(refused, 403);
    assert_eq!(fixture.control.count("payments.get.200").await, asked);
    // From the right place it is acknowledged, and what is not so stays as it is: a false status, a payment nobody has,
    // words of tomorrow.
    let nobody = json!("2a9f0e4c-000f-5000-8000-1d0a6ad2c9d1");
    for body in [
        truth,
        said("payment.canceled", &there["id"], "canceled"),
        said("payment.succeeded", &nobody, "succeeded"),
        said("payment.teleported", &there["id"], "teleported"),
        said("invoice.foreseen", &nobody, "foreseen"),
    ] {
        assert_eq!(
            forged(&fixture, "yookassa", body.clone(), SHOP_ADDRESS, false).await,
            200,
            "{body}"
        );
    }
    forged_for_the_bank(&fixture, &at_bank).await;
    fixture.drain().await;
    for (booking, payment) in [(&booking, &payment), (&other, &charged)] {
        assert_eq!(fixture.payment(payment).await["status"], "pending");
        assert!(fixture.scene.booking(booking).await["steps"]["secured_at"].is_null());
    }
    // The very same words are true later, and then they count.
    fixture.pay_by_card(&payment).await;
    fixture.pay_by_code(&charged).await;
    for booking in [&booking, &other] {
        fixture.until_secured(booking).await;
    }
    // True and old: told again, they are nothing new.
    fixture.drain().await;
    let before = fixture.facts(&payment).await.len();
    let true_one = fixture.control.notices_of("payment.waiting_for_capture").await;
    let number = true_one[0]["number"].as_u64().unwrap();
    for _ in 0..3 {
        fixture
            .control
            .tell(&format!("/webhooks/{number}/resend"), json!({}))
            .await;
    }
    fixture.drain().await;
    assert_eq!(fixture.facts(&payment).await.len(), before);
    fixture.finish().await;
}

/// A notice of T-Bank counts when it is signed and comes from T-Bank, with fields of tomorrow in it, too.
async fn forged_for_the_bank(fixture: &ProviderFixture, at_bank: &Value) {
    let bank = json!({
        "TerminalKey": "SandboxTerminalDEMO", "OrderId": at_bank["order_id"], "Success": true, "Status": "CONFIRMED",
        "PaymentId": at_bank["number"], "ErrorCode": "0", "Amount": 150_000, "Tomorrow": "unknown",
    });
    assert_eq!(
        forged(fixture, "tbank", bank.clone(), BANK_ADDRESS, false).await,
        403,
        "not signed"
    );
    assert_eq!(
        forged(fixture, "tbank", bank.clone(), STRANGER, true).await,
        403,
        "from elsewhere"
    );
    assert_eq!(
        forged(fixture, "tbank", bank, BANK_ADDRESS, true).await,
        200,
        "signed, unknown fields and all"
    );
}

/// Sends a false notice and answers the status it got.
async fn forged(fixture: &ProviderFixture, sender: &str, body: Value, source: &str, sign: bool) -> u64 {
    let forgery = json!({"sender": sender, "body": body, "source": source, "sign": sign});
    let number = fixture.control.tell("/webhooks/forge", forgery).await["number"].clone();
    fixture.control.quiet().await;
    let notices = fixture.control.notices().await;
    let sent = notices.iter().find(|notice| notice["number"] == number).unwrap();
    sent["attempts"][0]["status"].as_u64().unwrap()
}

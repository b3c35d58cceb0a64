//! Payments, lists and the shop itself, as they go over the wire.

use commands::ports::{
    Cancel, Cancellation, Capture, PaymentProvider, PaymentQuery, PaymentRail, ProviderReply, Reference,
    Status, UnknownReason, Window,
};
use domain::money::Money;
use domain::payment::provider::CaptureMode;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;

use super::{PAYMENT, first, key, now, reference, request, shop};
use crate::tests::scripted::Scripted;
use crate::yookassa::wire::Amount;

const ID: &str = "22d6d597-000f-5000-9000-145f6df21d6f";

#[tokio::test]
async fn a_card_is_asked_to_be_held_with_a_key_a_receipt_and_our_number() {
    let provider = Scripted::answering(&[PAYMENT]);
    let answer = shop(&provider).create(request()).await;
    let ProviderReply::Accepted(snapshot) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(snapshot.provider_id, ID);
    assert_eq!(snapshot.status, Status::WaitingForCapture);
    assert_eq!(snapshot.reference, Some(reference()));
    assert_eq!(
        (snapshot.amount, snapshot.captured),
        (Money::kopecks(150_000), Some(Money::ZERO))
    );
    assert_eq!(
        snapshot.expires_at,
        Some("2026-07-17T14:28:32.484Z".parse().unwrap())
    );
    assert!(snapshot.test);

    let sent = &provider.received()[0];
    assert_eq!(sent.line, "POST /v3/payments HTTP/1.1");
    assert_eq!(sent.header("Idempotence-Key"), Some(key().to_string().as_str()));
    // 100500:test_SecretMarker
    assert_eq!(
        sent.header("Authorization"),
        Some("Basic MTAwNTAwOnRlc3RfU2VjcmV0TWFya2Vy")
    );
    assert_eq!(
        sent.json(),
        json!({
            "amount": {"value": "1500.00", "currency": "RUB"},
            "capture": false,
            "payment_method_data": {"type": "bank_card"},
            "confirmation": {"type": "redirect", "return_url": "https://tot.example/paid"},
            "description": "House call",
            "metadata": {"payment_id": "00000000-0000-0000-0000-0000000000a1", "attempt": "2"},
            "receipt": {
                "customer": {"email": "marker@example.com", "phone": "79990001122"},
                "items": [{
                    "description": "House call", "quantity": 1, "amount": {"value": "1500.00", "currency": "RUB"},
                    "vat_code": 1, "payment_mode": "full_prepayment", "payment_subject": "service",
                }],
                "internet": true,
            },
        })
    );
}

#[tokio::test]
async fn the_faster_payments_system_takes_at_once_and_never_holds() {
    let provider = Scripted::answering(&[PAYMENT]);
    let shop = shop(&provider);
    let mut request = request();
    (request.rail, request.taking, request.receipt) = (PaymentRail::Sbp, CaptureMode::AtOnce, None);
    let _ = shop.create(request).await;
    let sent = provider.received()[0].json();
    assert_eq!(
        (&sent["capture"], &sent["payment_method_data"]["type"]),
        (&json!(true), &json!("sbp"))
    );
    assert_eq!(sent.get("receipt"), None);
    assert!(!shop.offers(PaymentRail::Sbp, CaptureMode::Held));
}

#[tokio::test]
async fn the_same_request_is_the_same_bytes() {
    let provider = Scripted::answering(&[PAYMENT, PAYMENT]);
    let shop = shop(&provider);
    let _ = shop.create(request()).await;
    let _ = shop.create(request()).await;
    let received = provider.received();
    assert_eq!(received[0].body, received[1].body);
}

#[tokio::test]
async fn a_part_is_captured_and_the_rest_is_let_go() {
    let captured = PAYMENT
        .replace("waiting_for_capture", "succeeded")
        .replace("1500.00", "450.00")
        .replace(
            "\"test\": true",
            r#""test": false, "income_amount": {"value": "434.25", "currency": "RUB"}"#,
        );
    let provider = Scripted::answering(&[&captured]);
    let request = Capture {
        request_attempt: first(),
        provider_id: ID.to_owned(),
        amount: Money::kopecks(45_000),
        receipt: None,
    };
    let answer = shop(&provider).capture(request).await;
    let ProviderReply::Accepted(snapshot) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(
        (snapshot.status, snapshot.captured),
        (Status::Succeeded, Some(Money::kopecks(45_000)))
    );
    assert_eq!(snapshot.income, Some(Money::kopecks(43_425)));
    assert_eq!(snapshot.refunded, Some(Money::ZERO));
    let sent = &provider.received()[0];
    assert_eq!(sent.line, format!("POST /v3/payments/{ID}/capture HTTP/1.1"));
    assert_eq!(
        sent.json(),
        json!({"amount": {"value": "450.00", "currency": "RUB"}})
    );
}

#[tokio::test]
async fn a_cancelled_payment_says_who_and_why_and_new_words_are_kept() {
    let cancelled = PAYMENT.replace("waiting_for_capture", "canceled").replace(
        "\"test\": true",
        r#""test": true, "cancellation_details": {"party": "of_tomorrow", "reason": "whatever"}"#,
    );
    let strange = PAYMENT.replace("waiting_for_capture", "on_the_moon");
    let provider = Scripted::answering(&[&cancelled, &strange]);
    let shop = shop(&provider);
    let request = Cancel {
        request_attempt: first(),
        provider_id: ID.to_owned(),
    };
    let ProviderReply::Accepted(snapshot) = shop.cancel(request).await else {
        panic!()
    };
    let cancellation = Cancellation {
        party: Some("of_tomorrow".to_owned()),
        reason: "whatever".to_owned(),
    };
    assert_eq!(
        (snapshot.status, snapshot.cancelled),
        (Status::Cancelled, Some(cancellation))
    );
    assert_eq!(provider.received()[0].body, "{}");
    let ProviderReply::Accepted(snapshot) = shop.payment(ID.to_owned()).await else {
        panic!()
    };
    assert_eq!(snapshot.status, Status::Other("on_the_moon".to_owned()));
    assert_eq!(snapshot.captured, Some(Money::ZERO));
}

#[tokio::test]
async fn an_id_cannot_leave_its_place_in_the_address() {
    let provider = Scripted::answering(&[PAYMENT]);
    let _ = shop(&provider).payment("../refunds?a=b#c".to_owned()).await;
    assert_eq!(
        provider.received()[0].line,
        "GET /v3/payments/..%2Frefunds%3Fa=b%23c HTTP/1.1"
    );
    for id in ["", ".", ".."] {
        let answer = shop(&provider).payment(id.to_owned()).await;
        assert_eq!(
            answer,
            ProviderReply::Unknown(UnknownReason::NotConnected),
            "{id:?}"
        );
    }
    assert_eq!(provider.received().len(), 1);
}

#[tokio::test]
async fn case_24_our_payment_is_found_on_the_last_page_of_its_window() {
    let other = PAYMENT.replace("0000000000a1", "0000000000a2");
    let (none, null) = (
        PAYMENT.replace("\"attempt\": \"2\"", "\"attempt\": null"),
        PAYMENT.replace("payment_id", "cms"),
    );
    let pages = [
        format!(r#"{{"type":"list","items":[{other},{none},{null}],"next_cursor":"37a5c87d-3984-51e8"}}"#),
        format!(r#"{{"type":"list","items":[{PAYMENT}]}}"#),
    ];
    let provider = Scripted::answering(&[&pages[0], &pages[1]]);
    let created = Window {
        from: now(),
        to: now() + SignedDuration::from_hours(1),
    };
    let sought = PaymentQuery {
        reference: reference(),
        created,
    };
    let ProviderReply::Accepted(found) = shop(&provider).find(sought).await else {
        panic!()
    };
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].reference, Some(reference()));
    let lines: Vec<String> = provider.received().into_iter().map(|sent| sent.line).collect();
    let window =
        "created_at.gte=2026-07-10T14%3A27%3A54.000Z&created_at.lt=2026-07-10T15%3A27%3A54.000Z&limit=100";
    assert_eq!(
        lines,
        [
            format!("GET /v3/payments?{window} HTTP/1.1"),
            format!("GET /v3/payments?{window}&cursor=37a5c87d-3984-51e8 HTTP/1.1"),
        ]
    );
}

#[tokio::test]
async fn a_list_without_end_is_not_read_for_ever() {
    let page = r#"{"type":"list","items":[],"next_cursor":"again"}"#;
    let provider = Scripted::answering(&[page; 60]);
    let created = Window {
        from: now(),
        to: now(),
    };
    let sought = PaymentQuery {
        reference: Reference {
            attempt: 1,
            ..reference()
        },
        created,
    };
    assert!(matches!(
        shop(&provider).find(sought).await,
        ProviderReply::Unknown(_)
    ));
    assert_eq!(provider.received().len(), 50);
}

#[tokio::test]
async fn a_shop_can_be_checked_before_it_goes_live() {
    let me = r#"{"account_id":"100500","test":true,"fiscalization":{"enabled":true,"provider":"atol"},
        "payment_methods":["bank_card","sbp"],"status":"enabled","itn":"123456789012"}"#;
    let provider = Scripted::answering(&[me, me]);
    let shop = shop(&provider);
    let ProviderReply::Accepted(settings) = shop.settings().await else {
        panic!()
    };
    assert!(settings.enabled && settings.test && settings.fiscalization);
    assert_eq!(settings.payment_methods, ["bank_card", "sbp"]);
    assert_eq!(shop.probe().await, ProviderReply::Accepted(()));
}

proptest! {
    #[test]
    fn an_amount_survives_the_wire_to_the_kopeck(minor in 0..=i64::MAX) {
        let money = Money::kopecks(minor);
        let text = serde_json::to_string(&Amount::from(money)).unwrap();
        let amount: Amount = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(amount.money().unwrap(), money);
        let (whole, kopecks) = amount.value.split_once('.').unwrap();
        prop_assert_eq!(kopecks.len(), 2);
        prop_assert!(whole == "0" || !whole.starts_with('0'));
    }
}

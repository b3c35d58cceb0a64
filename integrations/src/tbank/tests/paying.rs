//! Payments: begun once, asked for before they are begun again, given up only while nobody paid.

use commands::ports::{
    Cancel, Capture, PaymentProvider, PaymentQuery, PaymentRail, ProviderReply, RefusalKind, Status,
    UnknownReason, Window,
};
use domain::money::Money;
use domain::payment::provider::CaptureMode;
use serde_json::{Value, json};

use super::{
    ORDER, QR, adapter, again, called, created_body, first, now, reference, refused, request, state,
};
use crate::tbank::TestOutcome;
use crate::tests::scripted::{Act, Scripted};

fn order(payments: &Value) -> String {
    json!({"TerminalKey": "TestDEMO", "OrderId": ORDER, "Success": true, "ErrorCode": "0", "Payments": payments})
        .to_string()
}

fn one() -> Value {
    json!([{"PaymentId": "3093639567", "Amount": 150_000, "Status": "NEW", "Success": "true", "ErrorCode": 0}])
}

#[tokio::test]
async fn a_payment_is_begun_and_shown_as_a_code() {
    let provider = Scripted::answering(&[&created_body(), QR]);
    let ProviderReply::Accepted(snapshot) = adapter(&provider).create(request(first())).await else {
        panic!()
    };
    assert_eq!(called(&provider), ["Init", "GetQr"]);
    assert_eq!(
        (snapshot.status, snapshot.provider_id.as_str()),
        (Status::Pending, "3093639567")
    );
    assert_eq!(snapshot.reference, Some(reference()));
    assert_eq!(
        snapshot.confirmation_url.as_deref(),
        Some("https://securepay.example/new/fU1ppgqa")
    );
    assert!(
        snapshot
            .qr_payload
            .unwrap()
            .starts_with("https://qr.nspk.ru/AS1000670")
    );
    assert!(snapshot.test);

    let received = provider.received();
    assert_eq!(received[0].line, "POST /v2/Init HTTP/1.1");
    let Value::Object(mut sent) = received[0].json() else {
        panic!()
    };
    sent.remove("Token");
    assert_eq!(
        Value::Object(sent),
        json!({
            "TerminalKey": "TestDEMO", "Amount": 150_000, "OrderId": ORDER, "Description": "House call", "PayType": "O",
            "NotificationURL": "https://tot.example/api/v1/webhooks/tbank",
            "SuccessURL": "https://tot.example/paid", "FailURL": "https://tot.example/paid",
            "RedirectDueDate": "2026-07-10T14:42:54+00:00",
            "Receipt": {
                "Email": "marker@example.com", "Phone": "+79990001122", "Taxation": "usn_income",
                "Items": [{
                    "Name": "House call", "Price": 150_000, "Quantity": 1, "Amount": 150_000, "Tax": "none",
                    "PaymentMethod": "full_prepayment", "PaymentObject": "service",
                }],
            },
        })
    );
    assert_eq!(received[1].json()["PaymentId"], json!(3_093_639_567_u64));
    assert_eq!(received[1].json()["DataType"], "PAYLOAD");
}

#[tokio::test]
async fn without_a_code_the_banks_page_is_enough() {
    let provider = Scripted::answering(&[&created_body(), &refused("3016")]);
    let ProviderReply::Accepted(snapshot) = adapter(&provider).create(request(first())).await else {
        panic!()
    };
    assert_eq!(snapshot.qr_payload, None);
    assert!(snapshot.confirmation_url.is_some());
}

#[tokio::test]
async fn case_05_a_repeat_finds_the_payment_whose_answer_was_lost() {
    let provider = Scripted::start(vec![
        Act::Drop,
        Act::ProviderReply(200, order(&one())),
        Act::ProviderReply(200, state("NEW", 150_000)),
        Act::ProviderReply(200, QR.to_owned()),
    ]);
    let adapter = adapter(&provider);
    assert_eq!(
        adapter.create(request(first())).await,
        ProviderReply::Unknown(UnknownReason::ConnectionLost)
    );
    let ProviderReply::Accepted(snapshot) = adapter.create(request(again())).await else {
        panic!()
    };
    assert_eq!(snapshot.provider_id, "3093639567");
    assert!(snapshot.qr_payload.is_some());
    assert_eq!(called(&provider), ["Init", "CheckOrder", "GetState", "GetQr"]);
}

#[tokio::test]
async fn a_repeat_begins_only_what_the_bank_does_not_have() {
    for nothing in [refused("335"), order(&json!([]))] {
        let provider = Scripted::answering(&[&nothing, &created_body(), QR]);
        assert!(matches!(
            adapter(&provider).create(request(again())).await,
            ProviderReply::Accepted(_)
        ));
        assert_eq!(called(&provider), ["CheckOrder", "Init", "GetQr"]);
    }
    // Who gets no answer to the question does not begin anything.
    let provider = Scripted::start(vec![Act::ProviderReply(502, String::new()); 3]);
    assert_eq!(
        adapter(&provider).create(request(again())).await,
        ProviderReply::Unknown(UnknownReason::Status(502))
    );
    assert_eq!(called(&provider), ["CheckOrder"; 3]);
}

#[tokio::test]
async fn of_two_payments_of_one_order_the_paid_one_counts_and_both_are_found() {
    let two = order(
        &json!([{"PaymentId": "1", "Status": "DEADLINE_EXPIRED", "Success": "true"},
        {"PaymentId": 2, "Status": "CONFIRMED", "Success": "true"}]),
    );
    let states = [
        state("DEADLINE_EXPIRED", 150_000),
        state("CONFIRMED", 150_000).replace("3093639567", "2"),
    ];
    let provider = Scripted::answering(&[&two, &states[0], &states[1], &two, &states[0], &states[1]]);
    let adapter = adapter(&provider);
    let ProviderReply::Accepted(snapshot) = adapter.create(request(again())).await else {
        panic!()
    };
    assert_eq!(
        (snapshot.status, snapshot.provider_id.as_str()),
        (Status::Succeeded, "2")
    );
    assert_eq!(snapshot.captured, Some(Money::kopecks(150_000)));
    let sought = PaymentQuery {
        reference: reference(),
        created: Window {
            from: now(),
            to: now(),
        },
    };
    let ProviderReply::Accepted(found) = adapter.find(sought).await else {
        panic!()
    };
    assert_eq!(found.len(), 2);
}

#[tokio::test]
async fn what_the_system_does_not_have_is_not_asked_for() {
    let provider = Scripted::start(vec![]);
    let adapter = adapter(&provider);
    let mut card = request(first());
    card.rail = PaymentRail::Card;
    let mut held = request(first());
    held.taking = CaptureMode::Held;
    let capture = Capture {
        request_attempt: first(),
        provider_id: "1".to_owned(),
        amount: Money::kopecks(1),
        receipt: None,
    };
    for answer in [
        adapter.create(card).await,
        adapter.create(held).await,
        adapter.capture(capture).await,
    ] {
        let ProviderReply::Refused(refused) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(refused.kind, RefusalKind::NotOffered);
    }
    let mut untaxed = request(first());
    untaxed.receipt.as_mut().unwrap().tax_system = None;
    let ProviderReply::Refused(refused) = adapter.create(untaxed).await else {
        panic!()
    };
    assert_eq!(refused.kind, RefusalKind::OurBug);
    assert!(
        !adapter.offers(PaymentRail::Card, CaptureMode::AtOnce)
            && !adapter.offers(PaymentRail::Sbp, CaptureMode::Held)
    );
}

#[tokio::test]
async fn only_what_nobody_paid_is_given_up() {
    let request = || Cancel {
        request_attempt: first(),
        provider_id: "3093639567".to_owned(),
    };
    let done = r#"{"TerminalKey":"TestDEMO","OrderId":"x","Success":true,"Status":"CANCELED","OriginalAmount":150000,
        "NewAmount":0,"PaymentId":3093639567,"ErrorCode":"0"}"#;
    let provider = Scripted::answering(&[&state("FORM_SHOWED", 150_000), done]);
    let ProviderReply::Accepted(snapshot) = adapter(&provider).cancel(request()).await else {
        panic!()
    };
    assert_eq!(
        (snapshot.status, snapshot.reference),
        (Status::Cancelled, Some(reference()))
    );
    assert_eq!(snapshot.cancelled.unwrap().reason, "canceled");
    assert_eq!(called(&provider), ["GetState", "Cancel"]);

    for (status, kept) in [
        ("CONFIRMED", Status::Succeeded),
        ("DEADLINE_EXPIRED", Status::Cancelled),
    ] {
        let provider = Scripted::answering(&[&state(status, 150_000)]);
        let ProviderReply::Accepted(snapshot) = adapter(&provider).cancel(request()).await else {
            panic!()
        };
        assert_eq!(snapshot.status, kept);
        assert_eq!(called(&provider), ["GetState"]);
    }
}

#[tokio::test]
async fn a_test_terminal_rehearses_the_patients_part() {
    let ok = r#"{"Success":true,"ErrorCode":"0","Message":"OK","Details":"0"}"#;
    let provider = Scripted::answering(&[ok, ok]);
    let adapter = adapter(&provider);
    assert_eq!(
        adapter.rehearse("1".to_owned(), TestOutcome::Paid).await,
        ProviderReply::Accepted(())
    );
    assert_eq!(
        adapter.rehearse("1".to_owned(), TestOutcome::Rejected).await,
        ProviderReply::Accepted(())
    );
    assert_eq!(called(&provider), ["SbpPayTest", "SbpPayTest"]);
    let sent = provider.received()[1].json();
    assert_eq!(
        (&sent["IsRejected"], &sent["IsDeadlineExpired"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn a_look_at_an_unpaid_payment_brings_its_code_again() {
    let unpaid = Scripted::answering(&[&state("NEW", 150_000), QR]);
    let ProviderReply::Accepted(snapshot) = adapter(&unpaid).payment("3093639567".to_owned()).await else {
        panic!()
    };
    assert_eq!(called(&unpaid), ["GetState", "GetQr"]);
    assert!(snapshot.qr_payload.is_some());
    let paid = Scripted::answering(&[&state("CONFIRMED", 150_000)]);
    assert!(matches!(
        adapter(&paid).payment("3093639567".to_owned()).await,
        ProviderReply::Accepted(_)
    ));
    assert_eq!(called(&paid), ["GetState"], "nothing is left to scan");
}

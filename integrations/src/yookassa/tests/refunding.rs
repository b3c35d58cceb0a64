//! Refunds, receipts and payouts, as they go over the wire.

use commands::ports::{
    Cancellation, PaymentProvider, PayoutProvider, PayoutRequest, ProviderReply, ReceiptOf, ReceiptRequest,
    RefundQuery, RefundRequest, Settled, Status, UnknownReason, Window,
};
use domain::money::Money;
use identity::Phone;
use jiff::SignedDuration;
use serde_json::json;
use uuid::Uuid;

use super::{first, gateway, now, receipt, shop};
use crate::tests::scripted::{Act, Scripted};

const REFUND: &str = r#"{"id":"216749f7-0016-50be-b000-078d43a63ae4","payment_id":"216749da-000f-50be-b000-096747fad91e",
    "status":"pending","created_at":"2026-10-04T19:27:51.407Z","amount":{"value":"1050.00","currency":"RUB"},
    "metadata":{"refund":"3"}}"#;

fn sought(provider_id: Option<&str>) -> RefundQuery {
    RefundQuery {
        provider_id: provider_id.map(str::to_owned),
        payment_provider_id: "216749da-000f-50be-b000-096747fad91e".to_owned(),
        number: 3,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
    }
}

#[tokio::test]
async fn a_refund_is_asked_for_with_its_number() {
    let provider = Scripted::answering(&[REFUND]);
    let request = RefundRequest {
        request_attempt: first(),
        provider_id: "216749da-000f-50be-b000-096747fad91e".to_owned(),
        number: 3,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
        description: "Cancelled visit".to_owned(),
        receipt: None,
    };
    let ProviderReply::Accepted(refund) = shop(&provider).refund(request).await else {
        panic!()
    };
    assert_eq!(
        refund.provider_id.as_deref(),
        Some("216749f7-0016-50be-b000-078d43a63ae4")
    );
    assert_eq!((refund.status, refund.number), (Status::Pending, Some(3)));
    let sent = &provider.received()[0];
    assert_eq!(sent.line, "POST /v3/refunds HTTP/1.1");
    assert_eq!(
        sent.json(),
        json!({
            "payment_id": "216749da-000f-50be-b000-096747fad91e",
            "amount": {"value": "1050.00", "currency": "RUB"},
            "description": "Cancelled visit",
            "metadata": {"refund": "3"},
        })
    );
}

#[tokio::test]
async fn a_refund_is_found_by_its_id_or_by_our_number() {
    let cancelled = REFUND.replace(
        "\"pending\"",
        r#""canceled","cancellation_details":{"party":"refund_network","reason":"insufficient_funds"}"#,
    );
    let list = |items: &str| format!(r#"{{"type":"list","items":[{items}]}}"#);
    let other = REFUND.replace("\"refund\":\"3\"", "\"refund\":\"2\"");
    let provider = Scripted::start(vec![
        Act::ProviderReply(200, cancelled),
        Act::ProviderReply(404, r#"{"type":"error","code":"not_found"}"#.to_owned()),
        Act::ProviderReply(200, list(&format!("{other},{REFUND}"))),
        Act::ProviderReply(200, list(&other)),
    ]);
    let shop = shop(&provider);
    let ProviderReply::Accepted(Some(refund)) = shop.refund_state(sought(Some("216749f7"))).await else {
        panic!()
    };
    let cancellation = Cancellation {
        party: Some("refund_network".to_owned()),
        reason: "insufficient_funds".to_owned(),
    };
    assert_eq!(
        (refund.status, refund.cancelled),
        (Status::Cancelled, Some(cancellation))
    );
    assert_eq!(
        shop.refund_state(sought(Some("no-such"))).await,
        ProviderReply::Accepted(None)
    );
    let ProviderReply::Accepted(Some(refund)) = shop.refund_state(sought(None)).await else {
        panic!()
    };
    assert_eq!(refund.number, Some(3));
    assert_eq!(
        shop.refund_state(sought(None)).await,
        ProviderReply::Accepted(None)
    );
    assert_eq!(
        provider.received()[2].line,
        "GET /v3/refunds?payment_id=216749da-000f-50be-b000-096747fad91e&limit=100 HTTP/1.1"
    );
}

#[tokio::test]
async fn a_second_receipt_offsets_the_prepayment() {
    let registered = r#"{"id":"rt_1da5c87d-0984-50e8-a7f3-8de646dd9ec9","type":"payment",
        "payment_id":"215d8da0-000f-50be-b000-0003308c89be","status":"succeeded","fiscal_document_number":"3986",
        "fiscal_storage_number":"9288000100115785","fiscal_attribute":"2617603921",
        "registered_at":"2026-05-13T17:56:00.000+03:00","fiscal_provider_id":"fd9e9404-eaca-4000-8ec9-dc228ead2345",
        "items":[{"description":"House call","quantity":1.000,"amount":{"value":"1500.00","currency":"RUB"},"vat_code":1}]}"#;
    let provider = Scripted::answering(&[
        registered,
        &format!(r#"{{"type":"list","items":[{registered}]}}"#),
    ]);
    let shop = shop(&provider);
    let till = shop.receipts().unwrap();
    let request = ReceiptRequest {
        request_attempt: first(),
        of: ReceiptOf::Payment("215d8da0-000f-50be-b000-0003308c89be".to_owned()),
        receipt: receipt(),
        settled: Settled::Prepayment,
        amount: Money::kopecks(150_000),
    };
    let ProviderReply::Accepted(receipt) = till.receipt(request).await else {
        panic!()
    };
    let fiscal = receipt.fiscal.clone().unwrap();
    assert_eq!(fiscal.document_number, "3986");
    assert_eq!(
        fiscal.registered_at,
        Some("2026-05-13T14:56:00Z".parse().unwrap())
    );
    let sent = provider.received()[0].json();
    assert_eq!(sent["type"], "payment");
    assert_eq!(sent["send"], true);
    assert_eq!(sent["customer"]["phone"], "79990001122");
    assert_eq!(
        sent["settlements"],
        json!([{"type": "prepayment", "amount": {"value": "1500.00", "currency": "RUB"}}])
    );
    let listed = till
        .receipts_of(ReceiptOf::Payment(
            "215d8da0-000f-50be-b000-0003308c89be".to_owned(),
        ))
        .await;
    assert_eq!(listed, ProviderReply::Accepted(vec![receipt]));
}

#[tokio::test]
async fn a_doctor_is_paid_by_telephone_number_and_found_again_by_ours() {
    let payout = r#"{"id":"po-285e5ee7-0022-5000-8000-01516a44b147","amount":{"value":"900.00","currency":"RUB"},
        "status":"pending","payout_destination":{"type":"sbp","phone":"79990001122","bank_id":"100000000111"},
        "created_at":"2026-06-21T14:28:45.132Z","test":false,
        "metadata":{"payout_id":"00000000-0000-0000-0000-0000000000b1"}}"#;
    let provider = Scripted::answering(&[payout, &format!(r#"{{"type":"list","items":[{payout}]}}"#)]);
    let gateway = gateway(&provider);
    let payout_id = Uuid::from_u128(0xb1);
    let request = PayoutRequest {
        request_attempt: first(),
        payout_id,
        amount: Money::kopecks(90_000),
        phone: Phone::parse("+79990001122").unwrap(),
        bank_id: "100000000111".to_owned(),
        description: "Visits of the week".to_owned(),
    };
    let ProviderReply::Accepted(made) = gateway.payout(request).await else {
        panic!()
    };
    assert_eq!(
        (made.status.clone(), made.payout_id),
        (Status::Pending, Some(payout_id))
    );
    assert_eq!(
        provider.received()[0].json()["payout_destination_data"],
        json!({"type": "sbp", "phone": "79990001122", "bank_id": "100000000111"})
    );
    let created = Window {
        from: now(),
        to: now(),
    };
    assert_eq!(
        gateway.find_payout(payout_id, created).await,
        ProviderReply::Accepted(vec![made])
    );
    let line = &provider.received()[1].line;
    assert!(
        line.contains("/payouts/search?") && line.contains("metadata%5Bpayout_id%5D=00000000-"),
        "{line}"
    );
}

#[tokio::test]
async fn a_gateways_statement_shows_payouts_whoever_asked_for_them_and_leaves_no_holes() {
    let payout = |id: &str, status: &str, more: &str| {
        format!(
            r#"{{"id":"{id}","amount":{{"value":"900.00","currency":"RUB"}},"status":"{status}",
            "payout_destination":{{"type":"bank_card","card":{{"first6":"220220","last4":"0001","card_type":"Mir"}}}},
            "created_at":"2026-06-21T14:28:45.132Z","test":false{more}}}"#
        )
    };
    let ours = payout(
        "po-1",
        "succeeded",
        r#","metadata":{"payout_id":"00000000-0000-0000-0000-0000000000b1"}"#,
    );
    let declined = payout(
        "po-2",
        "canceled",
        r#","cancellation_details":{"party":"yoo_money","reason":"insufficient_funds"}"#,
    );
    let odd = payout("po-3", "on_the_moon", r#","metadata":{"payout_id":"the week's"}"#);
    let first = format!(r#"{{"type":"list","items":[{ours},{declined}],"next_cursor":"37a5c87d"}}"#);
    let last = format!(r#"{{"type":"list","items":[{odd}]}}"#);
    let unreadable = first.replacen("900.00", "nine hundred", 1);
    let provider = Scripted::answering(&[&first, &last, &unreadable]);
    let gateway = gateway(&provider);
    let window = Window {
        from: now(),
        to: now() + SignedDuration::from_hours(1),
    };
    let page = gateway.payouts(window, None).await.accepted::<()>().unwrap();
    assert_eq!(page.next.as_deref(), Some("37a5c87d"));
    let told: Vec<_> = page
        .items
        .iter()
        .map(|payout| (payout.provider_id.as_str(), &payout.status, payout.payout_id))
        .collect();
    assert_eq!(
        told,
        [
            ("po-1", &Status::Succeeded, Some(Uuid::from_u128(0xb1))),
            ("po-2", &Status::Cancelled, None)
        ]
    );
    assert_eq!(page.items[0].amount, Money::kopecks(90_000));
    let reason = |at: usize| page.items[at].cancelled.as_ref().map(|why| why.reason.as_str());
    assert_eq!((reason(0), reason(1)), (None, Some("insufficient_funds")));
    let page = gateway.payouts(window, page.next).await.accepted::<()>().unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    assert_eq!(page.items[0].status, Status::Other("on_the_moon".to_owned()));
    assert_eq!(
        page.items[0].payout_id, None,
        "what is no number of ours is not ours"
    );
    // One line that cannot be read would be a payout that is not there.
    let answer = gateway.payouts(window, None).await;
    assert!(
        matches!(answer, ProviderReply::Unknown(UnknownReason::Unreadable(_))),
        "{answer:?}"
    );
    let window =
        "created_at.gte=2026-07-10T14%3A27%3A54.000Z&created_at.lt=2026-07-10T15%3A27%3A54.000Z&limit=100";
    let lines: Vec<String> = provider.received().into_iter().map(|sent| sent.line).collect();
    assert_eq!(
        lines,
        [
            format!("GET /v3/payouts?{window} HTTP/1.1"),
            format!("GET /v3/payouts?{window}&cursor=37a5c87d HTTP/1.1"),
            format!("GET /v3/payouts?{window} HTTP/1.1"),
        ]
    );
}

#[tokio::test]
async fn banks_and_the_gateways_balance_are_read() {
    let banks = r#"{"type":"list","items":[{"bank_id":"100000000111","name":"Сбербанк","bic":"044525225"}]}"#;
    let me = r#"{"account_id":"700","test":false,"status":"enabled","payout_methods":["sbp"],
        "payout_balance":{"value":"40676.24","currency":"RUB"}}"#;
    let provider = Scripted::answering(&[banks, me]);
    let gateway = gateway(&provider);
    let ProviderReply::Accepted(banks) = gateway.banks().await else {
        panic!()
    };
    assert_eq!(
        (banks[0].bank_id.as_str(), banks[0].name.as_str()),
        ("100000000111", "Сбербанк")
    );
    assert_eq!(
        gateway.balance().await,
        ProviderReply::Accepted(Some(Money::kopecks(4_067_624)))
    );
}

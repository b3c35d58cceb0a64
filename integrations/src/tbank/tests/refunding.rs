//! Refunds and the closing receipt: sent once, and looked for before they are sent again.

use commands::ports::{
    PaymentProvider, ProviderReply, ReceiptOf, ReceiptRequest, RefundQuery, RefundRequest, RefusalKind,
    RequestAttempt, Settled, Status, UnknownReason,
};
use domain::money::Money;
use serde_json::json;

use super::{adapter, again, called, first, receipt, refused, state};
use crate::tests::scripted::{Act, Scripted};

fn request(request_attempt: RequestAttempt) -> RefundRequest {
    RefundRequest {
        request_attempt,
        provider_id: "3093639567".to_owned(),
        number: 1,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
        description: "Cancelled visit".to_owned(),
        receipt: None,
    }
}

fn cancelled(status: &str, left: i64) -> String {
    format!(
        r#"{{"TerminalKey":"TestDEMO","OrderId":"x","Success":true,"Status":"{status}","OriginalAmount":150000,
        "NewAmount":{left},"PaymentId":3093639567,"ErrorCode":"0"}}"#
    )
}

fn qr_state(status: &str, more: &str) -> String {
    format!(r#"{{"Success":true,"ErrorCode":"0","Status":"{status}"{more},"Message":"OK"}}"#)
}

#[tokio::test]
async fn a_refund_is_under_way_or_done_or_another_sum_than_asked() {
    for (status, left, seen, kopecks) in [
        ("ASYNC_REFUNDING", 150_000, Status::Pending, 105_000),
        ("PARTIAL_REFUNDED", 45_000, Status::Succeeded, 105_000),
        ("REFUNDED", 0, Status::Succeeded, 150_000),
        ("WHATEVER", 0, Status::Other("WHATEVER".to_owned()), 105_000),
    ] {
        let provider = Scripted::answering(&[&cancelled(status, left)]);
        let ProviderReply::Accepted(refund) = adapter(&provider).refund(request(first())).await else {
            panic!()
        };
        assert_eq!((refund.status, refund.amount), (seen, Money::kopecks(kopecks)));
        assert_eq!(called(&provider), ["Cancel"]);
        let sent = provider.received()[0].json();
        assert_eq!(
            (&sent["PaymentId"], &sent["Amount"]),
            (&json!("3093639567"), &json!(105_000))
        );
    }
}

#[tokio::test]
async fn case_19_a_refund_whose_answer_was_lost_is_not_made_twice() {
    let provider = Scripted::start(vec![
        Act::Drop,
        Act::ProviderReply(200, state("PARTIAL_REFUNDED", 45_000)),
        Act::ProviderReply(200, qr_state("PARTIAL_REFUNDED", r#","Amount":105000"#)),
    ]);
    let adapter = adapter(&provider);
    assert_eq!(
        adapter.refund(request(first())).await,
        ProviderReply::Unknown(UnknownReason::ConnectionLost)
    );
    let ProviderReply::Accepted(refund) = adapter.refund(request(again())).await else {
        panic!()
    };
    assert_eq!(
        (refund.status, refund.amount),
        (Status::Succeeded, Money::kopecks(105_000))
    );
    assert_eq!(called(&provider), ["Cancel", "GetState", "GetQrState"]);
}

#[tokio::test]
async fn a_refund_that_never_arrived_is_sent_again() {
    let provider = Scripted::answering(&[
        &state("CONFIRMED", 150_000),
        &refused("255"),
        &cancelled("PARTIAL_REFUNDED", 45_000),
    ]);
    assert!(matches!(
        adapter(&provider).refund(request(again())).await,
        ProviderReply::Accepted(_)
    ));
    assert_eq!(called(&provider), ["GetState", "GetQrState", "Cancel"]);
}

#[tokio::test]
async fn case_33_a_refund_refused_while_another_is_under_way_is_only_not_now() {
    for (status, kind) in [
        ("ASYNC_REFUNDING", RefusalKind::NotNow),
        ("REFUNDING", RefusalKind::NotNow),
        ("REFUNDED", RefusalKind::Rejected),
    ] {
        let provider = Scripted::answering(&[&refused("8"), &state(status, 150_000)]);
        let ProviderReply::Refused(no) = adapter(&provider).refund(request(first())).await else {
            panic!()
        };
        assert_eq!((no.kind, no.code.as_str()), (kind, "8"), "{status}");
        assert_eq!(called(&provider), ["Cancel", "GetState"]);
    }
}

#[tokio::test]
async fn in_doubt_nothing_is_sent() {
    for acts in [
        vec![
            Act::ProviderReply(200, state("PARTIAL_REFUNDED", 50_000)),
            Act::ProviderReply(200, qr_state("PARTIAL_REFUNDED", "")),
        ],
        vec![Act::ProviderReply(500, String::new()); 3],
        vec![
            Act::ProviderReply(200, state("CONFIRMED", 150_000)),
            Act::Drop,
            Act::Drop,
            Act::Drop,
        ],
    ] {
        let provider = Scripted::start(acts);
        let answer = adapter(&provider).refund(request(again())).await;
        assert!(matches!(answer, ProviderReply::Unknown(_)), "{answer:?}");
        assert!(!called(&provider).contains(&"Cancel".to_owned()));
    }
}

#[tokio::test]
async fn a_refund_the_patients_bank_would_not_take_is_cancelled_with_its_code() {
    let failed = qr_state(
        "CONFIRMED",
        r#","QrCancelCode":"I05043","QrCancelMessage":"Нет счета","Amount":105000"#,
    );
    let provider = Scripted::answering(&[&state("CONFIRMED", 150_000), &failed]);
    let sought = RefundQuery {
        provider_id: None,
        payment_provider_id: "3093639567".to_owned(),
        number: 1,
        amount: Money::kopecks(105_000),
        captured: Money::kopecks(150_000),
        refunded_before: Money::ZERO,
    };
    let ProviderReply::Accepted(Some(refund)) = adapter(&provider).refund_state(sought).await else {
        panic!()
    };
    assert_eq!(
        (refund.status, refund.cancelled.unwrap().reason.as_str()),
        (Status::Cancelled, "I05043")
    );
}

#[tokio::test]
async fn the_closing_receipt_goes_to_the_cash_register() {
    let provider = Scripted::answering(&[r#"{"Success":true,"ErrorCode":"0"}"#]);
    let adapter = adapter(&provider);
    let till = adapter.receipts().unwrap();
    let request = |of: ReceiptOf| ReceiptRequest {
        request_attempt: first(),
        of,
        receipt: receipt(),
        settled: Settled::Prepayment,
        amount: Money::kopecks(150_000),
    };
    let of = ReceiptOf::Payment("3093639567".to_owned());
    let ProviderReply::Accepted(taken) = till.receipt(request(of)).await else {
        panic!()
    };
    assert_eq!(taken.status, Status::Pending);
    assert_eq!(
        provider.received()[0].line,
        "POST /cashbox/SendClosingReceipt HTTP/1.1"
    );
    assert_eq!(called(&provider), ["SendClosingReceipt"]);
    let ProviderReply::Refused(refused) = till.receipt(request(ReceiptOf::Refund("1".to_owned()))).await
    else {
        panic!()
    };
    assert_eq!(refused.kind, RefusalKind::NotOffered);
}

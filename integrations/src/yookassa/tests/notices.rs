//! Notices: believed by their source alone, and only as hints.

use std::net::IpAddr;

use commands::ports::{Hint, NoticeError, Notices, ObjectKind};

use super::PAYMENT;
use crate::Networks;
use crate::yookassa::{NETWORKS, YookassaNotices};

fn read(peer: &str, body: &str) -> Result<Hint, NoticeError> {
    let networks = Networks::parse(NETWORKS).unwrap();
    YookassaNotices::new(networks).read(peer.parse::<IpAddr>().unwrap(), body.as_bytes())
}

fn notice(event: &str, object: &str) -> String {
    format!(r#"{{"type":"notification","event":"{event}","object":{object}}}"#)
}

const REFUND: &str = r#"{"id":"refund-1","payment_id":"payment-1","status":"succeeded",
    "amount":{"value":"1.00","currency":"RUB"},"created_at":"2026-10-04T19:27:51.407Z"}"#;

#[test]
fn complaint_a_notice_about_a_refund_names_the_refund_and_its_payment() {
    let hint = read("185.71.76.5", &notice("refund.succeeded", REFUND)).unwrap();
    assert_eq!(hint.object, ObjectKind::Refund);
    assert_eq!(
        (hint.object_id.as_str(), hint.payment_id.as_deref()),
        ("refund-1", Some("payment-1"))
    );
}

#[test]
fn a_notice_about_a_payment_names_the_payment() {
    let hint = read(
        "2a02:5180:0:1509::7",
        &notice("payment.waiting_for_capture", PAYMENT),
    )
    .unwrap();
    assert_eq!(hint.event, "payment.waiting_for_capture");
    assert_eq!(hint.object, ObjectKind::Payment);
    assert_eq!(hint.payment_id.as_ref(), Some(&hint.object_id));
}

#[test]
fn case_31_an_event_of_tomorrow_is_kept_as_text() {
    let hint = read("77.75.156.11", &notice("deal.closed", r#"{"id":"dl-1"}"#)).unwrap();
    assert_eq!(hint.object, ObjectKind::Other("deal".to_owned()));
    let hint = read("77.75.156.11", &notice("whatever", r#"{"id":"x"}"#)).unwrap();
    assert_eq!(hint.object, ObjectKind::Other("whatever".to_owned()));
}

#[test]
fn complaint_a_repeated_notice_is_known_and_the_next_refund_of_a_payment_is_another() {
    let body = notice("payment.succeeded", PAYMENT);
    let hint = read("185.71.76.5", &body).unwrap();
    assert_eq!(read("185.71.77.5", &body).unwrap().dedup, hint.dedup);
    let refunded = PAYMENT.replace(
        "\"test\": true",
        r#""refunded_amount": {"value": "1.00", "currency": "RUB"}"#,
    );
    let later = read("185.71.76.5", &notice("payment.succeeded", &refunded)).unwrap();
    assert_ne!(later.dedup, hint.dedup);
}

#[test]
fn who_comes_from_elsewhere_or_speaks_otherwise_is_not_believed() {
    let body = notice("payment.succeeded", PAYMENT);
    for peer in ["8.8.8.8", "127.0.0.1", "2a02:5181::1", "77.75.156.12"] {
        assert_eq!(read(peer, &body), Err(NoticeError::UnknownSource), "{peer}");
    }
    for body in [
        "",
        "[]",
        "{}",
        r#"{"type":"error"}"#,
        &notice("payment.succeeded", r#"{"id":""}"#),
    ] {
        assert_eq!(read("185.71.76.5", body), Err(NoticeError::Malformed), "{body}");
    }
    let other = body.replace("\"notification\"", "\"other\"");
    assert_eq!(read("185.71.76.5", &other), Err(NoticeError::Malformed));
}

//! Each thing that can come back, and what it means.

use std::time::Duration;

use commands::ports::{
    PaymentProvider, PaymentQuery, ProviderReply, RefusalKind, Refused, RequestAttempt, Snapshot,
    UnknownReason, Window,
};
use domain::payment::provider::Provider;
use jiff::SignedDuration;

use super::{PAYMENT, credentials, key, now, reference, request, shop};
use crate::Http;
use crate::tests::scripted::{Act, Scripted, limits};
use crate::yookassa::{REPEAT_WITHIN, Yookassa};

fn error(code: &str) -> String {
    format!(
        r#"{{"type":"error","id":"ab5a11cd-13cc-4e33-af8b-75a74e18dd09","code":"{code}","description":"No marker@example.com","parameter":"payment_id"}}"#
    )
}

async fn created(act: Act) -> (ProviderReply<Snapshot>, usize) {
    let provider = Scripted::start(vec![act]);
    let answer = shop(&provider).create(request()).await;
    (answer, provider.received().len())
}

#[tokio::test]
async fn a_definite_no_is_told_from_every_other_answer() {
    for (status, code, kind) in [
        (400, "invalid_request", RefusalKind::Rejected),
        (401, "invalid_credentials", RefusalKind::Misconfigured),
        (403, "forbidden", RefusalKind::Misconfigured),
        (404, "not_found", RefusalKind::NotFound),
        (405, "method_not_allowed", RefusalKind::OurBug),
        (410, "gone", RefusalKind::NotFound),
        (415, "unsupported_media_type", RefusalKind::OurBug),
        (422, "of_tomorrow", RefusalKind::Rejected),
    ] {
        let expected = ProviderReply::Refused(Refused {
            kind,
            code: code.to_owned(),
            description: "payment_id: No [hidden]".to_owned(),
        });
        assert_eq!(
            created(Act::ProviderReply(status, error(code))).await,
            (expected, 1),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_refusal_without_json_is_named_after_its_status() {
    let (answer, _) = created(Act::ProviderReply(405, "<html>marker</html>".to_owned())).await;
    let ProviderReply::Refused(refused) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(
        (refused.code.as_str(), refused.description.as_str()),
        ("http_405", "")
    );
}

#[tokio::test]
async fn what_settles_nothing_is_unknown_and_sent_once() {
    let because = |because| (ProviderReply::Unknown(because), 1);
    for status in [201, 204, 301, 408, 500, 502, 503, 504] {
        let act = Act::AnswerWith(status, "Location: http://127.0.0.1:1/", String::new());
        assert_eq!(
            created(act).await,
            because(UnknownReason::Status(status)),
            "{status}"
        );
    }
    assert_eq!(created(Act::Drop).await, because(UnknownReason::ConnectionLost));
    assert_eq!(created(Act::Break).await, because(UnknownReason::ConnectionLost));
    assert_eq!(created(Act::Hang).await, because(UnknownReason::Timeout));
    let processing = r#"{"type":"processing","description":"wait","retry_after":1800}"#;
    let retry_after = Some(Duration::from_millis(1800));
    assert_eq!(
        created(Act::ProviderReply(202, processing.to_owned())).await,
        because(UnknownReason::Processing { retry_after })
    );
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_unknown_and_shows_nothing_of_itself() {
    for body in [
        "",
        "{\"id\":\"marker@example.com\"}",
        &PAYMENT.replace("\"RUB\"", "\"USD\""),
        &PAYMENT.replace("\"1500.00\"", "\"marker\""),
        &PAYMENT.replace("\"1500.00\"", "1500.00"),
        &PAYMENT.replace("2026-07-10", "marker"),
    ] {
        let (answer, _) = created(Act::ProviderReply(200, body.to_owned())).await;
        let ProviderReply::Unknown(UnknownReason::Unreadable(what)) = answer else {
            panic!("{body}: {answer:?}")
        };
        assert!(!what.contains("marker"), "{what}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_not_read() {
    let provider = Scripted::start(vec![Act::ProviderReply(200, " ".repeat(5_000))]);
    let limits = crate::Limits {
        body_bytes_max: 4_999,
        ..limits()
    };
    let http = Http::new(Provider::Yookassa, &provider.address, limits, None).unwrap();
    let answer = Yookassa::new(http, credentials(), REPEAT_WITHIN)
        .create(request())
        .await;
    assert_eq!(
        answer,
        ProviderReply::Unknown(UnknownReason::Unreadable("it is too long".to_owned()))
    );
}

#[tokio::test]
async fn who_cannot_be_reached_was_not_asked() {
    let provider = Scripted::start(vec![]);
    let shop = shop(&provider);
    while std::net::TcpStream::connect(provider.address.trim_start_matches("http://")).is_ok() {
        std::thread::yield_now();
    }
    let answer = shop.create(request()).await;
    let ProviderReply::Unknown(because) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(because, UnknownReason::NotConnected);
}

#[tokio::test]
async fn case_22_too_many_requests_says_when_to_come_back() {
    let in_body = r#"{"type":"error","code":"too_many_requests","retry_after":1800}"#.to_owned();
    let endless = r#"{"retry_after":18446744073709551615}"#.to_owned();
    for (act, milliseconds) in [
        (Act::ProviderReply(429, in_body.clone()), 1_800),
        (Act::AnswerWith(429, "Retry-After: 7", in_body), 1_800),
        (Act::AnswerWith(429, "Retry-After: 7", "{}".to_owned()), 7_000),
        (Act::ProviderReply(429, "busy".to_owned()), 1_000),
        (Act::ProviderReply(429, endless), 300_000),
    ] {
        let retry_after = Duration::from_millis(milliseconds);
        assert_eq!(created(act).await, (ProviderReply::Throttled { retry_after }, 1));
    }
}

#[tokio::test]
async fn case_26_one_key_for_two_requests_is_a_bug_of_ours() {
    let body = r#"{"type":"error","code":"invalid_request","description":"Idempotence key duplicated","parameter":"Idempotence-Key"}"#;
    let (answer, _) = created(Act::ProviderReply(400, body.to_owned())).await;
    let ProviderReply::Refused(refused) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(refused.kind, RefusalKind::OurBug);
    assert_eq!(refused.code, "idempotence_key_duplicated");
}

#[tokio::test]
async fn a_key_that_may_be_forgotten_is_not_sent_again() {
    let provider = Scripted::answering(&[PAYMENT]);
    let shop = shop(&provider);
    let sent_before = |hours: i64| {
        let mut request = request();
        request.request_attempt =
            RequestAttempt::repeat(key(), now(), now() - SignedDuration::from_hours(hours));
        request
    };
    assert_eq!(
        shop.create(sent_before(23)).await,
        ProviderReply::Unknown(UnknownReason::TooLateToRepeat)
    );
    assert_eq!(provider.received().len(), 0);
    assert!(matches!(
        shop.create(sent_before(22)).await,
        ProviderReply::Accepted(_)
    ));
}

#[tokio::test]
async fn reading_is_tried_again_and_doing_is_not() {
    let provider = Scripted::start(vec![
        Act::ProviderReply(500, String::new()),
        Act::Drop,
        Act::ProviderReply(200, PAYMENT.to_owned()),
    ]);
    let answer = shop(&provider).payment("22d6d597".to_owned()).await;
    assert!(matches!(answer, ProviderReply::Accepted(_)), "{answer:?}");
    assert_eq!(provider.received().len(), 3);

    let provider = Scripted::start(vec![Act::ProviderReply(500, String::new()); 4]);
    let answer = shop(&provider).payment("22d6d597".to_owned()).await;
    assert_eq!(answer, ProviderReply::Unknown(UnknownReason::Status(500)));
    assert_eq!(provider.received().len(), 3, "tries are bounded");
}

#[tokio::test]
async fn a_list_that_breaks_off_is_not_an_empty_list() {
    let page = r#"{"type":"list","items":[],"next_cursor":"n1"}"#.to_owned();
    let broken = Act::ProviderReply(500, String::new());
    let provider = Scripted::start(vec![
        Act::ProviderReply(200, page),
        broken.clone(),
        broken.clone(),
        broken,
    ]);
    let created = Window {
        from: now(),
        to: now() + SignedDuration::from_hours(1),
    };
    let sought = PaymentQuery {
        reference: reference(),
        created,
    };
    assert_eq!(
        shop(&provider).find(sought).await,
        ProviderReply::Unknown(UnknownReason::Status(500))
    );
}

//! Each thing that can come back, and what it means.

use std::time::Duration;

use commands::ports::{
    PaymentProvider, ProviderReply, RefusalKind, Refused, Snapshot, Status, UnknownReason,
};

use super::{adapter, first, refused, request, state};
use crate::tests::scripted::{Act, Scripted};

async fn create_with(act: Act) -> (ProviderReply<Snapshot>, usize) {
    let provider = Scripted::start(vec![act]);
    let answer = adapter(&provider).create(request(first())).await;
    (answer, provider.received().len())
}

#[tokio::test]
async fn a_refusal_comes_with_200_and_a_code() {
    for (code, kind) in [
        ("204", RefusalKind::Misconfigured),
        ("331", RefusalKind::Misconfigured),
        ("3001", RefusalKind::Misconfigured),
        ("255", RefusalKind::NotFound),
        ("8", RefusalKind::Rejected),
        ("308", RefusalKind::Rejected),
        ("309", RefusalKind::Rejected),
        ("12345", RefusalKind::Rejected),
    ] {
        let expected = ProviderReply::Refused(Refused {
            kind,
            code: code.to_owned(),
            description: "Нет: phone [hidden]".to_owned(),
        });
        assert_eq!(
            create_with(Act::ProviderReply(200, refused(code))).await,
            (expected, 1),
            "{code}"
        );
    }
}

#[tokio::test]
async fn what_settles_nothing_is_unknown_and_sent_once() {
    let because = |because| (ProviderReply::Unknown(because), 1);
    for code in ["9999", "999", "3"] {
        let expected = because(UnknownReason::ProviderError(code.to_owned()));
        assert_eq!(
            create_with(Act::ProviderReply(200, refused(code))).await,
            expected
        );
    }
    let parameters = refused("9999").replace("Нет", "Неверные параметры.");
    assert!(matches!(
        create_with(Act::ProviderReply(200, parameters)).await.0,
        ProviderReply::Refused(_)
    ));
    for status in [201, 302, 408, 500, 503] {
        assert_eq!(
            create_with(Act::ProviderReply(status, String::new())).await,
            because(UnknownReason::Status(status))
        );
    }
    assert_eq!(
        create_with(Act::Drop).await,
        because(UnknownReason::ConnectionLost)
    );
    assert_eq!(
        create_with(Act::Break).await,
        because(UnknownReason::ConnectionLost)
    );
    assert_eq!(create_with(Act::Hang).await, because(UnknownReason::Timeout));
    for body in [
        "",
        "<html>",
        r#"{"Success":true}"#,
        r#"{"Success":true,"ErrorCode":"0","Amount":"marker"}"#,
    ] {
        let (answer, _) = create_with(Act::ProviderReply(200, body.to_owned())).await;
        let ProviderReply::Unknown(UnknownReason::Unreadable(what)) = answer else {
            panic!("{body}: {answer:?}")
        };
        assert!(!what.contains("marker"), "{what}");
    }
}

#[tokio::test]
async fn what_stands_in_between_is_heard_too() {
    let retry_after = Duration::from_secs(7);
    let busy = Act::AnswerWith(429, "Retry-After: 7", String::new());
    assert_eq!(
        create_with(busy).await.0,
        ProviderReply::Throttled { retry_after }
    );
    for (status, kind) in [(403, RefusalKind::Misconfigured), (404, RefusalKind::OurBug)] {
        let ProviderReply::Refused(refused) = create_with(Act::ProviderReply(status, String::new())).await.0
        else {
            panic!()
        };
        assert_eq!((refused.kind, refused.code), (kind, format!("http_{status}")));
    }
}

#[tokio::test]
async fn case_31_every_word_for_a_state_is_understood_or_kept() {
    for (word, status) in [
        ("NEW", Status::Pending),
        ("FORM_SHOWED", Status::Pending),
        ("AUTHORIZING", Status::Pending),
        ("AUTHORIZED", Status::WaitingForCapture),
        ("CONFIRMED", Status::Succeeded),
        ("ASYNC_REFUNDING", Status::Succeeded),
        ("PARTIAL_REFUNDED", Status::Succeeded),
        ("REFUNDED", Status::Succeeded),
        ("REJECTED", Status::Cancelled),
        ("DEADLINE_EXPIRED", Status::Cancelled),
        ("CANCELED", Status::Cancelled),
        ("OF_TOMORROW", Status::Other("OF_TOMORROW".to_owned())),
    ] {
        let provider = Scripted::answering(&[&state(word, 150_000)]);
        let ProviderReply::Accepted(snapshot) = adapter(&provider).payment("3093639567".to_owned()).await
        else {
            panic!()
        };
        let gone_back = matches!(word, "ASYNC_REFUNDING" | "PARTIAL_REFUNDED" | "REFUNDED");
        assert_eq!(snapshot.captured.is_none(), gone_back, "{word}");
        let reason = snapshot.cancelled.map(|cancellation| cancellation.reason);
        assert_eq!(
            reason,
            (status == Status::Cancelled).then(|| word.to_ascii_lowercase())
        );
        assert_eq!(snapshot.status, status);
    }
}

#[tokio::test]
async fn a_terminal_is_alive_when_it_says_that_it_knows_nothing() {
    for (body, alive) in [(refused("335"), true), (refused("204"), false)] {
        let provider = Scripted::answering(&[&body]);
        assert_eq!(
            adapter(&provider).probe().await == ProviderReply::Accepted(()),
            alive
        );
    }
}

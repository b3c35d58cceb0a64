//! A request is recorded before it is sent; only a refusal allows another, and after 23 hours nothing is sent again.

use super::seeing::{names, routed, seen, then};
use super::*;
use crate::payment::anomaly::AnomalyKind;
use crate::payment::commands::{IntendCall, RecordNotCreated, RecordRefused, RecordStuck, Stage};
use crate::payment::decide::calls::NOT_CREATED;
use crate::payment::provider::{CALL_ATTEMPTS_MAX, Call, RESEND_HOURS_MAX};

pub(super) fn intend(call: Call) -> IntendCall {
    IntendCall {
        call,
        body_digest: "ab".repeat(32),
        at: at(),
    }
}

fn refused(call: Call, attempt: u16) -> RecordRefused {
    RecordRefused {
        call,
        attempt,
        code: "invalid_request".to_owned(),
        not_now: false,
        at: at(),
    }
}

fn hours(hours: i64) -> Timestamp {
    at() + SignedDuration::from_hours(hours)
}

#[test]
fn complaint_a_request_is_recorded_once_and_repeated_under_its_key() {
    let facts = then(&routed(PaymentMethod::Yookassa), intend(Call::Create));
    assert_eq!(names(&facts).last(), Some(&"PaymentProviderCallIntended"));
    assert_eq!(decide(&fold(&facts), intend(Call::Create)), Ok(vec![]));
    let payment = fold(&facts);
    let made = payment.attempt().unwrap().latest(Call::Create).unwrap();
    assert_eq!(made.key, Call::Create.key(id(20), 1));
    assert!(made.may_be_sent(hours(RESEND_HOURS_MAX) - SignedDuration::from_nanos(1)));
    assert!(!made.may_be_sent(hours(RESEND_HOURS_MAX)));
}

#[test]
fn only_what_is_wanted_is_asked_for() {
    let begun = routed(PaymentMethod::Yookassa);
    for call in [
        Call::Capture,
        Call::Cancel,
        Call::Refund { number: 1 },
        Call::Receipt { number: 1 },
    ] {
        assert_eq!(decide(&fold(&begun), intend(call)), Ok(vec![]), "{call:?}");
    }
    let held = then(&begun, seen(Stage::Held, 0));
    assert_eq!(
        decide(&fold(&held), intend(Call::Create)),
        Ok(vec![]),
        "it is there"
    );
    assert_eq!(
        decide(&fold(&held), intend(Call::Capture)),
        Ok(vec![]),
        "nobody asked"
    );
    let due = then(&held, settle(rub(600)));
    assert_eq!(decide(&fold(&due), intend(Call::Cancel)), Ok(vec![]));
    assert_eq!(decide(&fold(&due), intend(Call::Capture)).unwrap().len(), 1);
    let wallet = fold(&[started(PaymentMethod::Wallet)]);
    assert_eq!(
        decide(&wallet, intend(Call::Create)),
        Err(PaymentRefusal::MethodUnavailable)
    );
}

#[test]
fn complaint_only_a_refusal_allows_another_attempt_under_another_key() {
    let held = then(&routed(PaymentMethod::Yookassa), seen(Stage::Held, 0));
    let mut facts = then(&held, settle(rub(600)));
    for attempt in 1..=CALL_ATTEMPTS_MAX {
        facts = then(&facts, intend(Call::Capture));
        let payment = fold(&facts);
        let made = payment.attempt().unwrap().latest(Call::Capture).unwrap();
        assert_eq!(
            (made.attempt, made.key),
            (attempt, Call::Capture.key(id(20), attempt))
        );
        assert_eq!(
            decide(&payment, refused(Call::Capture, attempt + 1)),
            Ok(vec![]),
            "another's refusal"
        );
        facts = then(&facts, refused(Call::Capture, attempt));
        assert_eq!(decide(&fold(&facts), refused(Call::Capture, attempt)), Ok(vec![]));
    }
    let no_more = Err(PaymentRefusal::NotNow { status: "authorised" });
    assert_eq!(decide(&fold(&facts), intend(Call::Capture)), no_more);
    let stuck = RecordStuck {
        call: Call::Capture,
        refused: true,
        at: at(),
    };
    let told = then(&facts, stuck.clone());
    let entry = fold(&told).attempt().unwrap().anomalies[0].clone();
    assert_eq!(entry.anomaly.kind, AnomalyKind::CallStuck);
    assert_eq!(decide(&fold(&told), stuck.clone()), Ok(vec![]));
    let never_told = RecordStuck {
        refused: false,
        ..stuck
    };
    assert_eq!(decide(&fold(&told), never_told).unwrap().len(), 1);
}

#[test]
fn a_refused_beginning_is_a_failed_payment_unless_it_exists_all_the_same() {
    let facts = then(&routed(PaymentMethod::Sbp), intend(Call::Create));
    let failed = then(&facts, refused(Call::Create, 1));
    assert_eq!(
        names(&failed)[3..],
        ["PaymentProviderCallRefused", "PaymentFailed"]
    );
    assert!(fold(&failed).is_final());
    let there = then(&facts, seen(Stage::Pending, 0));
    assert_eq!(decide(&fold(&there), refused(Call::Create, 1)), Ok(vec![]));
    let late = then(&failed, seen(Stage::Succeeded, 200_000));
    assert!(fold(&late).secures(), "the provider has it after all");
}

#[test]
fn what_was_never_created_is_closed_only_when_nothing_can_be_sent_any_more() {
    let facts = then(&routed(PaymentMethod::Sbp), intend(Call::Create));
    let early = RecordNotCreated { at: hours(22) };
    assert_eq!(
        decide(&fold(&facts), early),
        Err(PaymentRefusal::NotNow { status: "pending" })
    );
    let over = RecordNotCreated { at: hours(23) };
    let closed = then(&facts, over.clone());
    assert!(matches!(closed.last(), Some(PaymentEvent::Failed { code, .. }) if code == NOT_CREATED));
    assert_eq!(decide(&fold(&closed), over.clone()), Ok(vec![]));
    let there = then(&facts, seen(Stage::Pending, 0));
    assert_eq!(decide(&fold(&there), over), Ok(vec![]));
}

#[test]
fn keys_are_for_ever() {
    // Written down once: a changed derivation would make every pending request a second one.
    let key = Call::Refund { number: 1 }.key(id(1), 1);
    assert_eq!(key.to_string(), "b3bf817a-f397-5ae2-8bb2-1e0253a5122c");
    // One that was refused "not now" is asked under another: a key that was refused says so again.
    assert_ne!(Call::Refund { number: 1 }.key(id(1), 2), key);
    let words = [
        Call::Create.word(),
        Call::Capture.word(),
        Call::Cancel.word(),
        Call::Refund { number: 1 }.word(),
        Call::Receipt { number: 1 }.word(),
    ];
    assert_eq!(words, ["create", "capture", "cancel", "refund", "receipt"]);
    assert_eq!(Provider::ALL.map(Provider::as_str), ["yookassa", "tbank"]);
}

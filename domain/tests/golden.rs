//! Facts are for ever: one stored payload of every type and version ever written still reads, says the same when it
//! is written again, and holds no free text in which a person could be named.

#![expect(
    clippy::expect_used,
    reason = "a golden file that cannot be read is a failed test"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::any_event::{AnyEvent, DecodeError, known, known_types, upcastings};
use domain::upcasting::upcast;
use serde_json::Value;

/// One stored payload, by type and version.
fn golden() -> BTreeMap<(String, String), String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/events");
    let mut payloads = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("the golden events are part of the repository") {
        let path = entry.expect("a file").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name")
            .to_owned();
        let (event_type, rest) = name.split_once(".v").expect("<Type>.v<N>.json");
        let version = rest.strip_suffix(".json").expect("<Type>.v<N>.json");
        let payload = std::fs::read_to_string(&path)
            .expect("text")
            .trim_end()
            .to_owned();
        payloads.insert((event_type.to_owned(), version.to_owned()), payload);
    }
    payloads
}

fn aggregate_of(event_type: &str) -> &'static str {
    known_types()
        .find(|(_, name, _)| *name == event_type)
        .expect("a golden file has a known type")
        .0
}

#[test]
fn every_known_type_and_version_has_a_golden_file_and_no_other() {
    let mut expected = Vec::new();
    for (_, event_type, highest) in known_types() {
        let highest: u32 = highest.parse().expect("versions are numbers");
        expected.extend((1..=highest).map(|version| (event_type.to_owned(), version.to_string())));
    }
    expected.sort();
    let found: Vec<_> = golden().into_keys().collect();
    assert_eq!(found, expected);
}

#[test]
fn every_fact_of_today_reads_and_writes_back_the_same_text() {
    for ((event_type, version), payload) in golden() {
        let aggregate = aggregate_of(&event_type);
        let old = upcast(upcastings(aggregate), &event_type, &version, &payload).expect("it reads");
        match old {
            None => {
                let fact = AnyEvent::decode(aggregate, &event_type, &version, &payload).expect("it reads");
                assert_eq!(fact.type_name(), event_type);
                assert_eq!(fact.payload().expect("it writes"), payload);
            }
            Some(facts) => {
                for fact in facts {
                    AnyEvent::decode(aggregate, &fact.event_type, &fact.event_version, &fact.payload)
                        .expect("what it became reads");
                }
            }
        }
    }
}

#[test]
fn no_fact_holds_free_text() {
    for ((event_type, _), payload) in golden() {
        let value: Value = serde_json::from_str(&payload).expect("JSON");
        for text in strings(&value) {
            assert!(is_coded(text), "{event_type} says {text:?}");
        }
    }
    for free in [
        "Анна",
        "12 Main street",
        "",
        "a b",
        "мигрень",
        "call me; later",
        &"a".repeat(65),
    ] {
        assert!(!is_coded(free), "{free:?} is free text");
    }
}

/// An id, a moment, a date, a code or a digest: nothing a person could be described with.
fn is_coded(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./+:-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
        Value::String(text) => vec![text],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(fields) => fields.values().flat_map(strings).collect(),
    }
}

#[test]
fn newer_facts_are_not_known_and_foreign_ones_are_not_read() {
    assert!(known("booking", "BookingExpired", "1"));
    for (aggregate, event_type, version) in [
        ("booking", "BookingExpired", "2"),
        ("booking", "BookingExpired", "0"),
        ("booking", "BookingExpired", "one"),
        ("booking", "WalletHeld", "1"),
        ("parcel", "BookingExpired", "1"),
    ] {
        assert!(!known(aggregate, event_type, version));
        let error = AnyEvent::decode(aggregate, event_type, version, "{}");
        assert!(
            matches!(error, Err(DecodeError::Unknown)),
            "{aggregate} {event_type} {version}"
        );
    }
}

#[test]
fn a_payload_that_is_not_what_it_is_called_is_malformed() {
    let expired = r#"{"BookingExpired":{"at":"2026-12-01T09:00:00Z"}}"#;
    for payload in [
        "",
        "{}",
        "[]",
        r#"{"BookingExpired":{"at":"yesterday"}}"#,
        r#"{"BookingExpired":{}}"#,
    ] {
        let error = AnyEvent::decode("booking", "BookingExpired", "1", payload);
        assert!(matches!(error, Err(DecodeError::Malformed(_))), "{payload}");
    }
    assert!(AnyEvent::decode("booking", "BookingExpired", "1", expired).is_ok());
    let error = AnyEvent::decode("booking", "BookingSecured", "1", expired);
    assert!(
        matches!(error, Err(DecodeError::Malformed(_))),
        "the type and the payload disagree"
    );
}

#[test]
fn stored_types_and_versions_are_those_of_the_facts() {
    use cqrs_es::DomainEvent;
    for ((event_type, version), payload) in golden() {
        let aggregate = aggregate_of(&event_type);
        let Ok(fact) = AnyEvent::decode(aggregate, &event_type, &version, &payload) else {
            continue;
        };
        let (stored_type, stored_version) = match &fact {
            AnyEvent::Booking(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::DoctorDay(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::Payment(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::Wallet(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::Payout(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::PriceList(fact) => (fact.event_type(), fact.event_version()),
            AnyEvent::Account(fact) => (fact.event_type(), fact.event_version()),
        };
        let newest = golden()
            .into_keys()
            .filter(|(known, _)| *known == event_type)
            .map(|(_, version)| version)
            .max_by_key(|version| version.parse::<u32>().unwrap())
            .unwrap();
        assert_eq!(stored_type, event_type);
        // What an old version says may have been carried into the newest.
        assert!(
            [&version, &newest].contains(&&stored_version),
            "{event_type} v{version} is stored as v{stored_version}"
        );
    }
}

/// serde names every variant when it meets a foreign one.
fn variants<Event: serde::de::DeserializeOwned>() -> Vec<String> {
    let Err(error) = serde_json::from_str::<Event>(r#"{"Foreign":{}}"#) else {
        return vec![];
    };
    error
        .to_string()
        .split('`')
        .skip(3)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_variant_of_every_fact_is_known() {
    use domain::{account, booking, payment, payout, price_list, schedule, wallet};
    let listed = |aggregate: &str| -> Vec<String> {
        let of_aggregate = known_types().filter(|(of, _, _)| *of == aggregate);
        of_aggregate
            .map(|(_, event_type, _)| event_type.to_owned())
            .collect()
    };
    assert_eq!(listed("booking"), variants::<booking::events::BookingEvent>());
    assert_eq!(
        listed("doctor_day"),
        variants::<schedule::events::DoctorDayEvent>()
    );
    assert_eq!(listed("payment"), variants::<payment::events::PaymentEvent>());
    assert_eq!(listed("wallet"), variants::<wallet::events::WalletEvent>());
    assert_eq!(listed("payout"), variants::<payout::events::PayoutEvent>());
    assert_eq!(
        listed("price_list"),
        variants::<price_list::events::PriceListEvent>()
    );
    assert_eq!(listed("account"), variants::<account::events::AccountEvent>());
}

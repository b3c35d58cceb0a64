//! Whom a fact is told to, what is remembered, and what is forgotten in so many words.

use domain::ids::{AccountId, BookingId};
use event_store::{Fact, Position, StoredFact};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Lookup;
use super::bookings::KnownBookings;
use super::change::Change;
use super::memory::Memory;

const BOOKING: Uuid = Uuid::from_u128(0xb0);
const PATIENT: Uuid = Uuid::from_u128(1);
const DOCTOR: Uuid = Uuid::from_u128(2);
const STAND_IN: Uuid = Uuid::from_u128(3);
const CLINIC: Uuid = Uuid::from_u128(4);
const STRANGER: Uuid = Uuid::from_u128(5);
const AT: &str = "2026-12-01T09:30:00Z";

fn account(id: Uuid) -> AccountId {
    AccountId::from_uuid(id)
}

/// A fact of the booking as the log stores it: its number is its position.
fn fact(sequence: i64, event_type: &str, version: &str, mut event: Value) -> Fact {
    event["at"] = json!(AT);
    stored(
        "booking",
        &BOOKING.to_string(),
        sequence,
        event_type,
        version,
        json!({event_type: event}),
    )
}

fn stored(kind: &str, id: &str, sequence: i64, event_type: &str, version: &str, payload: Value) -> Fact {
    Fact::from(StoredFact {
        position: sequence,
        before: sequence - 1,
        shard: 0,
        partition_key: BOOKING.to_string(),
        aggregate_type: kind.to_owned(),
        aggregate_id: id.to_owned(),
        sequence,
        event_type: event_type.to_owned(),
        event_version: version.to_owned(),
        payload: RawValue::from_string(payload.to_string()).unwrap(),
        metadata: RawValue::from_string("{}".to_owned()).unwrap(),
        recorded_at: AT.parse().unwrap(),
        command_id: None,
    })
}

fn appointment(doctor: Uuid) -> Value {
    json!({
        "doctor_id": doctor, "visit": {"start": "2026-12-02T09:00:00Z", "end": "2026-12-02T10:00:00Z"},
        "days": ["2026-12-02"], "clinic_id": CLINIC,
    })
}

/// An urgent call: paid, assigned, taken from its doctor, given to another.
fn history() -> Vec<Fact> {
    let golden = include_str!("../../../tests/golden/events/BookingRequested.v2.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let mut requested = golden["BookingRequested"].clone();
    requested["booking_id"] = json!(BOOKING);
    requested["patient_id"] = json!(PATIENT);
    requested["call_type"] = json!("urgent");
    requested["appointment"] = Value::Null;
    let by = json!("process");
    vec![
        fact(1, "BookingRequested", "2", requested),
        fact(
            2,
            "BookingSecured",
            "1",
            json!({"payment_id": Uuid::from_u128(9)}),
        ),
        fact(
            3,
            "BookingAssigned",
            "2",
            json!({"appointment": appointment(DOCTOR), "by": by}),
        ),
        fact(
            4,
            "BookingUnassigned",
            "1",
            json!({"doctor_id": DOCTOR, "by": by}),
        ),
        fact(
            5,
            "BookingAssigned",
            "2",
            json!({"appointment": appointment(STAND_IN), "by": by}),
        ),
    ]
}

fn told(known: &mut KnownBookings, facts: &[Fact]) -> Vec<Change> {
    let tell = |fact| known.apply(fact).unwrap();
    facts.iter().filter_map(tell).collect()
}

/// The events of an account: position, name, status.
fn seen(changes: &[Change], who: Uuid) -> Vec<(Position, &'static str, String)> {
    let of = |change: &Change| {
        let told = change.event_for(account(who))?;
        let data: Value = serde_json::from_str(&told.data).unwrap();
        let status = data["status"].as_str().unwrap_or_default().to_owned();
        Some((told.position, told.kind.as_str(), status))
    };
    changes.iter().filter_map(of).collect()
}

#[test]
fn each_fact_is_told_to_those_it_concerns_as_things_stand_then() {
    let changes = told(&mut KnownBookings::default(), &history());
    let status = |text: &str| text.to_owned();
    assert_eq!(
        seen(&changes, PATIENT),
        [
            (1, "booking", status("pending")),
            (2, "booking", status("pending")),
            (3, "booking", status("assigned")),
            (4, "booking", status("pending")),
            (5, "booking", status("assigned")),
        ]
    );
    // Taken off: a last event that tells so, and no more.
    assert_eq!(
        seen(&changes, DOCTOR),
        [
            (3, "booking", status("assigned")),
            (4, "booking_gone", status(""))
        ]
    );
    assert_eq!(seen(&changes, STAND_IN), [(5, "booking", status("assigned"))]);
    assert_eq!(
        seen(&changes, CLINIC).len(),
        3,
        "its doctors', also while one is looked for"
    );
    assert!(seen(&changes, STRANGER).is_empty());
}

#[test]
fn a_booking_whose_beginning_was_not_met_is_asked_for_and_told_the_same() {
    let history = history();
    let whole = told(&mut KnownBookings::default(), &history);
    for met in 0..history.len() {
        let (earlier, later) = history.split_at(met);
        let mut known = KnownBookings::default();
        let missing = known.missing(later);
        assert_eq!(missing.is_empty(), met == 0, "{met}");
        assert!(met == 0 || missing == [BookingId::from_uuid(BOOKING)]);
        known.learn(earlier).unwrap();
        let changes = told(&mut known, later);
        for who in [PATIENT, DOCTOR, STAND_IN, CLINIC] {
            assert_eq!(seen(&changes, who), seen(&whole[met..], who), "{met}");
        }
    }
}

#[test]
fn payments_are_told_to_the_payer_alone_and_days_to_their_doctor() {
    let mut known = KnownBookings::default();
    told(&mut known, &history());
    let payment = stored("payment", "a payment", 6, "PaymentCaptured", "1", json!({}));
    let day = format!("{DOCTOR}_2026-12-02");
    let day = stored("doctor_day", &day, 7, "SlotHeld", "1", json!({}));
    let changes = told(&mut known, &[payment, day]);
    assert_eq!(seen(&changes, PATIENT).len(), 1);
    assert!(
        seen(&changes, STAND_IN).is_empty(),
        "who has the visit is not told of money"
    );
    let [(position, name, _)] = seen(&changes, DOCTOR)[..] else {
        panic!("one event")
    };
    assert_eq!((position, name), (7, "day"));
}

#[test]
fn a_fact_of_newer_code_is_never_passed_over() {
    let mut known = KnownBookings::default();
    told(&mut known, &history());
    assert!(known.apply(&fact(6, "BookingAssigned", "99", json!({}))).is_err());
}

fn looked(memory: &Memory, who: Uuid, after: Position) -> Option<(Vec<Position>, Position)> {
    match memory.lookup(account(who), after) {
        Lookup::Events(told, reached) => Some((told.iter().map(|told| told.position).collect(), reached)),
        Lookup::Forgotten => None,
        Lookup::Over => panic!("a memory is never over"),
    }
}

#[test]
fn whoever_comes_back_finds_what_came_behind_their_last_event_and_nothing_twice() {
    let mut memory = Memory::behind(0);
    let changes = told(&mut KnownBookings::default(), &history());
    memory.add(7, changes);
    assert_eq!(looked(&memory, PATIENT, 0), Some((vec![1, 2, 3, 4, 5], 7)));
    assert_eq!(looked(&memory, PATIENT, 3), Some((vec![4, 5], 7)));
    assert_eq!(looked(&memory, DOCTOR, 3), Some((vec![4], 7)));
    assert_eq!(looked(&memory, STRANGER, 0), Some((vec![], 7)));
    assert_eq!(
        looked(&memory, PATIENT, 9),
        Some((vec![], 7)),
        "seen in a process that is ahead"
    );
}

#[test]
fn what_is_forgotten_is_said_to_be_and_leaves_nothing_behind() {
    let mut memory = Memory::bounded(0, 2);
    let changes = told(&mut KnownBookings::default(), &history());
    memory.add(5, changes);
    for after in 0..3 {
        assert_eq!(looked(&memory, PATIENT, after), None, "{after}");
        assert_eq!(looked(&memory, STRANGER, after), None, "{after}");
    }
    assert_eq!(looked(&memory, PATIENT, 3), Some((vec![4, 5], 5)));
    assert_eq!(memory.accounts(), 4);
    let later = stored(
        "doctor_day",
        &format!("{DOCTOR}_2026-12-02"),
        6,
        "SlotHeld",
        "1",
        json!({}),
    );
    let more = [later.clone(), later];
    memory.add(6, told(&mut KnownBookings::default(), &more));
    assert_eq!(memory.accounts(), 1, "of those who have nothing there is nothing");
    assert_eq!(looked(&memory, PATIENT, 4), None);
}

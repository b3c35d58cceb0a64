//! The chain, given facts and instructions.

mod chain;
mod sentences;
mod states;
mod what_if;

use domain::ids::{BookingId, PaymentId};
use event_store::intents::{IntentState, QueuedIntent};
use event_store::{Fact, Position, StoredFact};
use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

const BOOKING: &str = "018f6d2a-0001-7c3e-9a51-0242ac120002";
const PAYMENT: &str = "018f6d2a-0004-7c3e-9a51-0242ac120002";
const PATIENT: &str = "018f6d2a-0002-7c3e-9a51-0242ac120002";
const DOCTOR: &str = "018f6d2a-0003-7c3e-9a51-0242ac120002";

fn booking_id() -> BookingId {
    BOOKING.parse().unwrap()
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Who asked for a fact, and why.
struct Because {
    actor: &'static str,
    role: &'static str,
    causation: &'static str,
    command: Option<Uuid>,
}

const fn by_patient(command: Option<Uuid>) -> Because {
    Because {
        actor: PATIENT,
        role: "patient",
        causation: "",
        command,
    }
}

const fn by_process(actor: &'static str, causation: &'static str, command: Option<Uuid>) -> Because {
    Because {
        actor,
        role: "process",
        causation,
        command,
    }
}

/// The fact at this position: of which stream, in which version, the event and its fields.
fn fact(
    position: Position,
    (stream, id, version): (&str, &str, i64),
    (event_type, fields): (&str, Value),
    because: &Because,
) -> Fact {
    let at = Timestamp::from_second(1_796_000_000 + position).unwrap();
    let metadata = json!({
        "command_digest": "d", "actor_id": because.actor, "actor_role": because.role, "correlation_id": "c",
        "causation": because.causation, "trace_id": "t", "app_version": "0.0.0", "at": at,
    });
    let raw = |value: &Value| RawValue::from_string(value.to_string()).unwrap();
    let event_version = if ["BookingRequested", "BookingAssigned"].contains(&event_type) {
        "2"
    } else {
        "1"
    };
    Fact::from(StoredFact {
        position,
        before: 0,
        shard: 0,
        partition_key: BOOKING.to_owned(),
        aggregate_type: stream.to_owned(),
        aggregate_id: id.to_owned(),
        sequence: version,
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        payload: raw(&json!({event_type: fields})),
        metadata: raw(&metadata),
        recorded_at: at,
        command_id: because.command,
    })
}

fn rub(minor: i64) -> Value {
    json!({"minor": minor, "currency": "RUB"})
}

/// A visit that is asked for, paid by wallet and secured: six facts in three commands, the last by a process.
fn paid_visit() -> Vec<Fact> {
    let visit = json!({"start": "2026-12-10T20:30:00Z", "end": "2026-12-10T21:00:00Z"});
    let appointment = json!({"doctor_id": DOCTOR, "visit": visit, "days": ["2026-12-10"]});
    let at = "2026-12-01T09:00:00Z";
    let day = format!("{DOCTOR}_2026-12-10");
    let (asked, paid, secured) = (Some(uuid(1)), Some(uuid(2)), Some(uuid(3)));
    let requested = json!({
        "booking_id": BOOKING, "patient_id": PATIENT, "call_type": "scheduled", "appointment": appointment,
        "price": rub(200_000), "tariff_version": 1, "terms": {"by_notice": {"steps": []}},
        "pay_by": "2026-12-01T09:15:00Z", "details": null, "at": at,
    });
    let held = json!({
        "doctor_id": DOCTOR, "date": "2026-12-10", "booking_id": BOOKING, "visit": visit, "occupied": visit,
        "until": "2026-12-01T09:15:00Z", "at": at,
    });
    let started = json!({
        "payment_id": PAYMENT, "booking_id": BOOKING, "patient_id": PATIENT, "method": "wallet",
        "amount": rub(200_000), "at": at,
    });
    let authorised = json!({"amount": rub(200_000), "expires_at": null, "at": at});
    let payment: PaymentId = PAYMENT.parse().unwrap();
    let process = |command| by_process("booking_payment", "5", command);
    vec![
        fact(
            1,
            ("booking", BOOKING, 1),
            ("BookingRequested", requested),
            &by_patient(asked),
        ),
        fact(2, ("doctor_day", &day, 4), ("SlotHeld", held), &by_patient(None)),
        fact(
            3,
            ("booking", BOOKING, 2),
            ("BookingPaymentStarted", json!({"payment_id": payment, "at": at})),
            &by_patient(paid),
        ),
        fact(
            4,
            ("payment", PAYMENT, 1),
            ("PaymentStarted", started),
            &by_patient(None),
        ),
        fact(
            5,
            ("payment", PAYMENT, 2),
            ("PaymentAuthorised", authorised),
            &by_patient(None),
        ),
        fact(
            9,
            ("booking", BOOKING, 3),
            ("BookingSecured", json!({"payment_id": payment, "at": at})),
            &process(secured),
        ),
    ]
}

fn intent(id: Uuid, process: &str, caused_by: Position, state: IntentState, wish: Value) -> QueuedIntent {
    let mut body = wish;
    body["cause"] = json!({"booking": BOOKING});
    body["correlation_id"] = json!("c");
    body["trace_id"] = json!("t");
    QueuedIntent {
        id,
        process: process.to_owned(),
        lane: "inside".to_owned(),
        partition_key: BOOKING.to_owned(),
        ordinal: 0,
        caused_by,
        body,
        due_at: "2026-12-01T09:15:00Z".parse().unwrap(),
        state,
        attempts: 1,
        waits: 0,
        waits_for: None,
        last_error: None,
        outcome: None,
        claim: 0,
    }
}

/// What was wanted because of [`paid_visit`].
fn instructions() -> Vec<QueuedIntent> {
    let partition = json!({"wish": "money_arrived", "partition": BOOKING, "payment_id": PAYMENT});
    vec![
        intent(
            uuid(8),
            "hold_expiry",
            1,
            IntentState::Open,
            json!({"wish": "expire_booking", "booking_id": BOOKING}),
        ),
        intent(uuid(3), "booking_payment", 5, IntentState::Done, partition),
    ]
}

//! The events of `tests/golden/events`, as the log stores them.

use std::path::PathBuf;
use std::sync::Arc;

use commands::RetrySchedule;
use commands::processes::{Process, ReceivedEvent, operator_alerts};
use domain::any_event::{AnyEvent, known_types};
use event_store::{Fact, StoredFact, shard_of};
use serde_json::value::RawValue;

/// The streams and partitions of the golden events.
const BOOKING: &str = "018f6d2a-0001-7c3e-9a51-0242ac120002";
const DOCTOR: &str = "018f6d2a-0003-7c3e-9a51-0242ac120002";
const PAYMENT: &str = "018f6d2a-0004-7c3e-9a51-0242ac120002";
const PAYOUT: &str = "018f6d2a-0010-7c3e-9a51-0242ac120002";

/// What some events may say otherwise than the golden ones, where a process answers only that: type, golden text, other text.
const VARIANTS: [(&str, &str, &str); 3] = [
    ("LatePaymentRefused", "too_late", "paid_already"),
    ("PaymentReceiptDue", r#""alone":false"#, r#""alone":true"#),
    ("PayoutCancelled", "insufficient_funds", "recipient_not_found"),
];

/// An event of `tests/golden/events`.
#[derive(Clone)]
pub(super) struct Golden {
    pub(super) aggregate: &'static str,
    pub(super) event_type: &'static str,
    version: u32,
    payload: String,
}

/// Where golden files stand.
pub(super) fn golden_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/golden")
}

/// Every type of event in every version, the highest first.
pub(super) fn golden_events() -> Vec<Golden> {
    let mut events = Vec::new();
    for (aggregate, event_type, highest) in known_types() {
        let highest: u32 = highest.parse().unwrap();
        for version in (1..=highest).rev() {
            let name = format!("events/{event_type}.v{version}.json");
            let text = std::fs::read_to_string(golden_folder().join(&name));
            events.push(Golden {
                aggregate,
                event_type,
                version,
                payload: text
                    .unwrap_or_else(|error| panic!("{name}: {error}"))
                    .trim()
                    .to_owned(),
            });
        }
    }
    events
}

impl Golden {
    pub(super) fn title(&self) -> String {
        format!("{} v{}", self.event_type, self.version)
    }

    fn stream(&self) -> (&'static str, &'static str) {
        match self.aggregate {
            "payment" => (PAYMENT, BOOKING),
            "payout" => (PAYOUT, DOCTOR),
            "booking" => (BOOKING, BOOKING),
            _ => (DOCTOR, DOCTOR),
        }
    }

    /// The same of a booking that calls its doctor in this way.
    pub(super) fn called(&self, call_type: &str) -> Self {
        let wanted = format!(r#""call_type":"{call_type}""#);
        Self {
            payload: self.payload.replace(r#""call_type":"scheduled""#, &wanted),
            ..self.clone()
        }
    }

    /// What it says in today's words, as it is and in every variant.
    fn read(&self) -> Vec<Arc<AnyEvent>> {
        let others = VARIANTS
            .iter()
            .filter(|(event_type, ..)| *event_type == self.event_type)
            .map(|(_, golden, other)| {
                assert!(self.payload.contains(golden), "{}: {golden}", self.title());
                self.payload.replace(golden, other)
            });
        let payloads = std::iter::once(self.payload.clone()).chain(others);
        payloads
            .flat_map(|payload| {
                let version = self.version.to_string();
                AnyEvent::read(self.aggregate, self.event_type, &version, &payload).unwrap()
            })
            .collect()
    }

    /// What one process answers: the intents' stable words.
    pub(super) fn intents_of(&self, process: &Process) -> Vec<String> {
        let (aggregate_id, partition_key) = self.stream();
        let mut words = Vec::new();
        for event in self.read() {
            let scheduled = (process.react)(ReceivedEvent {
                position: 1,
                aggregate_id,
                partition_key,
                event: &event,
                retries: &RetrySchedule::default(),
            });
            for one in scheduled {
                let intent = serde_json::to_value(&one.intent).unwrap();
                let word = intent["wish"].as_str().unwrap().to_owned();
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        words
    }

    /// The metric by which operators are told of it.
    pub(super) fn alert(&self) -> Option<&'static str> {
        let (stream, _) = self.stream();
        self.read().iter().find_map(|event| {
            let metric = operator_alerts::observe(stream, event);
            assert_eq!(operator_alerts::is_alert(event), metric.is_some());
            metric
        })
    }

    /// The event as a fact of the log. A payment is one that a provider carries.
    pub(super) fn fact(&self, position: i64) -> Fact {
        let (aggregate_id, partition_key) = self.stream();
        let payload = self
            .payload
            .replace(r#""method":"wallet""#, r#""method":"yookassa""#);
        Fact::from(StoredFact {
            position,
            before: 0,
            shard: shard_of(partition_key),
            partition_key: partition_key.to_owned(),
            aggregate_type: self.aggregate.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
            sequence: position,
            event_type: self.event_type.to_owned(),
            event_version: self.version.to_string(),
            payload: RawValue::from_string(payload).unwrap(),
            metadata: RawValue::from_string("{}".to_owned()).unwrap(),
            recorded_at: jiff::Timestamp::UNIX_EPOCH,
            command_id: None,
        })
    }
}

//! What travels over NATS: an array of facts as JSON objects, payloads and metadata passed through byte for byte.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::fact::StoredFact;
use crate::{Fact, Position};

/// What a message needs around its facts.
pub(crate) const FRAME_BYTES: usize = 2;

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    position: Position,
    before: Position,
    shard: i16,
    #[serde(borrow)]
    partition_key: Cow<'a, str>,
    #[serde(borrow)]
    aggregate_type: Cow<'a, str>,
    #[serde(borrow)]
    aggregate_id: Cow<'a, str>,
    sequence: i64,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    event_version: Cow<'a, str>,
    recorded_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command_id: Option<Uuid>,
    #[serde(borrow)]
    payload: &'a RawValue,
    #[serde(borrow)]
    metadata: &'a RawValue,
}

/// A message being put together.
#[derive(Debug)]
pub(crate) struct Message {
    /// The position of its first fact.
    pub first: Position,
    /// The position of its last fact.
    pub last: Position,
    /// How many facts it carries.
    pub facts: usize,
    text: Vec<u8>,
}

impl Message {
    /// A message with one sealed fact.
    pub fn of(position: Position, sealed: &[u8]) -> Self {
        let mut text = vec![b'['];
        text.extend_from_slice(sealed);
        Self {
            first: position,
            last: position,
            facts: 1,
            text,
        }
    }

    /// Adds one more sealed fact, of a later position.
    pub fn add(&mut self, position: Position, sealed: &[u8]) {
        self.text.push(b',');
        self.text.extend_from_slice(sealed);
        self.last = position;
        self.facts += 1;
    }

    /// How long it is so far.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The whole message.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.text.push(b']');
        self.text
    }
}

/// A fact as it stands in a message.
///
/// # Errors
/// When the fact cannot be written as JSON, which no stored fact brings about.
pub(crate) fn seal(fact: &Fact) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(fact.payload.get().len() + fact.metadata.get().len() + 320);
    let envelope = Envelope {
        position: fact.position,
        before: fact.before,
        shard: fact.shard,
        partition_key: Cow::Borrowed(&fact.partition_key),
        aggregate_type: Cow::Borrowed(&fact.aggregate_type),
        aggregate_id: Cow::Borrowed(&fact.aggregate_id),
        sequence: fact.sequence,
        event_type: Cow::Borrowed(&fact.event_type),
        event_version: Cow::Borrowed(&fact.event_version),
        recorded_at: fact.recorded_at,
        command_id: fact.command_id,
        payload: &fact.payload,
        metadata: &fact.metadata,
    };
    serde_json::to_writer(&mut bytes, &envelope)?;
    Ok(bytes)
}

/// The facts in a message, in the order of the log.
///
/// # Errors
/// When the bytes are not such a message.
pub(crate) fn open(bytes: &[u8]) -> Result<Vec<Fact>, serde_json::Error> {
    let envelopes: Vec<Envelope<'_>> = serde_json::from_slice(bytes)?;
    Ok(envelopes.into_iter().map(Fact::from).collect())
}

impl From<Envelope<'_>> for Fact {
    fn from(envelope: Envelope<'_>) -> Self {
        Self::from(StoredFact {
            position: envelope.position,
            before: envelope.before,
            shard: envelope.shard,
            partition_key: envelope.partition_key.into_owned(),
            aggregate_type: envelope.aggregate_type.into_owned(),
            aggregate_id: envelope.aggregate_id.into_owned(),
            sequence: envelope.sequence,
            event_type: envelope.event_type.into_owned(),
            event_version: envelope.event_version.into_owned(),
            recorded_at: envelope.recorded_at,
            command_id: envelope.command_id,
            payload: envelope.payload.to_owned(),
            metadata: envelope.metadata.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(position: Position, payload: &str) -> Fact {
        Fact::from(StoredFact {
            position,
            before: position - 1,
            shard: 31,
            partition_key: "a\"b".to_owned(),
            aggregate_type: "wallet".to_owned(),
            aggregate_id: "w_1".to_owned(),
            sequence: 3,
            event_type: "Deposited".to_owned(),
            event_version: "1".to_owned(),
            payload: RawValue::from_string(payload.to_owned()).unwrap(),
            metadata: RawValue::from_string("{ }".to_owned()).unwrap(),
            recorded_at: Timestamp::from_microsecond(1_790_000_000_123_456).unwrap(),
            command_id: Some(Uuid::from_u128(7)),
        })
    }

    #[test]
    fn facts_travel_unchanged_and_in_order() {
        let text = r#"{"Deposited" : {"amount":"1.50", "note":"é \" \u0001 end"}}"#;
        let (first, second) = (fact(42, text), fact(47, "[]"));
        let mut message = Message::of(42, &seal(&first).unwrap());
        message.add(47, &seal(&second).unwrap());
        assert_eq!((message.first, message.last, message.facts), (42, 47, 2));
        let back = open(&message.into_bytes()).unwrap();
        assert_eq!(back[0].payload.get(), text);
        assert_eq!(back[0].metadata.get(), "{ }");
        assert_eq!(format!("{back:?}"), format!("{:?}", [first, second]));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(open(b"{}").is_err());
        assert!(open(b"[{}]").is_err());
        assert!(open(b"\xff").is_err());
        assert!(open(b"").is_err());
    }
}

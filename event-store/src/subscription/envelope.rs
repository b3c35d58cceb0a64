//! What travels over NATS: one fact as a JSON object, its payload and metadata passed through byte for byte.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{Fact, Position};

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

/// The bytes of a message that carries this fact.
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

/// The fact in a message.
///
/// # Errors
/// When the bytes are not such an envelope.
pub(crate) fn open(bytes: &[u8]) -> Result<Fact, serde_json::Error> {
    let envelope: Envelope<'_> = serde_json::from_slice(bytes)?;
    Ok(Fact {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_travels_unchanged() {
        let text = r#"{"Deposited" : {"amount":"1.50", "note":"é \" \u0001 end"}}"#;
        let fact = Fact {
            position: 42,
            before: 7,
            shard: 31,
            partition_key: "a\"b".to_owned(),
            aggregate_type: "wallet".to_owned(),
            aggregate_id: "w_1".to_owned(),
            sequence: 3,
            event_type: "Deposited".to_owned(),
            event_version: "1".to_owned(),
            payload: RawValue::from_string(text.to_owned()).unwrap(),
            metadata: RawValue::from_string("{ }".to_owned()).unwrap(),
            recorded_at: Timestamp::from_microsecond(1_790_000_000_123_456).unwrap(),
            command_id: Some(Uuid::from_u128(7)),
        };
        let back = open(&seal(&fact).unwrap()).unwrap();
        assert_eq!(back.payload.get(), text);
        assert_eq!(back.metadata.get(), "{ }");
        assert_eq!(format!("{back:?}"), format!("{fact:?}"));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(open(b"{}").is_err());
        assert!(open(b"\xff").is_err());
        assert!(open(b"").is_err());
    }
}

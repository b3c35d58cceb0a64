//! Facts as the log would hold them, made from events.

use std::collections::HashMap;

use cqrs_es::{Aggregate, DomainEvent};
use event_store::{Fact, Position, StoredFact, shard_of};
use jiff::Timestamp;
use serde_json::value::RawValue;

/// A log in memory.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) facts: Vec<Fact>,
    versions: HashMap<String, i64>,
    heads: HashMap<i16, Position>,
}

impl History {
    /// Appends events to a stream.
    pub(crate) fn tell<A: Aggregate>(&mut self, id: &str, partition_key: &str, events: &[A::Event]) {
        for event in events {
            let payload = serde_json::to_string(event).expect("an event is JSON");
            self.tell_raw(
                A::TYPE,
                id,
                partition_key,
                &event.event_type(),
                &event.event_version(),
                payload,
            );
        }
    }

    /// Appends whatever it is told.
    pub(crate) fn tell_raw(
        &mut self,
        aggregate_type: &str,
        id: &str,
        partition_key: &str,
        event_type: &str,
        event_version: &str,
        payload: String,
    ) {
        let version = self.versions.entry(format!("{aggregate_type} {id}")).or_insert(0);
        *version += 1;
        let shard = shard_of(partition_key);
        let position = i64::try_from(self.facts.len()).expect("a short log") + 1;
        let before = self.heads.insert(shard, position).unwrap_or(0);
        self.facts.push(Fact::from(StoredFact {
            position,
            before,
            shard,
            partition_key: partition_key.to_owned(),
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: id.to_owned(),
            sequence: *version,
            event_type: event_type.to_owned(),
            event_version: event_version.to_owned(),
            payload: RawValue::from_string(payload).expect("JSON"),
            metadata: RawValue::from_string("{}".to_owned()).expect("JSON"),
            recorded_at: Timestamp::UNIX_EPOCH,
            command_id: None,
        }));
    }
}

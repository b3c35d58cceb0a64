//! Facts of the log as JSON: in full for admins, and as a patient may read their own history.

use event_store::Fact;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;

/// One fact as stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "position": 42,
    "shard": 7,
    "stream_type": "booking",
    "stream_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "version": 1,
    "type": "BookingRequested",
    "type_version": "1",
    "recorded_at": "2026-12-01T09:30:00Z",
    "command_id": "019a8f0e-6f0a-7000-8000-000000000009",
    "payload": {"BookingRequested": {}},
    "metadata": {"actor_role": "patient", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}
}))]
pub struct FactView {
    /// Its place in the whole log.
    pub position: i64,
    /// The part of the log it travels in.
    pub shard: i16,
    /// The kind of its stream.
    #[schema(example = "booking")]
    pub stream_type: String,
    /// The stream.
    pub stream_id: String,
    /// Its place in the stream.
    pub version: i64,
    /// What happened.
    #[schema(example = "BookingRequested")]
    pub r#type: String,
    /// The version of that type.
    pub type_version: String,
    /// When the log recorded it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// The command it came from; on the first fact of each command.
    pub command_id: Option<Uuid>,
    /// The fact, as stored.
    #[schema(value_type = Object)]
    pub payload: Box<RawValue>,
    /// Who, why, in which trace, by which code; as stored.
    #[schema(value_type = Object)]
    pub metadata: Box<RawValue>,
}

impl From<Fact> for FactView {
    fn from(fact: Fact) -> Self {
        Self {
            position: fact.position,
            shard: fact.shard,
            stream_type: fact.aggregate_type.clone(),
            stream_id: fact.aggregate_id.clone(),
            version: fact.sequence,
            r#type: fact.event_type.clone(),
            type_version: fact.event_version.clone(),
            recorded_at: fact.recorded_at,
            command_id: fact.command_id,
            payload: fact.payload.clone(),
            metadata: fact.metadata.clone(),
        }
    }
}

/// A page of the log.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FactsView {
    /// The facts in the order of their positions.
    pub items: Vec<FactView>,
    /// Pass it as `after` to go on; null at the end.
    pub next: Option<String>,
    /// The last position there is.
    pub head: i64,
}

/// One stream, up to a moment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StreamView {
    /// Its facts, oldest first.
    pub items: Vec<FactView>,
    /// Always null: a stream is short.
    pub next: Option<String>,
    /// The position of its last fact shown.
    pub head: i64,
    /// What these facts come to; null where one of them needs newer code.
    #[schema(value_type = Object)]
    pub state: Option<serde_json::Value>,
}

/// One line of a booking's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "stream": "booking",
    "version": 1,
    "position": 42,
    "what": "BookingRequested",
    "at": "2026-12-01T09:30:00Z",
    "by": "patient",
    "fact": {"BookingRequested": {}}
}))]
pub struct HistoryLine {
    /// `booking`, or `payment` for a fact of one of its payments.
    #[schema(example = "booking")]
    pub stream: String,
    /// Its place in its stream.
    pub version: i64,
    /// Its place in the whole log.
    pub position: i64,
    /// What happened.
    pub what: String,
    /// When it was recorded; what the fact itself calls `at` is when it was decided, a moment apart.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The role that acted, or that of the platform itself.
    #[schema(example = "patient")]
    pub by: String,
    /// The app that acted for the patient, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<Uuid>,
    /// The fact, as stored; for patients without the accounts of those who acted.
    #[schema(value_type = Object)]
    pub fact: Box<RawValue>,
    /// Who, why and from which command; for admins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginView>,
}

/// Where a fact comes from.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OriginView {
    /// Who acted: an account, or a process by name.
    pub actor_id: String,
    /// The command; on its first fact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command_id: Option<Uuid>,
    /// The digest of what was asked.
    pub command_digest: String,
    /// What belongs to the same command.
    pub correlation_id: String,
    /// The position of the fact that led here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causation: Option<i64>,
    /// The trace it happened in.
    pub trace_id: String,
    /// The version of the code that decided it.
    pub app_version: String,
}

/// A booking's history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryView {
    /// The booking.
    pub booking_id: Uuid,
    /// Every fact, oldest first.
    pub items: Vec<HistoryLine>,
}

impl HistoryLine {
    /// The line of a fact, with its origin for those who may know it.
    ///
    /// # Errors
    /// `internal` when the stored metadata cannot be read.
    pub fn of(fact: Fact, in_full: bool) -> Result<Self, Problem> {
        let metadata = fact.metadata().map_err(|error| Problem::internal(&error))?;
        let (by, app_id) = (metadata.actor_role, metadata.app_id);
        let origin = in_full.then_some(OriginView {
            actor_id: metadata.actor_id,
            command_id: fact.command_id,
            command_digest: metadata.command_digest,
            correlation_id: metadata.correlation_id,
            causation: metadata.causation,
            trace_id: metadata.trace_id,
            app_version: metadata.app_version,
        });
        Ok(Self {
            stream: fact.aggregate_type.clone(),
            version: fact.sequence,
            position: fact.position,
            what: fact.event_type.clone(),
            at: fact.recorded_at,
            by,
            app_id,
            fact: if in_full {
                fact.payload.clone()
            } else {
                anonymous(&fact.payload)?
            },
            origin,
        })
    }
}

/// The fact without the accounts of those who acted: patients read roles, not who in person.
fn anonymous(payload: &RawValue) -> Result<Box<RawValue>, Problem> {
    let internal = |error: serde_json::Error| Problem::internal(&error);
    let mut fact: serde_json::Value = serde_json::from_str(payload.get()).map_err(internal)?;
    for members in fact
        .as_object_mut()
        .into_iter()
        .flat_map(|fact| fact.values_mut())
    {
        if let Some(members) = members.as_object_mut() {
            members.remove("by");
        }
    }
    serde_json::value::to_raw_value(&fact).map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patient_does_not_read_who_acted_in_person() {
        let stored =
            r#"{"BookingUnassigned":{"doctor_id":"d","by":{"person":{"id":"a","role":"admin"}},"at":"t"}}"#;
        let payload = RawValue::from_string(stored.to_owned()).unwrap();
        let shown: serde_json::Value = serde_json::from_str(anonymous(&payload).unwrap().get()).unwrap();
        assert_eq!(
            shown,
            serde_json::json!({"BookingUnassigned": {"doctor_id": "d", "at": "t"}})
        );
    }
}

//! The platform's own workings as JSON: read models, parked keys, intents.

use event_store::intents::QueuedIntent;
use event_store::parking::Parked;
use jiff::Timestamp;
use projections::status::ModelState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// One generation of a read model.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "model": "bookings",
    "generation": 1,
    "schema_version": 1,
    "state": "live",
    "position": 42,
    "head": 42,
    "lag": 0,
    "lag_ms": 0,
    "rate": 120,
    "parked": 0,
    "held_shards": 32,
    "rebuilding": false
}))]
pub struct ModelView {
    /// The read model.
    #[schema(value_type = String)]
    pub model: &'static str,
    /// The generation of its tables.
    pub generation: i32,
    /// The version of their shape.
    pub schema_version: i32,
    /// `building`, `live` or `retired`.
    pub state: String,
    /// Every fact up to this position is shown.
    pub position: i64,
    /// The last position of the log.
    pub head: i64,
    /// Facts not shown yet; counted up to 100 000 per shard.
    pub lag: i64,
    /// How long the first of them has waited, in milliseconds.
    pub lag_ms: i64,
    /// Facts a second.
    pub rate: i64,
    /// Partition keys that wait behind a fact that cannot be applied.
    pub parked: i64,
    /// Shards a worker holds, of 32.
    pub held_shards: i64,
    /// Whether the process that answers is rebuilding this model.
    pub rebuilding: bool,
}

impl ModelView {
    /// The state of a generation.
    pub fn of(state: ModelState, rebuilding: bool) -> Self {
        let ModelState {
            model,
            generation,
            schema_version,
            state,
            position,
            head,
            lag,
            lag_ms,
            rate,
            parked,
            held_shards,
        } = state;
        Self {
            model,
            generation,
            schema_version,
            state,
            position,
            head,
            lag,
            lag_ms,
            rate,
            parked,
            held_shards,
            rebuilding,
        }
    }
}

/// A partition key that waits behind a fact that cannot be applied.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "consumer": "bookings",
    "generation": 1,
    "partition_key": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "shard": 7,
    "from_position": 42,
    "reason": "the booking was never asked for",
    "parked_at": "2026-12-01T09:30:00Z",
    "unpark_requested": false
}))]
pub struct ParkedView {
    /// The read model or process.
    pub consumer: String,
    /// Its generation.
    pub generation: i32,
    /// The key.
    pub partition_key: String,
    /// Its shard.
    pub shard: i16,
    /// The first fact that waits.
    pub from_position: i64,
    /// Why.
    pub reason: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub parked_at: Timestamp,
    /// Whether somebody asked to try again.
    pub unpark_requested: bool,
}

impl From<Parked> for ParkedView {
    fn from(parked: Parked) -> Self {
        Self {
            consumer: parked.consumer,
            generation: parked.generation,
            partition_key: parked.partition_key,
            shard: parked.shard,
            from_position: parked.from_position,
            reason: parked.reason,
            parked_at: parked.parked_at,
            unpark_requested: parked.unpark_requested,
        }
    }
}

/// Something a process wants done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "b0d9c1de-6f0a-5c3e-9a51-1f2d3c4b5a69",
    "process": "hold_expiry",
    "lane": "inside",
    "partition_key": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "caused_by": 42,
    "wish": {"wish": "expire_booking"},
    "due_at": "2026-12-01T09:45:00Z",
    "state": "open",
    "attempts": 0,
    "waits": 0,
    "waits_for": null,
    "last_error": null,
    "outcome": null
}))]
pub struct IntentView {
    /// The intent, and the command it becomes.
    pub id: Uuid,
    /// The process that wants it.
    pub process: String,
    /// What it waits for when it is due: the platform itself, a provider, the payout gateway; unsorted until it is found out.
    pub lane: String,
    /// One at a time per key, in order.
    pub partition_key: String,
    /// The position of the fact that led to it.
    pub caused_by: i64,
    /// What is to be done.
    #[schema(value_type = Object)]
    pub wish: serde_json::Value,
    /// Not before this instant.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// `open`, `done`, `refused`, `poisoned` or `given_up`.
    #[schema(value_type = String, example = "open")]
    pub state: &'static str,
    /// How many times it was tried.
    pub attempts: i32,
    /// How often in a row it was put back without a try.
    pub waits: i32,
    /// What it was put back for: `busy`, `unavailable` or `needs_newer_code`.
    pub waits_for: Option<String>,
    /// What the last try met.
    pub last_error: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
}

impl From<QueuedIntent> for IntentView {
    fn from(intent: QueuedIntent) -> Self {
        Self {
            id: intent.id,
            process: intent.process,
            lane: intent.lane,
            partition_key: intent.partition_key,
            caused_by: intent.caused_by,
            wish: intent.body,
            due_at: intent.due_at,
            state: intent.state.as_str(),
            attempts: intent.attempts,
            waits: intent.waits,
            waits_for: intent.waits_for,
            last_error: intent.last_error,
            outcome: intent.outcome,
        }
    }
}

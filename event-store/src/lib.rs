#![doc = include_str!("../README.md")]

mod activity;
mod after;
mod appender;
mod bus;
mod clock;
mod error;
mod execute;
mod fact;
pub mod freshness;
pub mod generations;
mod heartbeat;
mod identity;
pub mod intents;
pub mod lag;
mod log;
mod metadata;
mod options;
mod outage;
pub mod parking;
mod position;
mod recent_changes;
mod relay;
mod shard;
mod spans;
mod store;
mod stream_locks;
mod stream_name;
mod subscription;
#[cfg(test)]
mod testing;
mod upcast;
mod wake_ups;

pub use after::DecidedFact;
pub use appender::FACTS_PER_BATCH_MAX;
pub use bus::{Bus, BusError, BusOptions, Distrust, Feed, MessageKeys};
pub use clock::{Clock, SKEW_MAX};
pub use error::{LogError, is_connection_trouble};
pub use execute::{
    DecisionError, ExecuteError, Outcome, PrivateRow, STREAMS_KNOWN_MAX, STREAMS_PER_DECISION_MAX,
    UnitOfWork, Unloaded, execute,
};
pub use fact::{Fact, StoredFact};
pub use identity::LogIdentity;
pub use log::related::{CommandStart, CommandStarts, FactFilter, FactPage};
pub use log::snapshot::{LogSnapshot, TypePage};
pub use log::{AsOf, EventLog, Unready};
pub use metadata::{CommandContext, Metadata};
pub use options::LogOptions;
pub use position::Position;
pub use relay::{Relay, RelayOptions, RelayStep};
pub use shard::{SHARDS, shard_of};
pub use stream_name::StreamName;
pub use subscription::{
    ApplyError, BoxFuture, Consumer, Counters, FanoutError, StartAt, Worker, WorkerOptions, WorkerStep,
};
pub use upcast::{StoredEvent, Upcaster};
pub use wake_ups::{ConsumerProgress, WakeUps};

/// What a consumer writes with; named here for consumers that speak no SQL of their own.
pub use sqlx::PgConnection;

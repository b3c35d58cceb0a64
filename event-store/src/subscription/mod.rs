//! Brings facts to consumers: each one exactly once in effect, in order within its shard, whatever NATS does.

mod again;
mod batch;
mod catch_up;
mod commit;
mod consumer;
mod error;
mod leases;
mod options;
mod positions;
mod renewal;
mod run;
pub(crate) mod session;
mod shards;
mod take;
mod unpark;
mod worker;

pub use consumer::{ApplyError, BoxFuture, Consumer, StartAt};
pub use error::FanoutError;
pub use options::WorkerOptions;
pub use worker::{Counters, Worker, WorkerStep};

pub(crate) use batch::{BatchResult, is_poison, read_key, try_apply, wait_behind};
pub(crate) use catch_up::{heads, read_shard, read_shards};
pub(crate) use positions::{Moves, ShardMove, WorkerPositions};

//! What can go wrong while facts are fanned out. Nothing is lost by any of it: the next turn starts from the log.

use crate::bus::BusError;
use crate::error::LogError;

/// An error of the relay, a worker or a rebuild.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum FanoutError {
    #[error("the fan-out could not use the database")]
    Database(#[from] sqlx::Error),
    #[error("the fan-out could not read the log")]
    Log(#[from] LogError),
    #[error("the fan-out could not use NATS")]
    Bus(#[from] BusError),
    /// The database has become another log (restored, cloned): this process must be started again.
    #[error("the database has become another log since this process started")]
    AnotherLog,
    /// A rebuild met a fact it cannot read.
    #[error("the fact at {position} needs newer code")]
    NeedsNewerCode { position: crate::Position },
    /// No such generation, or not one that can be worked on.
    #[error("there is no generation {generation} of {model} that is being built")]
    NoSuchGeneration { model: String, generation: i32 },
    /// A rebuild met a generation that workers fill.
    #[error(
        "generation {generation} of {model} is being built by its workers; wait for them, or stop them first"
    )]
    HeldByWorkers { model: String, generation: i32 },
}

//! The workers that feed the projectors.

use std::sync::Arc;

use event_store::{Bus, Consumer, EventLog, Worker, WorkerOptions};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::Model;
use crate::payment_ledger::ranges;
use crate::report_sums;

/// The consumers of [`Model::ALL`].
pub fn all() -> Vec<Arc<dyn Consumer>> {
    Model::ALL.into_iter().map(Model::consumer).collect()
}

/// One worker for each model, none of them started: tests step them by hand.
pub fn workers(log: &EventLog, bus: Option<&Bus>, options: &WorkerOptions) -> Vec<Worker> {
    all()
        .into_iter()
        .map(|consumer| Worker::new(log.clone(), bus.cloned(), consumer, options.clone()))
        .collect()
}

/// Runs a worker for each model until stopped, each a task of its own, and what sums the ledger and reports behind them. Any
/// number of processes may do so.
pub async fn run(log: EventLog, bus: Option<Bus>, options: WorkerOptions, stop: CancellationToken) {
    let mut running = JoinSet::new();
    running.spawn(ranges::run(log.pool().clone(), stop.clone()));
    running.spawn(report_sums::run(log.pool().clone(), stop.clone()));
    for worker in workers(&log, bus.as_ref(), &options) {
        running.spawn(worker.run(stop.clone()));
    }
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            error!(
                error = &error as &dyn std::error::Error,
                "a read model's worker has died"
            );
        }
    }
}

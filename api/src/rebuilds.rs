//! Rebuilds of read models that an admin asked this process for: one at a time per model, ended with the process.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use event_store::EventLog;
use event_store::generations::RebuildOptions;
use projections::{Model, rebuild};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::problem::{Code, Problem};

/// The rebuilds under way in this process.
#[derive(Clone, Default)]
pub struct Rebuilds {
    running: Arc<Mutex<BTreeSet<&'static str>>>,
    tasks: TaskTracker,
}

impl Rebuilds {
    /// Starts, or goes on with, a rebuild that flips by itself when it has caught up.
    ///
    /// # Errors
    /// `rebuild_under_way`.
    pub fn begin(
        &self,
        log: EventLog,
        model: Model,
        force: bool,
        stop: CancellationToken,
    ) -> Result<(), Problem> {
        let turn = Turn::take(self, model).ok_or_else(|| Problem::plain(Code::RebuildUnderWay))?;
        self.tasks.spawn(async move {
            let _turn = turn;
            let built = rebuild::run(&log, model, RebuildOptions::default(), force, &stop, |_| {}).await;
            match built {
                Ok(built) => tracing::info!(
                    model = model.name(),
                    generation = built.generation,
                    flip = ?built.flip,
                    "Rebuild of {} ended",
                    model.name()
                ),
                Err(error) => tracing::error!(
                    model = model.name(),
                    error = &error as &dyn std::error::Error,
                    "Rebuild of {} failed; asking again goes on with it",
                    model.name()
                ),
            }
        });
        Ok(())
    }

    /// Whether a rebuild of this model runs here.
    pub fn is_running(&self, model: &str) -> bool {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(model)
    }
}

/// The right to rebuild one model, given back when dropped.
struct Turn {
    running: Arc<Mutex<BTreeSet<&'static str>>>,
    model: &'static str,
}

impl Turn {
    fn take(rebuilds: &Rebuilds, model: Model) -> Option<Self> {
        let running = Arc::clone(&rebuilds.running);
        let model = model.name();
        let free = running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(model);
        free.then_some(Self { running, model })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(self.model);
    }
}

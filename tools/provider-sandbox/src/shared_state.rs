//! The sandbox's state behind one lock, which is never held across an await, and the signals that wake those who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::state::SandboxState;
use crate::state::outbox::PendingDelivery;

/// What every handler and the delivery worker share.
pub struct SharedState {
    state: Mutex<SandboxState>,
    /// Signalled for the delivery worker.
    work: Notify,
    /// Signalled for those who wait for something to become true.
    changed: Notify,
    closing: CancellationToken,
}

impl SharedState {
    /// Shares a new state.
    pub fn open(state: SandboxState, closing: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(state),
            work: Notify::new(),
            changed: Notify::new(),
            closing,
        })
    }

    /// Does something with the state as it is now: whatever was due has happened.
    pub fn with<T>(&self, act: impl FnOnce(&mut SandboxState) -> T) -> T {
        let answer = {
            let mut state = self.lock();
            state.run_due();
            act(&mut state)
        };
        self.work.notify_one();
        self.changed.notify_waiters();
        answer
    }

    /// Waits until something is true, at most so long (really). Answers whether it is.
    pub async fn wait_until(&self, within: Duration, is_true: impl Fn(&SandboxState) -> bool) -> bool {
        let waiting = async {
            loop {
                // Registered before the look, so that no signal is missed between the two.
                let bell = self.changed.notified();
                tokio::pin!(bell);
                bell.as_mut().enable();
                if is_true(&self.lock()) {
                    return;
                }
                bell.await;
            }
        };
        tokio::select! {
            () = waiting => true,
            () = tokio::time::sleep(within) => false,
            () = self.closing.cancelled() => false,
        }
    }

    /// What the delivery worker may send now, at most so many, and how long until there is more.
    pub fn pending_deliveries(&self, at_most: usize) -> (Vec<PendingDelivery>, Duration) {
        let mut state = self.lock();
        state.run_due();
        let mut pending_deliveries = Vec::new();
        while pending_deliveries.len() < at_most {
            let Some(delivery) = state.outbox.take_ready() else {
                break;
            };
            pending_deliveries.push(PendingDelivery {
                number: delivery.number,
                url: delivery.url.clone(),
                source: delivery.source,
                body: delivery.body.get().to_owned(),
            });
        }
        let pause = state
            .scheduler
            .next()
            .map_or(Duration::MAX, |due| state.clock.until(due));
        (pending_deliveries, pause)
    }

    /// Resolves when there may be work for the delivery worker.
    pub async fn something_to_do(&self) {
        self.work.notified().await;
    }

    /// Lets real time pass; a sandbox that stops waits for nobody.
    pub async fn nap(&self, span: Duration) {
        tokio::select! {
            () = tokio::time::sleep(span) => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// Resolves when the sandbox stops.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    fn lock(&self) -> MutexGuard<'_, SandboxState> {
        // A handler that panicked has already answered with its panic; the next one may still look.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

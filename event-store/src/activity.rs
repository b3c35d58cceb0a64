//! Whether this process has had anything to do lately: while it has not, it asks the database more rarely.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// So long after the last thing it did a process counts as busy.
const LATELY: Duration = Duration::from_secs(2);

/// When this process last decided a command or saw the log grow.
pub(crate) struct Activity {
    started: Instant,
    /// Milliseconds since `started`.
    last: AtomicU64,
    began: Notify,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            last: AtomicU64::new(0),
            began: Notify::new(),
        }
    }
}

impl Activity {
    /// Something is being done; wakes whoever rests meanwhile.
    pub fn note(&self) {
        let was_busy = self.is_busy();
        self.last.store(self.now(), Ordering::Relaxed);
        if !was_busy {
            self.began.notify_one();
        }
    }

    pub fn is_busy(&self) -> bool {
        self.now() < self.last.load(Ordering::Relaxed) + as_millis(LATELY)
    }

    /// Rests for `busy` while there is something to do; else for `idle`, or until there is.
    pub async fn rest(&self, busy: Duration, idle: Duration) {
        if self.is_busy() {
            tokio::time::sleep(busy).await;
        } else {
            // Either way it is time.
            let _ = tokio::time::timeout(idle, self.began.notified()).await;
        }
    }

    fn now(&self) -> u64 {
        as_millis(self.started.elapsed())
    }
}

fn as_millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_rests_is_woken_by_the_first_thing_to_do() {
        let activity = Activity {
            last: AtomicU64::new(0),
            started: Instant::now() - 2 * LATELY,
            began: Notify::new(),
        };
        assert!(!activity.is_busy());
        let long = Duration::from_secs(3_600);
        let mut rest = Box::pin(activity.rest(long, long));
        assert!(rest.as_mut().now_or_never().is_none());
        activity.note();
        rest.await;
        assert!(activity.is_busy());
    }
}

//! The tasks of a process: whatever ends before it is told to ends the process, since nobody else would do its work.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that run until they are told to stop.
#[derive(Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
    dead: watch::Sender<Option<&'static str>>,
}

impl Tasks {
    /// No tasks yet; those to come run until `stop`.
    pub fn until(stop: CancellationToken) -> Self {
        Self {
            tracker: TaskTracker::new(),
            stop,
            dead: watch::Sender::new(None),
        }
    }

    /// Tells a task when to stop.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs a task. Should it panic, or end although nobody told it to, it counts as dead.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let watched = Watched {
            name,
            stop: self.stop.clone(),
            dead: self.dead.clone(),
        };
        self.tracker.spawn(async move {
            let _watched = watched;
            task.await;
        });
    }

    /// Which task died first; none while all live.
    pub fn dead(&self) -> watch::Receiver<Option<&'static str>> {
        self.dead.subscribe()
    }

    /// Waits until a task dies, perhaps for ever.
    pub async fn until_one_dies(&self) -> &'static str {
        let mut dead = self.dead.subscribe();
        loop {
            let name = *dead.borrow_and_update();
            if let Some(name) = name {
                return name;
            }
            if dead.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Waits until all have ended; no more may be spawned.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Dropped when its task ends, in whatever way.
struct Watched {
    name: &'static str,
    stop: CancellationToken,
    dead: watch::Sender<Option<&'static str>>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.stop.is_cancelled() {
            return;
        }
        tracing::error!(task = self.name, "A task of this process has died");
        metrics::counter!("tot_tasks_died_total", "task" => self.name).increment(1);
        let name = self.name;
        self.dead.send_if_modified(|dead| {
            let first = dead.is_none();
            dead.get_or_insert(name);
            first
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_dead_and_the_others_run_on() {
        let tasks = Tasks::until(CancellationToken::new());
        let stop = tasks.stop();
        tasks.spawn("lives", async move { stop.cancelled().await });
        tasks.spawn("dies", async { panic!("as a defect would") });
        assert_eq!(tasks.until_one_dies().await, "dies");
        tasks.stop().cancel();
        tasks.ended().await;
        assert_eq!(*tasks.dead().borrow(), Some("dies"));
    }

    #[tokio::test]
    async fn a_task_that_ends_when_told_to_is_not_dead() {
        let tasks = Tasks::until(CancellationToken::new());
        let stop = tasks.stop();
        tasks.spawn("obeys", async move { stop.cancelled().await });
        tasks.stop().cancel();
        tasks.ended().await;
        assert_eq!(*tasks.dead().borrow(), None);
    }
}

//! Who waits for news of whom: one notification for each stream, by the account or the booking it is about.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use uuid::Uuid;

/// All that listen in this process; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<HashMap<Uuid, Vec<Arc<Notify>>>>,
    /// Notified when somebody begins to listen.
    joined: Notify,
}

/// One that listens, until it is dropped.
#[derive(Debug)]
pub struct Listener {
    about: Uuid,
    notify: Arc<Notify>,
    all: Listeners,
}

impl Listeners {
    /// One more, for news about this account or booking.
    pub fn add(&self, about: Uuid) -> Listener {
        let notify = Arc::new(Notify::new());
        self.lock().entry(about).or_default().push(Arc::clone(&notify));
        self.0.joined.notify_one();
        Listener {
            about,
            notify,
            all: self.clone(),
        }
    }

    /// Whether nobody listens.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Waits until somebody has begun to listen since this was last waited for.
    pub async fn joined(&self) {
        self.0.joined.notified().await;
    }

    /// Wakes those who listen for news about these. One that does not wait at the moment is woken as soon as it does.
    pub fn notify(&self, about: impl Iterator<Item = Uuid>) {
        let waiting = self.lock();
        if waiting.is_empty() {
            return;
        }
        for notify in about.filter_map(|about| waiting.get(&about)).flatten() {
            notify.notify_one();
        }
    }

    /// Wakes everybody.
    pub fn notify_all(&self) {
        self.lock()
            .values()
            .flatten()
            .for_each(|notify| notify.notify_one());
    }

    // A panic elsewhere while holding the lock leaves a map that is still a map.
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Vec<Arc<Notify>>>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener {
    /// Waits for news. None that came since the last time is missed.
    pub async fn notified(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut waiting = self.all.lock();
        if let Some(here) = waiting.get_mut(&self.about) {
            here.retain(|notify| !Arc::ptr_eq(notify, &self.notify));
            if here.is_empty() {
                waiting.remove(&self.about);
            }
        }
    }
}

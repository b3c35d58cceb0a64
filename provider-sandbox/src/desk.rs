//! The desk: the world behind one lock, which is never held across an await, and the bells that wake those who wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::state::World;
use crate::webhooks::courier::Parcel;

/// What every handler and the courier share.
pub struct Desk {
    world: Mutex<World>,
    /// Rings for the courier.
    work: Notify,
    /// Rings for those who wait for something to become true.
    stirred: Notify,
    closing: CancellationToken,
}

impl Desk {
    /// A desk around a new world.
    pub fn open(world: World, closing: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            work: Notify::new(),
            stirred: Notify::new(),
            closing,
        })
    }

    /// Does something with the world as it is now: whatever was due has happened.
    pub fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let answer = {
            let mut world = self.lock();
            world.settle();
            act(&mut world)
        };
        self.work.notify_one();
        self.stirred.notify_waiters();
        answer
    }

    /// Waits until something is true, at most so long (really). Answers whether it is.
    pub async fn wait_until(&self, within: Duration, is_true: impl Fn(&World) -> bool) -> bool {
        let waiting = async {
            loop {
                // Registered before the look, so that no ring is missed between the two.
                let bell = self.stirred.notified();
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

    /// What the courier may carry out now, at most so many, and how long until there is more.
    pub fn parcels(&self, at_most: usize) -> (Vec<Parcel>, Duration) {
        let mut world = self.lock();
        world.settle();
        let mut parcels = Vec::new();
        while parcels.len() < at_most {
            let Some(delivery) = world.outbox.take_ready() else {
                break;
            };
            parcels.push(Parcel {
                number: delivery.number,
                url: delivery.url.clone(),
                source: delivery.source,
                body: delivery.body.get().to_owned(),
            });
        }
        let pause = world
            .agenda
            .next()
            .map_or(Duration::MAX, |due| world.clock.until(due));
        (parcels, pause)
    }

    /// Resolves when there may be work for the courier.
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

    fn lock(&self) -> MutexGuard<'_, World> {
        // A handler that panicked has already answered with its panic; the next one may still look.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

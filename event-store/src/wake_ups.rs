//! Wake-ups inside one process: who moved, who is waited for, and that there are intents. A lost one costs latency only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::{Position, SHARDS};

/// The wake-ups of one process, shared by all who hold the same log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WakeUps {
    progress: Arc<Mutex<Channels<ConsumerProgress>>>,
    requests: Arc<Mutex<Channels<u64>>>,
    intents: watch::Sender<u64>,
}

/// Consumer → what was last signalled.
type Channels<T> = HashMap<String, watch::Sender<T>>;

/// How far workers of this process have brought a consumer's live generation, at least. What they committed stays: a generation
/// is only replaced by one that has come as far.
#[derive(Clone, Debug)]
pub struct ConsumerProgress([Position; SHARDS.unsigned_abs() as usize]);

impl Default for ConsumerProgress {
    fn default() -> Self {
        Self([0; SHARDS.unsigned_abs() as usize])
    }
}

impl ConsumerProgress {
    /// Whether a worker of this process has brought this shard to `position` or beyond.
    pub fn has_reached(&self, shard: i16, position: Position) -> bool {
        let reached = self.of(shard);
        reached > 0 && reached >= position
    }

    /// Whether a worker of this process is on this shard and has not come as far as `position` yet.
    pub fn is_short_of(&self, shard: i16, position: Position) -> bool {
        let reached = self.of(shard);
        reached > 0 && reached < position
    }

    /// 0 while nothing is known.
    fn of(&self, shard: i16) -> Position {
        let shard = usize::try_from(shard).ok();
        shard.and_then(|shard| self.0.get(shard)).copied().unwrap_or(0)
    }
}

impl Default for WakeUps {
    fn default() -> Self {
        Self {
            progress: Arc::default(),
            requests: Arc::default(),
            intents: watch::Sender::new(0),
        }
    }
}

impl WakeUps {
    /// Fires after each commit of this consumer by a worker of this process.
    pub fn progress(&self, consumer: &str) -> watch::Receiver<ConsumerProgress> {
        channel(&self.progress, consumer).subscribe()
    }

    /// Somebody waits for this consumer to come up with the log.
    pub fn request(&self, consumer: &str) {
        fire(&channel(&self.requests, consumer));
    }

    /// There may be new intents, or a key of theirs may have become free.
    pub fn intents_changed(&self) {
        fire(&self.intents);
    }

    /// Fires when intents were added or closed by this process.
    pub fn intents(&self) -> watch::Receiver<u64> {
        self.intents.subscribe()
    }

    pub(crate) fn requests(&self, consumer: &str) -> watch::Receiver<u64> {
        channel(&self.requests, consumer).subscribe()
    }

    /// These shards of the consumer have come so far.
    pub(crate) fn note_progress(&self, consumer: &str, shards: impl Iterator<Item = (i16, Position)>) {
        channel(&self.progress, consumer).send_modify(|reached| {
            for (shard, position) in shards {
                let place = usize::try_from(shard)
                    .ok()
                    .and_then(|shard| reached.0.get_mut(shard));
                if let Some(place) = place {
                    *place = position.max(*place);
                }
            }
        });
    }
}

fn fire(sender: &watch::Sender<u64>) {
    sender.send_modify(|times| *times = times.wrapping_add(1));
}

fn channel<T: Default>(channels: &Mutex<Channels<T>>, consumer: &str) -> watch::Sender<T> {
    let mut channels = channels.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = channels.get(consumer) {
        return known.clone();
    }
    channels.entry(consumer.to_owned()).or_default().clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_reached_before_a_worker_says_so_and_nothing_is_taken_back() {
        let wake_ups = WakeUps::default();
        let reached = |position| wake_ups.progress("model").borrow().has_reached(3, position);
        assert!(!reached(0), "not even the beginning");
        wake_ups.note_progress("model", [(3, 7)].into_iter());
        assert!(reached(7) && !reached(8));
        wake_ups.note_progress("model", [(3, 5)].into_iter());
        assert!(
            reached(7),
            "a worker that begins anew is behind what was committed"
        );
        assert!(!wake_ups.progress("model").borrow().has_reached(4, 1));
    }
}

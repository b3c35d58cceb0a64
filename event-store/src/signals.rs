//! Wake-ups inside one process: who moved, who is waited for, and that there are intents. A lost one costs latency only.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The wake-ups of one process, shared by all who hold the same log. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Signals {
    moved: Arc<Mutex<Channels>>,
    asked: Arc<Mutex<Channels>>,
    intents: watch::Sender<u64>,
}

/// Consumer → how often it was signalled.
type Channels = HashMap<String, watch::Sender<u64>>;

impl Default for Signals {
    fn default() -> Self {
        Self {
            moved: Arc::default(),
            asked: Arc::default(),
            intents: watch::Sender::new(0),
        }
    }
}

impl Signals {
    /// Fires after each commit of this consumer by a worker of this process.
    pub fn moved(&self, consumer: &str) -> watch::Receiver<u64> {
        channel(&self.moved, consumer).subscribe()
    }

    /// Somebody waits for this consumer to come up with the log.
    pub fn ask(&self, consumer: &str) {
        fire(&channel(&self.asked, consumer));
    }

    /// There may be new intents, or a key of theirs may have become free.
    pub fn intents_changed(&self) {
        fire(&self.intents);
    }

    /// Fires when intents were added or closed by this process.
    pub fn intents(&self) -> watch::Receiver<u64> {
        self.intents.subscribe()
    }

    pub(crate) fn asked(&self, consumer: &str) -> watch::Receiver<u64> {
        channel(&self.asked, consumer).subscribe()
    }

    pub(crate) fn note_moved(&self, consumer: &str) {
        fire(&channel(&self.moved, consumer));
    }
}

fn fire(sender: &watch::Sender<u64>) {
    sender.send_modify(|times| *times = times.wrapping_add(1));
}

fn channel(channels: &Mutex<Channels>, consumer: &str) -> watch::Sender<u64> {
    let mut channels = channels.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = channels.get(consumer) {
        return known.clone();
    }
    channels.entry(consumer.to_owned()).or_default().clone()
}

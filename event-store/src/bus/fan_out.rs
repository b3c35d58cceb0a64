//! What NATS brings to this process: read once, and handed to every worker that listens.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::Message;
use async_nats::header::NATS_MESSAGE_ID;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::keys::Distrust;
use super::refusals::Refusals;
use super::subscription::Subscription;
use super::{Bus, BusError, TAG, envelope};
use crate::{Fact, Position};

/// The facts of one message, in the order of the log.
type MessageFacts = Arc<[Fact]>;

/// The listeners of one process, and whether anything is read for them.
#[derive(Debug)]
pub(super) struct FanOut {
    deliveries: broadcast::Sender<MessageFacts>,
    state: watch::Sender<SubscriptionState>,
    renew: Notify,
    refusals: Refusals,
    /// The first and the last fact that the relay of this process has handed on.
    handed_on: Mutex<Option<(Position, Position)>>,
    /// Whether somebody reads; under a lock, so that the last listener's end and a new one's beginning never cross.
    read: Mutex<bool>,
}

#[derive(Clone, Copy, Debug, Default)]
struct SubscriptionState {
    times: u64,
    open: bool,
}

impl FanOut {
    pub fn new(kept_max: usize) -> Self {
        Self {
            deliveries: broadcast::Sender::new(kept_max.max(1)),
            state: watch::Sender::default(),
            renew: Notify::new(),
            refusals: Refusals::none(),
            handed_on: Mutex::default(),
            read: Mutex::new(false),
        }
    }

    /// Whether the caller has to begin reading.
    fn begin(&self) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *read, true)
    }

    /// Whether nobody listens any more; then reading has ended.
    fn end(&self) -> bool {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if self.deliveries.receiver_count() == 0 {
            *read = false;
        }
        !*read
    }

    fn hand_on(&self, facts: MessageFacts) {
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
            return;
        };
        let (first, last) = (first.position, last.position);
        if self.deliveries.send(facts).is_err() {
            return; // Nobody listens.
        }
        let mut handed_on = self.handed_on.lock().unwrap_or_else(PoisonError::into_inner);
        *handed_on = match *handed_on {
            // Behind what others led meanwhile is nothing that was handed on here.
            Some((from, to)) if from <= first && first <= to + 1 => Some((from, last.max(to))),
            Some(_) | None => Some((first, last)),
        };
    }

    /// Whether all listeners were given these facts before, by the relay of this process.
    fn has_handed_on(&self, first: Position, last: Position) -> bool {
        let handed_on = self.handed_on.lock().unwrap_or_else(PoisonError::into_inner);
        handed_on.is_some_and(|(from, to)| from <= first && last <= to)
    }

    fn opened(&self) {
        self.state.send_modify(|state| {
            state.times += 1;
            state.open = true;
        });
    }

    fn closed(&self) {
        self.state.send_modify(|state| state.open = false);
    }
}

/// One listener: hears every fact that NATS brings from now on, whatever its shard.
#[derive(Debug)]
pub struct Feed {
    deliveries: broadcast::Receiver<MessageFacts>,
    fan_out: Arc<FanOut>,
}

impl Feed {
    /// The facts of the next message; `None` when the feed is over. Safe to drop while waiting. A slow listener misses
    /// messages, and finds the gap.
    pub async fn next(&mut self) -> Option<Arc<[Fact]>> {
        loop {
            match self.deliveries.recv().await {
                Ok(delivery) => return Some(delivery),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }

    /// The facts of a message that is here already.
    pub fn ready(&mut self) -> Option<Arc<[Fact]>> {
        loop {
            match self.deliveries.try_recv() {
                Ok(delivery) => return Some(delivery),
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return None,
            }
        }
    }

    /// Whether NATS is being listened to at this moment.
    pub fn is_open(&self) -> bool {
        self.fan_out.state.borrow().open
    }

    /// How often a consumer has been opened on NATS for this process.
    pub fn openings(&self) -> u64 {
        self.fan_out.state.borrow().times
    }

    /// Messages stay away: the consumer on NATS is opened anew.
    pub fn renew(&self) {
        self.fan_out.renew.notify_one();
    }
}

impl Bus {
    /// Listens to what NATS brings from now on. All listeners of one bus share one consumer on NATS, and whatever is
    /// read from the facts.
    ///
    /// # Errors
    /// When NATS is away, no consumer could be opened in time, or there is no key to believe a message by.
    pub async fn listen(&self) -> Result<Feed, BusError> {
        if self.keys.is_none() {
            return Err(BusError::Keyless);
        }
        if !self.connected() {
            return Err(BusError::Away);
        }
        let feed = Feed {
            deliveries: self.fan_out.deliveries.subscribe(),
            fan_out: Arc::clone(&self.fan_out),
        };
        if self.fan_out.begin() {
            let bus = self.clone();
            #[expect(
                clippy::disallowed_methods,
                reason = "it ends by itself when nobody listens any more"
            )]
            tokio::spawn(bus.read());
        }
        let mut state = self.fan_out.state.subscribe();
        match timeout(self.options.answer_max, state.wait_for(|state| state.open)).await {
            Ok(Ok(_open)) => Ok(feed),
            Ok(Err(_)) | Err(_) => Err(BusError::Silent("opening a consumer")),
        }
    }

    /// Gives facts, fresh from the log, to the listeners of this process: they need not wait for NATS to bring them.
    pub fn hand_on(&self, facts: Arc<[Fact]>) {
        self.fan_out.hand_on(facts);
    }

    /// How many messages this process did not believe, for whatever [`Distrust`].
    pub fn refused(&self) -> u64 {
        self.fan_out.refusals.total()
    }

    /// Reads for all listeners until there are none.
    async fn read(self) {
        let mut is_reported = false; // Once for each absence, not for each attempt.
        while !self.fan_out.end() {
            match Subscription::open(&self).await {
                Ok(subscription) => {
                    is_reported = false;
                    self.fan_out.opened();
                    self.follow(subscription).await;
                    self.fan_out.closed();
                }
                Err(error) if !std::mem::replace(&mut is_reported, true) => {
                    info!(
                        error = &error as &dyn std::error::Error,
                        "NATS gives no messages at present, the log is read instead"
                    );
                }
                Err(_told) => {}
            }
            sleep(self.options.reopen).await;
        }
    }

    /// Reads until the consumer is gone, falls silent or is wanted anew, or nobody listens any more.
    async fn follow(&self, mut subscription: Subscription) {
        loop {
            tokio::select! {
                message = subscription.next() => match message {
                    Some(message) => self.deliver(&message),
                    None => break,
                },
                // Messages that come and are not believed would be no other ones from another consumer.
                () = self.fan_out.renew.notified(), if !self.fan_out.refusals.within(self.options.heartbeat * 3) => {
                    warn!("messages stay away, the consumer on NATS is opened anew");
                    break;
                }
                () = sleep(self.options.heartbeat) => {}
            }
            if subscription.is_silent() || !self.connected() || self.fan_out.deliveries.receiver_count() == 0
            {
                break;
            }
        }
        subscription.close().await;
    }

    /// Hands on what a holder of our key has published for this log; anything else is dropped, and whoever follows the
    /// log finds in it what a message did not bring.
    fn deliver(&self, message: &Message) {
        if let Some((first, last)) = self.range_of(message)
            && self.fan_out.has_handed_on(first, last)
        {
            return; // Our own relay's. It brings nothing new, whoever wrote it.
        }
        match self.believed(message) {
            // Without listeners it goes nowhere, which the loop notices.
            Ok(facts) => drop(self.fan_out.deliveries.send(facts.into())),
            Err(why) => self.fan_out.refusals.refuse(why),
        }
    }

    /// The positions that the message's id names.
    fn range_of(&self, message: &Message) -> Option<(Position, Position)> {
        let id = message.headers.as_ref()?.get(NATS_MESSAGE_ID)?;
        let mut parts = id.as_str().strip_prefix(self.token.as_str())?.splitn(4, '-');
        let ("", Some(first), Some(last)) = (parts.next()?, parts.next(), parts.next()) else {
            return None;
        };
        Some((first.parse().ok()?, last.parse().ok()?))
    }

    fn believed(&self, message: &Message) -> Result<Vec<Fact>, Distrust> {
        let keys = self.keys.as_ref().ok_or(Distrust::UnknownKey)?;
        let tag = message.headers.as_ref().and_then(|headers| headers.get(TAG));
        keys.check(&self.token, tag.map(|tag| tag.as_str()), &message.payload)?;
        envelope::open(&message.payload).map_err(|_| Distrust::NotFacts)
    }
}

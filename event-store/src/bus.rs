//! The way over NATS: one JetStream stream per log identity, which may lose, repeat or forget everything.

use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, push};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{Context, ContextBuilder, stream};
use async_nats::{Client, ConnectOptions, Message, StatusCode, Subscriber};
use futures::{FutureExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::identity::LogIdentity;
use crate::log::EventLog;
use crate::subscription::envelope;
use crate::{Fact, SHARDS};

/// Named limits of the bus.
#[derive(Clone, Debug)]
pub struct BusOptions {
    /// How long JetStream keeps a message.
    pub message_age_max: Duration,
    /// How many messages JetStream keeps. The stream is a wire, not a memory.
    pub messages_max: i64,
    /// How long JetStream recognises a message published twice.
    pub duplicate_window: Duration,
    /// How many messages may be published and not yet acknowledged.
    pub publish_window: usize,
    /// How long an acknowledgement, or any answer of NATS, may take.
    pub answer_max: Duration,
    /// How often JetStream says that a silent consumer lives.
    pub heartbeat: Duration,
    /// How many messages may wait here for their reader; more are dropped, and the log is read instead.
    pub waiting_max: usize,
    /// The least time between two hints to other processes.
    pub hint_pause: Duration,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            message_age_max: Duration::from_secs(3_600),
            messages_max: 1_000_000,
            duplicate_window: Duration::from_secs(10),
            publish_window: 1_024,
            answer_max: Duration::from_secs(3),
            heartbeat: Duration::from_secs(1),
            waiting_max: 8_192,
            hint_pause: Duration::from_millis(5),
        }
    }
}

/// What NATS did not do. Never a reason to lose a fact: whoever meets one reads the log instead, or tries again.
#[derive(Debug, thiserror::Error)]
pub enum BusFault {
    /// The URL is not one. Only at the start.
    #[error("the NATS URL cannot be used")]
    Url(#[source] async_nats::ConnectError),
    /// There is no connection at present.
    #[error("NATS is not connected")]
    Away,
    /// NATS did not answer in time.
    #[error("NATS did not answer in time: {0}")]
    Silent(&'static str),
    /// NATS answered, with an error.
    #[error("NATS refused: {during}")]
    Refused {
        /// What was asked.
        during: &'static str,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A fact could not be written as a message.
    #[error("a fact cannot be written as a message")]
    Envelope(#[from] serde_json::Error),
}

/// A connection to NATS for one log. Cheap to clone; reconnects for ever.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    jetstream: Context,
    token: String,
    options: BusOptions,
}

impl Bus {
    /// Connects in the background, with the default limits: a NATS that is down only delays.
    ///
    /// # Errors
    /// [`BusFault::Url`] when the URL makes no sense.
    pub async fn connect(nats_url: &str, log: &LogIdentity) -> Result<Self, BusFault> {
        Self::connect_with(nats_url, log, BusOptions::default()).await
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// [`BusFault::Url`] when the URL makes no sense.
    pub async fn connect_with(
        nats_url: &str,
        log: &LogIdentity,
        options: BusOptions,
    ) -> Result<Self, BusFault> {
        let client = ConnectOptions::new()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(u64::try_from(attempts.min(10)).unwrap_or(10) * 50)
            })
            .subscription_capacity(options.waiting_max)
            .client_capacity(options.publish_window * 2)
            .name("tot")
            .connect(nats_url)
            .await
            .map_err(BusFault::Url)?;
        let jetstream = ContextBuilder::new()
            .timeout(options.answer_max)
            .ack_timeout(options.answer_max)
            .max_ack_inflight(options.publish_window)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok(Self {
            client,
            jetstream,
            token: log.token().to_owned(),
            options,
        })
    }

    /// Whether NATS is there at this moment.
    pub fn connected(&self) -> bool {
        match self.client.connection_state() {
            State::Connected => true,
            State::Pending | State::Disconnected => false,
        }
    }

    /// The name of this log's stream.
    pub fn stream_name(&self) -> String {
        format!("TOT_{}", self.token)
    }

    /// The subject of one shard's facts.
    pub fn subject(&self, shard: i16) -> String {
        format!("tot.{}.{shard}", self.token)
    }

    /// Makes sure that the stream exists.
    ///
    /// # Errors
    /// When NATS is away, silent or out of room.
    pub async fn ensure_stream(&self) -> Result<(), BusFault> {
        if !self.connected() {
            return Err(BusFault::Away);
        }
        let config = stream::Config {
            name: self.stream_name(),
            subjects: vec![format!("tot.{}.*", self.token)],
            storage: stream::StorageType::File,
            max_age: self.options.message_age_max,
            max_messages: self.options.messages_max,
            duplicate_window: self.options.duplicate_window.min(self.options.message_age_max),
            discard: stream::DiscardPolicy::Old,
            num_replicas: 1,
            ..stream::Config::default()
        };
        self.answer("making the stream", self.jetstream.get_or_create_stream(config))
            .await?;
        Ok(())
    }

    /// Publishes facts in order and waits until each is acknowledged.
    ///
    /// # Errors
    /// When any of them was not acknowledged; some may have been stored all the same.
    pub async fn publish(&self, facts: &[Fact]) -> Result<(), BusFault> {
        for window in facts.chunks(self.options.publish_window) {
            let mut acknowledgements = Vec::with_capacity(window.len());
            for fact in window {
                acknowledgements.push(self.send(fact).await?);
            }
            for acknowledgement in acknowledgements {
                acknowledgement.await.map_err(|source| BusFault::Refused {
                    during: "publishing",
                    source: Box::new(source),
                })?;
            }
        }
        Ok(())
    }

    async fn send(&self, fact: &Fact) -> Result<PublishAckFuture, BusFault> {
        if !self.connected() {
            return Err(BusFault::Away);
        }
        let message = PublishMessage::build()
            .payload(envelope::seal(fact)?.into())
            .message_id(format!("{}-{}", self.token, fact.position));
        self.jetstream
            .send_publish(self.subject(fact.shard), message)
            .await
            .map_err(|source| BusFault::Refused {
                during: "publishing",
                source: Box::new(source),
            })
    }

    /// Opens an ephemeral consumer over some shards: what is published from now on, unacknowledged.
    ///
    /// # Errors
    /// When NATS is away, silent or refuses.
    pub async fn open(&self, shards: &[i16]) -> Result<Feed, BusFault> {
        self.ensure_stream().await?;
        let inbox = self.client.new_inbox();
        let subscriber = self
            .answer("subscribing", self.client.subscribe(inbox.clone()))
            .await?;
        let all = shards.len() == usize::from(SHARDS.unsigned_abs());
        let config = push::Config {
            deliver_subject: inbox,
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::None,
            filter_subjects: if all {
                vec![]
            } else {
                shards.iter().map(|&s| self.subject(s)).collect()
            },
            flow_control: true,
            idle_heartbeat: self.options.heartbeat,
            memory_storage: true,
            inactive_threshold: self.options.heartbeat * 5,
            num_replicas: 1,
            ..push::Config::default()
        };
        let made = self
            .jetstream
            .create_consumer_on_stream(config, self.stream_name());
        let consumer = self.answer("opening a consumer", made).await?;
        Ok(Feed {
            bus: self.clone(),
            consumer: consumer.cached_info().name.clone(),
            subscriber,
            heard: Instant::now(),
            silence_max: self.options.heartbeat * 3,
        })
    }

    /// Tells other processes of appends made here, and wakes this one for theirs, until stopped. A lost hint costs
    /// latency only. Every process runs one.
    pub async fn exchange_hints(self, log: EventLog, stop: CancellationToken) {
        let mut appends = log.subscribe_appends();
        let mut told = *appends.borrow_and_update();
        while !stop.is_cancelled() {
            let subject = format!("tot-hint.{}", self.token);
            let Ok(Ok(mut hints)) =
                timeout(self.options.answer_max, self.client.subscribe(subject.clone())).await
            else {
                continue;
            };
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    hint = hints.next() => {
                        let Some(hint) = hint else { break };
                        let heard = std::str::from_utf8(&hint.payload).ok().and_then(|text| text.parse().ok());
                        let Some(position) = heard else { continue };
                        told = told.max(position);
                        log.appended_hint(position);
                    }
                    changed = appends.changed() => {
                        if changed.is_err() {
                            return;
                        }
                        let position = *appends.borrow_and_update();
                        if position > told && self.connected() {
                            told = position;
                            let sent = self.client.publish(subject.clone(), position.to_string().into());
                            if let Ok(Err(fault)) = timeout(self.options.answer_max, sent).await {
                                debug!(error = %fault, "a hint was not sent");
                            }
                            tokio::time::sleep(self.options.hint_pause).await;
                        }
                    }
                }
            }
        }
    }

    async fn answer<T, E>(
        &self,
        during: &'static str,
        asked: impl IntoFuture<Output = Result<T, E>>,
    ) -> Result<T, BusFault>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        match timeout(self.options.answer_max, asked.into_future()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(source)) => Err(BusFault::Refused {
                during,
                source: Box::new(source),
            }),
            Err(_elapsed) => Err(BusFault::Silent(during)),
        }
    }
}

/// An open consumer: the messages of some shards, as they come.
#[derive(Debug)]
pub struct Feed {
    bus: Bus,
    consumer: String,
    subscriber: Subscriber,
    heard: Instant,
    silence_max: Duration,
}

impl Feed {
    /// The next message; `None` when the feed is over. Safe to drop while waiting.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let message = self.subscriber.next().await?;
            self.heard = Instant::now();
            if message.status.is_none() {
                return Some(message);
            }
            self.answer_control(&message).await;
        }
    }

    /// A message that is here already.
    pub fn ready(&mut self) -> Option<Message> {
        // Unconstrained: the fairness budget of a task would end the batch after 128 messages.
        tokio::task::unconstrained(self.next()).now_or_never().flatten()
    }

    /// Whether JetStream has been silent for longer than its heartbeat allows: the consumer is gone.
    pub fn is_silent(&self) -> bool {
        self.heard.elapsed() > self.silence_max
    }

    /// Closes it; JetStream would forget it by itself a little later.
    pub async fn close(mut self) {
        if self.subscriber.unsubscribe().await.is_err() || !self.bus.connected() {
            return;
        }
        let (consumer, stream) = (self.consumer.clone(), self.bus.stream_name());
        let gone = self.bus.jetstream.delete_consumer_from_stream(consumer, stream);
        if let Err(fault) = self.bus.answer("closing a consumer", gone).await {
            info!(error = %fault, "a consumer was left to JetStream to forget");
        }
    }

    /// Flow control: JetStream goes on when it hears from us, so a slow reader is never flooded.
    async fn answer_control(&self, message: &Message) {
        if message.status != Some(StatusCode::IDLE_HEARTBEAT) {
            return;
        }
        let stalled = message
            .headers
            .as_ref()
            .and_then(|headers| headers.get("Nats-Consumer-Stalled"));
        let reply = message
            .reply
            .clone()
            .or_else(|| stalled.map(|subject| subject.as_str().to_owned().into()));
        if let Some(reply) = reply
            && let Err(fault) = self.bus.client.publish(reply, "".into()).await
        {
            debug!(error = %fault, "a flow control message was not answered");
        }
    }
}

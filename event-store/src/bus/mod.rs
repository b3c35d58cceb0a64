//! The way over NATS: one JetStream stream per log identity, which may lose, repeat or forget everything.

pub(crate) mod envelope;
mod fan_out;
mod hints;
mod keys;
mod refusals;
mod subscription;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{Context, ContextBuilder, stream};
use async_nats::{Client, ConnectOptions, ServerAddr};
use tokio::time::timeout;
use traces::Kind;
use tracing::warn;

use crate::Fact;
use crate::identity::LogIdentity;
use crate::spans::FactSpans;

pub use fan_out::Feed;
pub use keys::{Distrust, MessageKeys};

/// The header in which a message carries its tag.
const TAG: &str = "Tot-Tag";
/// The header in which a message says of which trace it is a part, where it is a part of one that is recorded. Our own consumers
/// do not read it: nothing vouches for it, and each fact's metadata says it too.
const TRACE_PARENT: &str = "traceparent";
/// What a message needs around its body: the three headers we write.
const HEAD_BYTES: usize = 512;

/// Named limits of the bus, and whom it believes to be NATS.
#[derive(Clone, Debug)]
pub struct BusOptions {
    /// A file of authorities in PEM, one of which NATS' certificate must be of; the system's where there is none.
    pub roots: Option<PathBuf>,
    /// How long JetStream keeps a message.
    pub message_age_max: Duration,
    /// How many messages JetStream keeps. The stream carries, it does not keep.
    pub messages_max: i64,
    /// How many facts one message carries.
    pub facts_per_message_max: usize,
    /// How long a message may be, in bytes; a single fact may be longer, up to what NATS itself takes.
    pub message_bytes_max: usize,
    /// How long JetStream recognises a message published twice.
    pub duplicate_window: Duration,
    /// How many messages may be published and not yet acknowledged.
    pub publish_window: usize,
    /// How long an acknowledgement, or any answer of NATS, may take.
    pub answer_max: Duration,
    /// How often JetStream says that a silent consumer lives.
    pub heartbeat: Duration,
    /// How many messages may wait here to be read; more are dropped, and the log is read instead.
    pub waiting_max: usize,
    /// How many messages, once read, are kept for workers that are slower; the log is read instead of older ones.
    pub kept_max: usize,
    /// The least time before a consumer, or what hears hints, is opened again.
    pub reopen: Duration,
    /// The least time between two hints to other processes.
    pub hint_pause: Duration,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            roots: None,
            message_age_max: Duration::from_secs(3_600),
            messages_max: 1_000_000,
            facts_per_message_max: 256,
            message_bytes_max: 256 * 1024,
            duplicate_window: Duration::from_secs(10),
            publish_window: 64,
            answer_max: Duration::from_secs(3),
            heartbeat: Duration::from_secs(1),
            waiting_max: 1_024,
            kept_max: 64,
            reopen: Duration::from_millis(250),
            hint_pause: Duration::from_millis(5),
        }
    }
}

/// What NATS did not do. Never a reason to lose a fact: whoever meets one reads the log instead, or tries again.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum BusError {
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
        during: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// This process holds no key under which messages are made or believed.
    #[error("no message key is given to this process")]
    Keyless,
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
    keys: Option<MessageKeys>,
    options: BusOptions,
    fan_out: Arc<fan_out::FanOut>,
}

impl Bus {
    /// Connects in the background, with the default limits: a NATS that is down only delays. Without keys it carries
    /// wake-ups alone, neither facts nor what is made of them.
    ///
    /// # Errors
    /// [`BusError::Url`] when the URL makes no sense.
    pub async fn connect(
        nats_url: &str,
        log: &LogIdentity,
        keys: Option<MessageKeys>,
    ) -> Result<Self, BusError> {
        Self::connect_with(nats_url, log, keys, BusOptions::default()).await
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// [`BusError::Url`] when the URL makes no sense.
    pub async fn connect_with(
        nats_url: &str,
        log: &LogIdentity,
        keys: Option<MessageKeys>,
        options: BusOptions,
    ) -> Result<Self, BusError> {
        let client = secured(signed_in(nats_url), nats_url, options.roots.as_deref())
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
            .map_err(BusError::Url)?;
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
            keys,
            fan_out: Arc::new(fan_out::FanOut::new(options.kept_max)),
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

    /// The subject on which this log's facts travel.
    pub fn subject(&self) -> String {
        format!("tot.{}.facts", self.token)
    }

    /// Makes sure that the stream exists.
    ///
    /// # Errors
    /// When NATS is away, silent or out of room.
    pub async fn ensure_stream(&self) -> Result<(), BusError> {
        if !self.connected() {
            return Err(BusError::Away);
        }
        let config = stream::Config {
            name: self.stream_name(),
            subjects: vec![self.subject()],
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

    /// Publishes facts in order, many in a message, and waits until each message is acknowledged. A fact too long for
    /// NATS is left out: whoever follows its shard finds the gap and reads the log.
    ///
    /// # Errors
    /// When any of them was not acknowledged; some may have been stored all the same.
    pub async fn publish(&self, facts: &[Fact]) -> Result<(), BusError> {
        let mut waiting = Vec::new();
        for message in self.messages(facts)? {
            let carried = facts
                .iter()
                .filter(|fact| (message.first..=message.last).contains(&fact.position));
            let spans = FactSpans::begin(carried, message.facts, Kind::Producer, || "publish".into());
            waiting.push((self.send(message, spans.trace_parent()).await?, spans));
            if waiting.len() >= self.options.publish_window {
                acknowledged(&mut waiting).await?;
            }
        }
        acknowledged(&mut waiting).await
    }

    fn messages(&self, facts: &[Fact]) -> Result<Vec<envelope::Message>, BusError> {
        let mut messages: Vec<envelope::Message> = Vec::new();
        for fact in facts {
            let sealed = envelope::seal(fact)?;
            if sealed.len() + envelope::FRAME_BYTES + HEAD_BYTES > self.client.server_info().max_payload {
                warn!(
                    position = fact.position,
                    "a fact too long for NATS is left to the log"
                );
                continue;
            }
            let room = messages.last_mut().filter(|last| {
                last.facts < self.options.facts_per_message_max
                    && last.bytes() + sealed.len() < self.options.message_bytes_max
            });
            match room {
                Some(last) => last.add(fact.position, &sealed),
                None => messages.push(envelope::Message::of(fact.position, &sealed)),
            }
        }
        Ok(messages)
    }

    async fn send(
        &self,
        message: envelope::Message,
        trace_parent: Option<String>,
    ) -> Result<PublishAckFuture, BusError> {
        if !self.connected() {
            return Err(BusError::Away);
        }
        let (first, last, body) = (message.first, message.last, message.into_bytes());
        let tag = self.keys.as_ref().and_then(|keys| keys.tag(&self.token, &body));
        let tag = tag.ok_or(BusError::Keyless)?;
        // With the tag: whoever could tell the id beforehand could have JetStream take our message for a repetition.
        let id = format!("{}-{first}-{last}-{tag}", self.token);
        let mut message = PublishMessage::build()
            .header(TAG, tag.as_str())
            .payload(body.into())
            .message_id(id);
        if let Some(trace_parent) = trace_parent {
            message = message.header(TRACE_PARENT, trace_parent);
        }
        self.jetstream
            .send_publish(self.subject(), message)
            .await
            .map_err(|source| BusError::Refused {
                during: "publishing",
                source: Box::new(source),
            })
    }

    async fn answer<T, E>(
        &self,
        during: &'static str,
        asked: impl IntoFuture<Output = Result<T, E>>,
    ) -> Result<T, BusError>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        match timeout(self.options.answer_max, asked.into_future()).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(source)) => Err(BusError::Refused {
                during,
                source: Box::new(source),
            }),
            Err(_elapsed) => Err(BusError::Silent(during)),
        }
    }
}

/// Signs in as the URL says: the client itself takes no notice of the user in it.
fn signed_in(nats_url: &str) -> ConnectOptions {
    let address = nats_url.parse::<ServerAddr>().ok();
    let named = address
        .as_ref()
        .and_then(|address| Some((address.username()?, address.password()?)));
    match named {
        Some((user, password)) => {
            ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
        }
        None => ConnectOptions::new(),
    }
}

/// Where the address says TLS, every server is spoken to by it: those that NATS tells of later, too.
fn secured(options: ConnectOptions, nats_url: &str, roots: Option<&Path>) -> ConnectOptions {
    let options = match roots {
        Some(roots) => options.add_root_certificates(roots.to_owned()),
        None => options,
    };
    let required = nats_url
        .parse::<ServerAddr>()
        .is_ok_and(|address| address.tls_required());
    options.require_tls(required)
}

async fn acknowledged(waiting: &mut Vec<(PublishAckFuture, FactSpans)>) -> Result<(), BusError> {
    for (acknowledgement, spans) in waiting.drain(..) {
        match acknowledgement.await {
            Ok(_) => spans.done(),
            Err(source) => {
                spans.failed("not_acknowledged");
                return Err(BusError::Refused {
                    during: "publishing",
                    source: Box::new(source),
                });
            }
        }
    }
    Ok(())
}

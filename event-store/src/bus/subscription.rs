//! One ephemeral JetStream consumer over all facts of the log: what is published from now on, unacknowledged.

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, push};
use async_nats::{Message, StatusCode, Subscriber};
use futures::StreamExt;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{debug, info};

use super::{Bus, BusError};

/// An open consumer.
#[derive(Debug)]
pub(super) struct Subscription {
    bus: Bus,
    consumer: String,
    subscriber: Subscriber,
    last_message_at: Instant,
    idle_timeout: Duration,
}

impl Subscription {
    /// Opens it, and makes the stream if there is none.
    ///
    /// # Errors
    /// When NATS is away, silent or refuses.
    pub async fn open(bus: &Bus) -> Result<Self, BusError> {
        bus.ensure_stream().await?;
        let inbox = bus.client.new_inbox();
        let subscriber = bus
            .answer("subscribing", bus.client.subscribe(inbox.clone()))
            .await?;
        let config = push::Config {
            deliver_subject: inbox,
            filter_subject: bus.subject(),
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::None,
            flow_control: true,
            idle_heartbeat: bus.options.heartbeat,
            memory_storage: true,
            inactive_threshold: bus.options.heartbeat * 5,
            num_replicas: 1,
            ..push::Config::default()
        };
        let made = bus.jetstream.create_consumer_on_stream(config, bus.stream_name());
        let consumer = bus.answer("opening a consumer", made).await?;
        Ok(Self {
            bus: bus.clone(),
            consumer: consumer.cached_info().name.clone(),
            subscriber,
            last_message_at: Instant::now(),
            idle_timeout: bus.options.heartbeat * 3,
        })
    }

    /// The next message; `None` when the subscription is over. Safe to drop while waiting.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            let message = self.subscriber.next().await?;
            self.last_message_at = Instant::now();
            if message.status.is_none() {
                return Some(message);
            }
            self.answer_control(&message).await;
        }
    }

    /// Whether JetStream has been silent for longer than its heartbeat allows: the consumer is gone.
    pub fn is_silent(&self) -> bool {
        self.last_message_at.elapsed() > self.idle_timeout
    }

    /// Closes it; JetStream would forget it by itself a little later.
    pub async fn close(mut self) {
        if self.subscriber.unsubscribe().await.is_err() || !self.bus.connected() {
            return;
        }
        let (consumer, stream) = (self.consumer.clone(), self.bus.stream_name());
        let gone = self.bus.jetstream.delete_consumer_from_stream(consumer, stream);
        if let Err(error) = self.bus.answer("closing a consumer", gone).await {
            info!(error = %error, "a consumer was left to JetStream to forget");
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
            && let Err(error) = self.bus.client.publish(reply, "".into()).await
        {
            debug!(error = %error, "a flow control message was not answered");
        }
    }
}

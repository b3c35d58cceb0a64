//! The task that sends spans to the collector, many at a time. A collector that is away delays nobody: what it does not take in
//! time is lost, counted, and told once.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::encode::{self, Resource};
use crate::losses;
use crate::record::Record;

/// So many spans are sent at a time.
const BATCH_MAX: usize = 512;
/// How long the first span of a batch waits for others.
const GATHER_WITHIN: Duration = Duration::from_secs(2);
/// How long the collector may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How often a batch is sent before it is given up.
const TRIES_MAX: u32 = 3;
/// The pause before a batch is sent again; the next one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);

/// Whoever takes spans: an OpenTelemetry collector.
pub trait Collector: Send + Sync {
    /// Sends an `ExportTraceServiceRequest` in protobuf, and answers the response's body.
    fn send(&self, request: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, CollectorError>>;
}

/// Why spans were not taken.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// It did not answer, or not in time.
    #[error("the collector did not answer")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It answered with another status than 200.
    #[error("the collector answered {0}")]
    Status(u16),
    /// It took a part.
    #[error("the collector refused {0} spans of a batch")]
    Rejected(u64),
    /// More spans were made than it took.
    #[error("spans are made faster than the collector takes them")]
    TooSlow,
}

impl CollectorError {
    /// Whether the same may be taken later (OTLP's retryable statuses).
    const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Status(status) => matches!(status, 429 | 502 | 503 | 504),
            Self::Rejected(_) | Self::TooSlow => false,
        }
    }
}

/// Sends what is recorded; made by [`install`](crate::install).
pub struct Exporter {
    collector: Box<dyn Collector>,
    resource: Resource,
    records: mpsc::Receiver<Record>,
    /// Whether spans are being lost, which is told when it begins and when it ends.
    is_losing: bool,
    overflowed: u64,
}

impl Exporter {
    pub(crate) fn new(
        collector: Box<dyn Collector>,
        resource: Resource,
        records: mpsc::Receiver<Record>,
    ) -> Self {
        Self {
            collector,
            resource,
            records,
            is_losing: false,
            overflowed: 0,
        }
    }

    /// Sends spans until `stop`, and then what is left, each batch once. Whoever stops it waits as long as they like.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let batch = self.gather(&stop).await;
            self.tell(batch, &stop).await;
        }
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH_MAX
                && let Ok(record) = self.records.try_recv()
            {
                batch.push(record);
            }
            if batch.is_empty() {
                return;
            }
            self.tell(batch, &stop).await;
        }
    }

    /// A batch as soon as it is full, or its first span has waited for long enough.
    async fn gather(&mut self, stop: &CancellationToken) -> Vec<Record> {
        let mut batch = Vec::new();
        let first = self.records.recv_many(&mut batch, BATCH_MAX);
        if stop.run_until_cancelled(first).await.is_none() {
            return batch;
        }
        let until = Instant::now() + GATHER_WITHIN;
        while batch.len() < BATCH_MAX {
            let room = BATCH_MAX - batch.len();
            let more = timeout_at(until, self.records.recv_many(&mut batch, room));
            match stop.run_until_cancelled(more).await {
                Some(Ok(count)) if count > 0 => {}
                Some(Ok(_) | Err(_)) | None => break,
            }
        }
        batch
    }

    async fn tell(&mut self, batch: Vec<Record>, stop: &CancellationToken) {
        if batch.is_empty() {
            return;
        }
        let spans = batch.len() as u64;
        let request = encode::request(&self.resource, batch);
        let (taken, trouble) = match self.send(request, stop).await {
            Ok(0) => (spans, None),
            Ok(rejected) => {
                losses::dropped("rejected", rejected.min(spans));
                let taken = spans.saturating_sub(rejected);
                (taken, Some(CollectorError::Rejected(rejected)))
            }
            Err(error) => {
                losses::dropped("not_taken", spans);
                (0, Some(error))
            }
        };
        metrics::counter!("tot_spans_sent_total").increment(taken);
        let overflowed = losses::overflowed();
        let is_too_slow = std::mem::replace(&mut self.overflowed, overflowed) < overflowed;
        self.note(trouble.or_else(|| is_too_slow.then_some(CollectorError::TooSlow)));
    }

    /// Says once that spans are being lost, and once that they are not any more.
    fn note(&mut self, trouble: Option<CollectorError>) {
        let was_losing = std::mem::replace(&mut self.is_losing, trouble.is_some());
        match trouble {
            Some(error) if !was_losing => warn!(
                error = &error as &dyn std::error::Error,
                "Spans are lost, everything else goes on; tot_spans_dropped_total counts them"
            ),
            None if was_losing => info!("The collector takes all spans again"),
            Some(_) | None => {}
        }
    }

    /// Sends a batch, again if that may help; answers how many of its spans were refused.
    async fn send(&self, request: Vec<u8>, stop: &CancellationToken) -> Result<u64, CollectorError> {
        let mut pause = PAUSE;
        for _ in 1..TRIES_MAX {
            match self.once(request.clone()).await {
                Err(error) if error.is_passing() => {}
                answer => return answer,
            }
            if stop.run_until_cancelled(sleep(pause)).await.is_none() {
                break;
            }
            pause *= 2;
        }
        self.once(request).await
    }

    async fn once(&self, request: Vec<u8>) -> Result<u64, CollectorError> {
        match timeout(ANSWER_WITHIN, self.collector.send(request)).await {
            Ok(answer) => Ok(encode::rejected(&answer?)),
            Err(late) => Err(CollectorError::Unreachable(Box::new(late))),
        }
    }
}

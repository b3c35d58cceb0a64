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
        match stop.run_until_cancelled(first).await {
            Some(0) => stop.cancelled().await, // Nobody is left who could record any.
            Some(_) => {}
            None => return batch,
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex};
    use std::time::SystemTime;

    use opentelemetry_proto::tonic::collector::trace::v1::{
        ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
    };
    use prost::Message;
    use uuid::Uuid;

    use super::*;
    use crate::ids::{SpanId, TraceId};
    use crate::record::Kind;

    type Answer = Result<Vec<u8>, CollectorError>;

    /// Answers as it was told to, and takes everything after that.
    #[derive(Clone, Default)]
    struct Scripted {
        answers: Arc<Mutex<VecDeque<Answer>>>,
        requests: Arc<Mutex<Vec<Vec<String>>>>,
    }

    impl Collector for Scripted {
        fn send(&self, request: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, CollectorError>> {
            let request = ExportTraceServiceRequest::decode(request.as_slice()).unwrap();
            let spans = &request.resource_spans[0].scope_spans[0].spans;
            let names = spans.iter().map(|span| span.name.clone()).collect();
            self.requests.lock().unwrap().push(names);
            let answer = self.answers.lock().unwrap().pop_front();
            Box::pin(async move { answer.unwrap_or(Ok(Vec::new())) })
        }
    }

    fn record(name: &'static str) -> Record {
        Record {
            trace_id: TraceId::random(),
            id: SpanId::random(),
            parent: None,
            name: name.into(),
            kind: Kind::Internal,
            started_at: SystemTime::UNIX_EPOCH,
            ended_at: SystemTime::UNIX_EPOCH,
            attributes: Vec::new(),
            failed: false,
            subjects: Arc::default(),
        }
    }

    fn resource() -> Resource {
        Resource {
            service_name: "tot".to_owned(),
            service_version: "0.0.0",
            instance_id: Uuid::nil(),
            roles: "api".to_owned(),
        }
    }

    /// An exporter with these spans in its queue, told to stop: it sends what there is.
    async fn exported(
        names: &[&'static str],
        answers: Vec<Result<Vec<u8>, CollectorError>>,
    ) -> Vec<Vec<String>> {
        let scripted = Scripted {
            answers: Arc::new(Mutex::new(answers.into())),
            ..Scripted::default()
        };
        let (queue, records) = mpsc::channel(names.len().max(1));
        for name in names {
            queue.try_send(record(name)).unwrap();
        }
        let exporter = Exporter::new(Box::new(scripted.clone()), resource(), records);
        let stop = CancellationToken::new();
        stop.cancel();
        exporter.run(stop).await;
        scripted.requests.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn what_is_left_is_sent_when_it_ends_in_batches() {
        assert_eq!(exported(&[], vec![]).await, Vec::<Vec<String>>::new());
        assert_eq!(exported(&["a", "b"], vec![]).await, [["a", "b"]]);
        let many = vec!["a"; BATCH_MAX + 1];
        let sizes: Vec<usize> = exported(&many, vec![]).await.iter().map(Vec::len).collect();
        assert_eq!(sizes, [BATCH_MAX, 1]);
    }

    #[tokio::test]
    async fn only_what_may_help_is_sent_again_and_at_the_end_once_and_at_once() {
        let status = |status| vec![Err(CollectorError::Status(status))];
        for (answers, requests) in [
            (status(503), 2),
            (status(429), 2),
            (status(400), 1),
            (status(413), 1),
        ] {
            assert_eq!(exported(&["a"], answers).await.len(), requests);
        }
        let away = || CollectorError::Unreachable("away".into());
        assert_eq!(exported(&["a"], vec![Err(away()), Err(away())]).await.len(), 2);
    }

    #[tokio::test]
    async fn that_spans_are_lost_is_known_until_all_are_taken_again() {
        let rejected = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 1,
                error_message: "too old".to_owned(),
            }),
        };
        let scripted = Scripted {
            answers: Arc::new(Mutex::new(
                vec![
                    Err(CollectorError::Status(400)),
                    Ok(rejected.encode_to_vec()),
                    Ok(Vec::new()),
                ]
                .into(),
            )),
            ..Scripted::default()
        };
        let (_queue, records) = mpsc::channel(1);
        let mut exporter = Exporter::new(Box::new(scripted), resource(), records);
        let stop = CancellationToken::new();
        let mut losing = Vec::new();
        for _ in 0..3 {
            exporter.tell(vec![record("a")], &stop).await;
            losing.push(exporter.is_losing);
        }
        assert_eq!(losing, [true, true, false]);
    }
}

//! A stand-in for an OpenTelemetry collector: takes OTLP in protobuf over HTTP, and keeps what it was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::wait::until;

/// A running collector.
pub struct Collector {
    port: u16,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    spans: Vec<SeenSpan>,
    /// The heads of the requests, and their bodies as they came.
    requests: Vec<(String, Vec<u8>)>,
}

/// A span as it was sent.
#[derive(Clone, Debug)]
pub struct SeenSpan {
    /// Its trace, span and parent in hexadecimal; no parent is empty.
    pub trace_id: String,
    /// Its own id.
    pub id: String,
    /// The id of its parent.
    pub parent: String,
    /// What it is called.
    pub name: String,
    /// How it stands to its parent.
    pub kind: SpanKind,
    /// Whether it failed.
    pub failed: bool,
    /// From when until when, in nanoseconds since the Unix epoch.
    pub times: (u64, u64),
    /// What it says, as text.
    pub attributes: BTreeMap<String, String>,
    /// What its process says of itself.
    pub resource: BTreeMap<String, String>,
}

impl SeenSpan {
    /// An attribute; empty where there is none.
    pub fn says(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

impl Collector {
    /// A collector at a port of its own.
    pub async fn start() -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", 0)).await.unwrap())
    }

    /// A collector at this port, where there was none.
    pub async fn at(port: u16) -> Self {
        Self::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap())
    }

    fn on(listener: TcpListener) -> Self {
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Taken>>::default();
        let shared = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&shared)));
            }
        });
        Self { port, taken }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<SeenSpan> {
        self.taken.lock().unwrap().spans.clone()
    }

    /// The heads of the requests so far, and their bodies as they came.
    pub fn requests(&self) -> Vec<(String, Vec<u8>)> {
        self.taken.lock().unwrap().requests.clone()
    }

    /// Waits until some span fits, and answers it.
    pub async fn until(&self, what: &str, fits: impl Fn(&SeenSpan) -> bool) -> SeenSpan {
        until(what, || async {
            self.spans().into_iter().find(|span| fits(span))
        })
        .await
    }
}

/// Takes requests from one connection, one after another.
async fn take(stream: TcpStream, taken: Arc<Mutex<Taken>>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = request(&mut stream).await {
        let fits = head.starts_with("POST /v1/traces HTTP/1.1")
            && head
                .to_lowercase()
                .contains("content-type: application/x-protobuf");
        let read = ExportTraceServiceRequest::decode(body.as_slice())
            .ok()
            .filter(|_| fits);
        let status = if read.is_some() {
            "200 OK"
        } else {
            "400 Bad Request"
        };
        note(&taken, read, (head, body));
        let answer = ExportTraceServiceResponse::default().encode_to_vec();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", answer.len());
        if stream
            .write_all(&[head.as_bytes(), &answer].concat())
            .await
            .is_err()
        {
            return;
        }
    }
}

fn note(taken: &Mutex<Taken>, read: Option<ExportTraceServiceRequest>, request: (String, Vec<u8>)) {
    let mut taken = taken.lock().unwrap();
    taken.spans.extend(read.into_iter().flat_map(spans));
    taken.requests.push(request);
}

/// The next request of a connection; none when it is over.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let read = stream.read_line(&mut head).await.ok()?;
        if read == 0 {
            return None;
        }
        if head.ends_with("\r\n\r\n") {
            break;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

fn spans(request: ExportTraceServiceRequest) -> Vec<SeenSpan> {
    let of_resource = |resource_spans: opentelemetry_proto::tonic::trace::v1::ResourceSpans| {
        let resource = told(&resource_spans.resource.unwrap_or_default().attributes);
        let of_scopes = resource_spans.scope_spans.into_iter();
        of_scopes
            .flat_map(|scope| scope.spans)
            .map(|span| seen(&span, &resource))
            .collect::<Vec<_>>()
    };
    request.resource_spans.into_iter().flat_map(of_resource).collect()
}

fn seen(span: &Span, resource: &BTreeMap<String, String>) -> SeenSpan {
    assert_eq!((span.trace_id.len(), span.span_id.len()), (16, 8), "{span:?}");
    SeenSpan {
        trace_id: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name.clone(),
        kind: span.kind(),
        failed: span.status.as_ref().is_some_and(|status| status.code == 2),
        times: (span.start_time_unix_nano, span.end_time_unix_nano),
        attributes: told(&span.attributes),
        resource: resource.clone(),
    }
}

fn told(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &any_value::Value| match value {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => panic!("no span of ours says {other:?}"),
    };
    attributes
        .iter()
        .map(|pair| {
            let value = pair.value.as_ref().and_then(|value| value.value.as_ref());
            (pair.key.clone(), value.map(text).unwrap_or_default())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

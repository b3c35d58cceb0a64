//! Spans as OTLP has them: protobuf messages of OpenTelemetry's own definitions.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource as ProtoResource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use uuid::Uuid;

use crate::attribute::{Attribute, Value};
use crate::record::{Kind, Record};
use crate::subjects::Subjects;

/// What our spans are made by, as OpenTelemetry names instrumentation.
const SCOPE: &str = "tot";
/// A span's flags: it is sampled, and whether its parent is of another process is not said.
const SAMPLED: u32 = 1;

/// The process that makes the spans.
#[derive(Clone, Debug)]
pub struct Resource {
    /// What the deployment calls the platform.
    pub service_name: String,
    /// The running code's version.
    pub service_version: &'static str,
    /// Which process it is, of however many.
    pub instance_id: Uuid,
    /// The roles it plays, separated by commas.
    pub roles: String,
}

/// A batch of spans as a request to a collector.
pub(crate) fn request(resource: &Resource, records: Vec<Record>) -> Vec<u8> {
    let scope = InstrumentationScope {
        name: SCOPE.to_owned(),
        version: resource.service_version.to_owned(),
        ..InstrumentationScope::default()
    };
    let spans = ScopeSpans {
        scope: Some(scope),
        spans: records.into_iter().map(span).collect(),
        ..ScopeSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(described(resource)),
            scope_spans: vec![spans],
            ..ResourceSpans::default()
        }],
    };
    request.encode_to_vec()
}

/// How many spans of a request its response says were refused; none where it cannot be read, which says nothing.
pub(crate) fn rejected(response: &[u8]) -> u64 {
    let response = ExportTraceServiceResponse::decode(response).unwrap_or_default();
    let part = response.partial_success.unwrap_or_default();
    u64::try_from(part.rejected_spans).unwrap_or(0)
}

fn described(resource: &Resource) -> ProtoResource {
    let attributes = [
        ("service.name", resource.service_name.clone()),
        ("service.version", resource.service_version.to_owned()),
        ("service.instance.id", resource.instance_id.to_string()),
        ("tot.roles", resource.roles.clone()),
    ];
    ProtoResource {
        attributes: attributes
            .map(|(key, text)| key_value(key, Value::Text(text)))
            .into(),
        ..ProtoResource::default()
    }
}

fn span(record: Record) -> Span {
    let subjects = told(&record.subjects);
    Span {
        trace_id: record.trace_id.to_bytes().to_vec(),
        span_id: record.id.to_bytes().to_vec(),
        parent_span_id: record.parent.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        name: record.name.into_owned(),
        kind: kind(record.kind).into(),
        start_time_unix_nano: nanoseconds(record.started_at),
        end_time_unix_nano: nanoseconds(record.ended_at),
        attributes: record
            .attributes
            .into_iter()
            .chain(subjects)
            .map(|attribute| key_value(attribute.key(), attribute.value()))
            .collect(),
        status: record.failed.then(|| Status {
            code: StatusCode::Error.into(),
            ..Status::default()
        }),
        flags: SAMPLED,
        ..Span::default()
    }
}

/// What the work turned out to be about.
fn told(subjects: &Subjects) -> impl Iterator<Item = Attribute> {
    [
        subjects.booking.get().copied().map(Attribute::Booking),
        subjects.payment.get().copied().map(Attribute::Payment),
        subjects.intent.get().copied().map(Attribute::Intent),
    ]
    .into_iter()
    .flatten()
}

const fn kind(kind: Kind) -> SpanKind {
    match kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
        Kind::Producer => SpanKind::Producer,
        Kind::Consumer => SpanKind::Consumer,
    }
}

fn key_value(key: &str, value: Value) -> KeyValue {
    let value = match value {
        Value::Text(text) => any_value::Value::StringValue(text),
        Value::Number(number) => any_value::Value::IntValue(number),
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

//! What is kept of a span until it is sent.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::attribute::Attribute;
use crate::ids::{SpanId, TraceId};
use crate::subjects::Subjects;

/// How a span stands to its parent and children (OpenTelemetry's span kinds).
#[expect(missing_docs, reason = "OpenTelemetry's own words")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) trace_id: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) started_at: SystemTime,
    pub(crate) ended_at: SystemTime,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) failed: bool,
    pub(crate) subjects: Arc<Subjects>,
}

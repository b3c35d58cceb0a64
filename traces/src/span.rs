//! A span: one piece of work in a recorded trace, from when it is made until it is dropped.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use uuid::Uuid;

use crate::attribute::Attribute;
use crate::ids::{SpanId, TraceId, TraceParent};
use crate::record::{Kind, Record};
use crate::recorder;
use crate::subjects::Subjects;

/// One piece of work under way; nothing where its trace is not recorded. It ends when it is dropped.
#[derive(Debug)]
pub struct Span(Option<Box<Record>>);

impl Span {
    /// No span.
    pub const fn none() -> Self {
        Self(None)
    }

    /// A span below the one that appended the facts of `cause`, in its trace; none where that is not recorded.
    pub fn after(trace_id: TraceId, cause: Uuid, name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        if !recorder::takes(trace_id) {
            return Self::none();
        }
        let parent = SpanId::of_cause(trace_id, cause);
        Self::start(trace_id, Some(parent), name, kind, Arc::default())
    }

    pub(crate) fn start(
        trace_id: TraceId,
        parent: Option<SpanId>,
        name: impl Into<Cow<'static, str>>,
        kind: Kind,
        subjects: Arc<Subjects>,
    ) -> Self {
        let started_at = now();
        Self(Some(Box::new(Record {
            trace_id,
            id: SpanId::random(),
            parent,
            name: name.into(),
            kind,
            started_at,
            ended_at: started_at,
            attributes: Vec::new(),
            failed: false,
            subjects,
        })))
    }

    /// Whether it is one.
    pub const fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn id(&self) -> Option<SpanId> {
        self.0.as_ref().map(|record| record.id)
    }

    /// What goes on below it is told in a header.
    pub fn trace_parent(&self) -> Option<TraceParent> {
        self.0.as_ref().map(|record| TraceParent {
            trace_id: record.trace_id,
            span_id: record.id,
            sampled: true,
        })
    }

    /// Says something about it.
    pub fn set(&mut self, attribute: Attribute) {
        if let Some(record) = &mut self.0 {
            record.attributes.push(attribute);
        }
    }

    /// It failed; `why` is a word of ours.
    pub fn fail(&mut self, why: &'static str) {
        if let Some(record) = &mut self.0 {
            record.failed = true;
            record.attributes.push(Attribute::ErrorType(why));
        }
    }

    /// From now on it can be found by what it led to: it appended the facts of this command, or kept this notice. No span may
    /// have been started below it yet.
    pub fn becomes_cause(&mut self, cause: Uuid) {
        if let Some(record) = &mut self.0 {
            record.id = SpanId::of_cause(record.trace_id, cause);
        }
    }

    /// Forgets it: nothing happened that is worth telling.
    pub fn discard(mut self) {
        self.0 = None;
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(mut record) = self.0.take() {
            record.ended_at = now().max(record.started_at);
            recorder::keep(*record);
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a collector wants the machine's time; no decision depends on it"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

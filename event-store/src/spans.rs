//! Spans of what happens to commands and facts. Whoever meets a fact finds its trace in the fact's metadata, and there the span that
//! appended it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use traces::{Attribute, Kind, Span, TraceId, child_span};
use uuid::Uuid;

use crate::appender::{Append, Appended};
use crate::error::LogError;
use crate::fact::Fact;
use crate::metadata::CommandContext;

/// Where a fact comes from, as far as it matters here.
#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow)]
    trace_id: Cow<'a, str>,
    #[serde(borrow)]
    correlation_id: Cow<'a, str>,
}

/// The span of a command; none for a look, which belongs to no trace.
pub(crate) fn of_command(context: &CommandContext) -> Span {
    if context.trace_id.is_empty() {
        return Span::none();
    }
    let mut span = child_span("command", Kind::Internal);
    if span.is_recorded() {
        span.set(Attribute::Command(context.command_id));
        span.set(Attribute::Actor(context.actor_role));
        if let Some(position) = context.causation {
            span.set(Attribute::CausedBy(position));
        }
    }
    span
}

/// The span of an append, from when it is queued until it is answered.
pub(crate) fn of_append(append: &Append) -> Span {
    let mut span = child_span("append", Kind::Client);
    if span.is_recorded() {
        let types: Vec<&str> = append.facts.iter().map(|fact| fact.event_type.as_str()).collect();
        span.set(Attribute::Events(types.join(",").into()));
        span.set(Attribute::Facts(append.facts.len()));
    }
    span
}

/// Says what became of an append. One that is committed is found from now on by the facts it appended: a command is committed
/// once, so there is one such span.
pub(crate) fn appended(mut span: Span, context: &CommandContext, answer: Result<&Appended, &LogError>) {
    match answer {
        Ok(Appended::Committed { first, .. }) => {
            span.becomes_cause(context.command_id);
            span.set(Attribute::Position(*first));
            span.set(Attribute::Outcome("committed"));
        }
        Ok(Appended::Conflict) => span.set(Attribute::Outcome("conflict")),
        Ok(Appended::Replayed(_)) => span.set(Attribute::Outcome("replayed")),
        Err(_) => span.fail("unavailable"),
    }
}

/// Spans of something that is done to many facts at once: one in each trace among them, below the append that they come from.
/// Forgotten unless [`FactSpans::done`] says that it happened.
#[derive(Default)]
pub(crate) struct FactSpans(Vec<Span>);

impl FactSpans {
    /// Begins them for `facts`, which stand in the order of the log; `batch` is of how many facts in all.
    pub fn begin<'f>(
        facts: impl IntoIterator<Item = &'f Fact>,
        batch: usize,
        kind: Kind,
        name: impl Fn() -> Cow<'static, str>,
    ) -> Self {
        if !traces::is_on() {
            return Self::default();
        }
        let mut of_causes: BTreeMap<(String, Uuid), (Span, usize)> = BTreeMap::new();
        let mut last: Option<(&str, Option<(String, Uuid)>)> = None;
        for fact in facts {
            let metadata = fact.metadata.get();
            // Facts of one command have the same metadata, and the first of them alone names the command.
            let cause = match &last {
                Some((same, cause)) if *same == metadata => cause.clone(),
                Some(_) | None => cause_of(fact),
            };
            if let Some(cause) = &cause
                && let Some(trace_id) = TraceId::parse(&cause.0)
            {
                let (_, count) = of_causes.entry(cause.clone()).or_insert_with(|| {
                    let mut span = Span::after(trace_id, cause.1, name(), kind);
                    if span.is_recorded() {
                        span.set(Attribute::PartitionKey(fact.partition_key.as_str().into()));
                        span.set(Attribute::BatchFacts(batch));
                    }
                    (span, 0)
                });
                *count += 1;
            }
            last = Some((metadata, cause));
        }
        let counted = of_causes.into_values().map(|(mut span, count)| {
            span.set(Attribute::Facts(count));
            span
        });
        Self(counted.filter(Span::is_recorded).collect())
    }

    /// Says something about each.
    pub fn set(&mut self, attribute: &Attribute) {
        self.0.iter_mut().for_each(|span| span.set(attribute.clone()));
    }

    /// What a message says of where it comes from: the first of them, if there are any.
    pub fn trace_parent(&self) -> Option<String> {
        let first = self.0.first().and_then(Span::trace_parent)?;
        Some(first.to_string())
    }

    /// It happened.
    pub fn done(mut self) {
        self.0.clear();
    }

    /// It failed for good; `why` is a word of ours.
    pub fn failed(mut self, why: &'static str) {
        self.0.iter_mut().for_each(|span| span.fail(why));
        self.0.clear();
    }
}

impl Drop for FactSpans {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Span::discard);
    }
}

/// The trace of a fact and the command that appended it, or from which all of it follows where the fact does not name its own.
fn cause_of(fact: &Fact) -> Option<(String, Uuid)> {
    let origin: Origin<'_> = serde_json::from_str(fact.metadata.get()).ok()?;
    let cause = match fact.command_id {
        Some(command_id) => command_id,
        None => Uuid::parse_str(&origin.correlation_id).ok()?,
    };
    Some((origin.trace_id.into_owned(), cause))
}

/// The trace of a fact, for a log line about it; empty when it cannot be read.
pub(crate) fn trace_id_of(fact: &Fact) -> String {
    serde_json::from_str::<Origin<'_>>(fact.metadata.get())
        .map(|origin| origin.trace_id.into_owned())
        .unwrap_or_default()
}

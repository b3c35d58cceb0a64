//! What the present work belongs to: its trace, its span and the booking it is about, for the spans below it and for every log
//! line written meanwhile.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio::task::futures::TaskLocalFuture;
use tokio::task_local;
use uuid::Uuid;

use crate::ids::{SpanId, TraceId, TraceParent};
use crate::record::Kind;
use crate::recorder;
use crate::span::Span;
use crate::subjects::Subjects;

task_local! {
    static CURRENT: Context;
}

/// One piece of work. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Arc<Work>);

#[derive(Debug)]
struct Work {
    trace_id: Option<TraceId>,
    /// The span that it is done in, where one is recorded.
    span: Option<SpanId>,
    subjects: Arc<Subjects>,
}

impl Context {
    /// A request that has come in, in the trace of whoever sent it or in a new one, and its span.
    pub fn of_request(
        trace_id: TraceId,
        parent: Option<TraceParent>,
        name: impl FnOnce() -> String,
    ) -> (Self, Span) {
        let is_sampled =
            recorder::is_on() && parent.map_or_else(|| recorder::takes(trace_id), |parent| parent.sampled);
        let subjects = Arc::<Subjects>::default();
        let span = if is_sampled {
            let remote = parent.map(|parent| parent.span_id);
            Span::start(trace_id, remote, name(), Kind::Server, Arc::clone(&subjects))
        } else {
            Span::none()
        };
        (Self::of(Some(trace_id), &span, subjects), span)
    }

    /// An intent, which may be carried out long after what led to it and in another process: it goes on in the same trace,
    /// below the span that appended the facts of the command that all of it follows from.
    pub fn of_intent(
        intent_id: Uuid,
        trace_id: Option<TraceId>,
        correlation_id: Option<Uuid>,
        name: &'static str,
    ) -> (Self, Span) {
        let subjects = Arc::<Subjects>::default();
        let _ = subjects.intent.set(intent_id); // Nobody else has it yet.
        let span = match trace_id.filter(|trace_id| recorder::takes(*trace_id)) {
            Some(trace_id) => {
                let parent = correlation_id.map(|cause| SpanId::of_cause(trace_id, cause));
                Span::start(trace_id, parent, name, Kind::Consumer, Arc::clone(&subjects))
            }
            None => Span::none(),
        };
        (Self::of(trace_id, &span, subjects), span)
    }

    /// What is told because of a fact; no span.
    pub fn of_fact(trace_id: Option<TraceId>, partition_key: &str) -> Self {
        let subjects = Arc::<Subjects>::default();
        let _ = subjects.partition.set(partition_key.into()); // Nobody else has it yet.
        Self::of(trace_id, &Span::none(), subjects)
    }

    fn of(trace_id: Option<TraceId>, span: &Span, subjects: Arc<Subjects>) -> Self {
        Self(Arc::new(Work {
            trace_id,
            span: span.id(),
            subjects,
        }))
    }

    /// What the present task works on; none outside requests and intents.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Self::clone).ok()
    }

    /// Does `work` as a part of this. It is boxed: what wraps whole requests and intents must not multiply what a poll takes of
    /// a thread's stack.
    pub fn scope<W: Future>(self, work: W) -> TaskLocalFuture<Self, Pin<Box<W>>> {
        CURRENT.scope(self, Box::pin(work))
    }

    /// The same for work that waits for nothing.
    pub fn sync_scope<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// It is about this booking.
    pub fn note_booking(&self, id: Uuid) {
        let _ = self.0.subjects.booking.set(id); // The first word counts.
    }

    /// It is about this payment.
    pub fn note_payment(&self, id: Uuid) {
        let _ = self.0.subjects.payment.set(id); // The first word counts.
    }

    /// What a log line says of it, by the names of its fields.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, impl Display)> {
        let Work {
            trace_id, subjects, ..
        } = &*self.0;
        let id = |name, cell: &OnceLock<Uuid>| cell.get().map(|id| (name, id.to_string()));
        [
            trace_id.map(|id| ("trace.id", id.to_string())),
            id("booking.id", &subjects.booking),
            id("payment.id", &subjects.payment),
            id("intent.id", &subjects.intent),
            subjects
                .partition
                .get()
                .map(|key| ("partition.key", key.to_string())),
        ]
        .into_iter()
        .flatten()
    }

    /// A span below the one that this is done in; none where that one is not recorded.
    fn child(&self, name: &'static str, kind: Kind) -> Span {
        match (self.0.trace_id, self.0.span) {
            (Some(trace_id), Some(parent)) => {
                let subjects = Arc::clone(&self.0.subjects);
                Span::start(trace_id, Some(parent), name, kind, subjects)
            }
            (None, _) | (_, None) => Span::none(),
        }
    }

    fn below(&self, span: &Span) -> Self {
        Self::of(self.0.trace_id, span, Arc::clone(&self.0.subjects))
    }
}

/// A span below the one that the present work is done in; none where that one is not recorded.
pub fn child_span(name: &'static str, kind: Kind) -> Span {
    if !recorder::is_on() {
        return Span::none();
    }
    CURRENT
        .try_with(|context| context.child(name, kind))
        .unwrap_or_else(|_| Span::none())
}

/// The present work is about this booking.
pub fn note_booking(id: Uuid) {
    let _ = CURRENT.try_with(|context| context.note_booking(id)); // Outside all work nobody wants to know.
}

/// The present work is about this payment.
pub fn note_payment(id: Uuid) {
    let _ = CURRENT.try_with(|context| context.note_payment(id)); // Outside all work nobody wants to know.
}

/// Does `work` in this span, which ends with it; `tell` may say in it what came of it.
pub fn in_span<W: Future>(
    mut span: Span,
    work: W,
    tell: impl FnOnce(&mut Span, &W::Output),
) -> impl Future<Output = W::Output> {
    let context = Context::current().filter(|_| span.is_recorded());
    let work = Box::pin(work);
    async move {
        let Some(context) = context else {
            return work.await;
        };
        let done = CURRENT.scope(context.below(&span), work).await;
        tell(&mut span, &done);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(context: &Context) -> Vec<(&'static str, String)> {
        context
            .fields()
            .map(|(name, value)| (name, value.to_string()))
            .collect()
    }

    #[tokio::test]
    async fn work_says_what_it_turns_out_to_be_about_and_the_first_word_counts() {
        let trace_id = TraceId::random();
        let (booking, other, payment) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let (context, span) = Context::of_request(trace_id, None, || unreachable!("nobody records"));
        assert!(!span.is_recorded());
        note_booking(other); // Outside of it.
        let within = async {
            note_booking(booking);
            tokio::task::yield_now().await;
            note_booking(other);
            note_payment(payment);
        };
        context.clone().scope(within).await;
        let expected = [
            ("trace.id", trace_id.to_string()),
            ("booking.id", booking.to_string()),
            ("payment.id", payment.to_string()),
        ];
        assert_eq!(fields(&context), expected);
        assert!(Context::current().is_none());
    }

    #[test]
    fn an_intent_without_a_readable_trace_still_says_which_it_is() {
        let (context, span) = Context::of_intent(Uuid::from_u128(7), None, None, "intent");
        assert!(!span.is_recorded());
        assert_eq!(fields(&context), [("intent.id", Uuid::from_u128(7).to_string())]);
    }
}

//! Where ended spans go: into a bounded queue, if a collector is set up. Nobody ever waits for a place in it.

use std::sync::OnceLock;

use tokio::sync::mpsc;

use crate::encode::Resource;
use crate::export::{Collector, Exporter};
use crate::ids::TraceId;
use crate::losses;
use crate::record::Record;
use crate::sampling::SampleRatio;

/// So many spans may wait to be sent; more are dropped, and counted.
const QUEUE_MAX: usize = 8_192;

/// One for the whole process, as the recorder of metrics is.
static RECORDER: OnceLock<Recorder> = OnceLock::new();

struct Recorder {
    ratio: SampleRatio,
    queue: mpsc::Sender<Record>,
}

/// Has spans recorded from now on, for as long as the process lives, and sent to `collector` by what is answered. None when
/// this was done before.
pub fn install(ratio: SampleRatio, resource: Resource, collector: Box<dyn Collector>) -> Option<Exporter> {
    let (queue, records) = mpsc::channel(QUEUE_MAX);
    RECORDER.set(Recorder { ratio, queue }).ok()?;
    Some(Exporter::new(collector, resource, records))
}

/// Whether spans are recorded at all.
pub fn is_on() -> bool {
    RECORDER.get().is_some()
}

/// Whether spans of this trace are recorded where nobody said so.
pub(crate) fn takes(trace_id: TraceId) -> bool {
    RECORDER
        .get()
        .is_some_and(|recorder| recorder.ratio.takes(trace_id))
}

pub(crate) fn keep(record: Record) {
    let Some(recorder) = RECORDER.get() else { return };
    if recorder.queue.try_send(record).is_err() {
        losses::overflow();
    }
}

#[cfg(test)]
mod tests {
    use futures::future::BoxFuture;
    use uuid::Uuid;

    use super::*;
    use crate::export::CollectorError;
    use crate::record::Kind;
    use crate::span::Span;

    /// Is asked by nobody here: what is installed is not run.
    struct Nobody;

    impl Collector for Nobody {
        fn send(&self, _request: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, CollectorError>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    /// The recorder is the process' own, so that one test looks at all of it.
    #[test]
    fn spans_are_nothing_before_it_is_installed_and_never_wait_for_a_place_after() {
        let (trace_id, cause) = (TraceId::random(), Uuid::from_u128(1));
        let span = || Span::after(trace_id, cause, "apply", Kind::Consumer);
        assert!(!is_on() && !span().is_recorded());
        let resource = Resource {
            service_name: "tot".to_owned(),
            service_version: "0.0.0",
            instance_id: Uuid::nil(),
            roles: "api".to_owned(),
        };
        let exporter = install(SampleRatio::ALL, resource.clone(), Box::new(Nobody));
        assert!(exporter.is_some() && is_on());
        assert!(
            install(SampleRatio::ALL, resource, Box::new(Nobody)).is_none(),
            "once"
        );
        span().discard();
        for _ in 0..QUEUE_MAX {
            assert!(span().is_recorded());
        }
        assert_eq!(
            losses::overflowed(),
            0,
            "the queue is full, and what was discarded is not in it"
        );
        drop(span());
        drop(span());
        assert_eq!(losses::overflowed(), 2);
        drop(exporter);
        drop(span());
        assert_eq!(losses::overflowed(), 3, "nor after its end");
    }
}

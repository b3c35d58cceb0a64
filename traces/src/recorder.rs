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

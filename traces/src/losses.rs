//! Spans that no collector will have.

use std::sync::atomic::{AtomicU64, Ordering};

/// Spans that found no place in the queue.
static OVERFLOWED: AtomicU64 = AtomicU64::new(0);

/// Counts spans that are lost for a reason.
pub(crate) fn dropped(reason: &'static str, spans: u64) {
    metrics::counter!("tot_spans_dropped_total", "reason" => reason).increment(spans);
}

/// Counts a span that found no place in the queue.
pub(crate) fn overflow() {
    OVERFLOWED.fetch_add(1, Ordering::Relaxed);
    dropped("queue_full", 1);
}

/// How many spans have found no place so far.
pub(crate) fn overflowed() -> u64 {
    OVERFLOWED.load(Ordering::Relaxed)
}

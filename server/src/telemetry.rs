//! Logs as JSON on standard error, metrics for Prometheus on a port of their own, spans for a collector.

mod log_lines;
mod metrics_help;
mod spans;

use std::net::SocketAddr;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub use spans::{SpanExportError, start_spans};

use log_lines::LogLines;

/// Buckets for durations, seconds: fine below 50 ms, where the goals are.
const SECONDS_BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
];
/// Buckets for batch sizes, facts.
const SIZE_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 2048.0];

/// Starts logging; `TOT_LOG` filters (default `info`).
pub fn start_logs() {
    start_logs_with("info,async_nats=warn");
}

/// The same, but by default only what needs attention: a person watches this terminal.
pub fn start_logs_quietly() {
    start_logs_with("warn");
}

fn start_logs_with(default: &str) {
    let filter = EnvFilter::try_from_env("TOT_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let json = tracing_subscriber::fmt::layer()
        .fmt_fields(JsonFields::new())
        .event_format(LogLines::new())
        .with_writer(std::io::stderr);
    // Starting twice changes nothing: the first subscriber serves the whole process.
    drop(tracing_subscriber::registry().with(filter).with(json).try_init());
}

/// Starts the Prometheus endpoint on `listen`.
///
/// # Errors
/// [`BuildError`] when the port is taken or a recorder is installed already.
pub fn start_metrics(listen: SocketAddr) -> Result<(), BuildError> {
    use metrics_exporter_prometheus::Matcher;
    PrometheusBuilder::new()
        .with_http_listener(listen)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix("_facts".to_owned()), &SIZE_BUCKETS)?
        .install()?;
    metrics_help::describe_all();
    Ok(())
}

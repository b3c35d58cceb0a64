//! Spans on their way to a collector, for as long as the process lives and a little longer.

use std::time::Duration;

use integrations::{HttpError, OtlpCollector};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use traces::Resource;
use uuid::Uuid;

use crate::compose::APP_VERSION;
use crate::config::OtlpConfig;
use crate::role::Role;

/// How long the last spans may take once everything else has ended.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);

/// Why no spans can be sent.
#[derive(Debug, thiserror::Error)]
#[error("spans cannot be sent to TOT_OTLP_ENDPOINT")]
pub struct SpanExportError(#[from] HttpError);

/// The task that sends spans; nothing where no collector is set up.
pub struct SpanExport(Option<(CancellationToken, JoinHandle<()>)>);

/// Has spans recorded and sent from now on, where a collector is set up.
///
/// # Errors
/// When no client can be made for it; that it is away is none.
pub fn start_spans(config: Option<&OtlpConfig>, roles: &[Role]) -> Result<SpanExport, SpanExportError> {
    let Some(config) = config else {
        return Ok(SpanExport(None));
    };
    let collector = OtlpCollector::new(&config.endpoint, &config.headers)?;
    let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let resource = Resource {
        service_name: config.service_name.clone(),
        service_version: APP_VERSION,
        instance_id: new_instance(),
        roles: names.join(","),
    };
    let Some(exporter) = traces::install(config.ratio, resource, Box::new(collector)) else {
        return Ok(SpanExport(None));
    };
    let stop = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "joined by SpanExport::finish")]
    let task = tokio::spawn(exporter.run(stop.clone()));
    Ok(SpanExport(Some((stop, task))))
}

#[expect(
    clippy::disallowed_methods,
    reason = "tells processes apart; no decision depends on it"
)]
fn new_instance() -> Uuid {
    Uuid::new_v4()
}

impl SpanExport {
    /// Sends what is left, as far as that is quick. To be called last.
    pub async fn finish(self) {
        let Some((stop, task)) = self.0 else { return };
        stop.cancel();
        let abort = task.abort_handle();
        if timeout(FLUSH_WITHIN, task).await.is_err() {
            abort.abort();
            tracing::warn!(
                "The collector did not take the last spans within {} s; they are lost",
                FLUSH_WITHIN.as_secs()
            );
        }
    }
}

//! `tot serve`: every role in one process, or some of them, until it is told to stop.

use std::io::Write;

use clap::Args;
use commands::CommandError;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::compose::ComposeError;
use crate::config::{Config, Environment};
use crate::platform::{self, Platform, PlatformError};
use crate::role::Role;
use crate::telemetry;

/// Arguments of `tot serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The roles of this process; all by default.
    #[arg(long = "role", value_enum, value_delimiter = ',')]
    roles: Vec<Role>,
}

/// Why the process does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error("metrics cannot be served at TOT_METRICS_LISTEN; is the port taken?")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error(transparent)]
    Spans(#[from] telemetry::SpanExportError),
    /// Standard output or a signal handler.
    #[error("standard output or a signal handler failed")]
    Io(#[from] std::io::Error),
}

/// Serves until SIGTERM or SIGINT, then finishes what was accepted.
pub async fn run(args: ServeArgs, environment: &Environment) -> Result<(), ServeError> {
    let roles = if args.roles.is_empty() {
        Role::ALL.to_vec()
    } else {
        args.roles
    };
    let config = Config::read(environment, &roles).map_err(ComposeError::from)?;
    telemetry::start_logs();
    telemetry::start_metrics(config.metrics_listen)?;
    let spans = telemetry::start_spans(config.otlp.as_ref(), &roles)?;
    let stop = stop_on_signal()?;
    let platform = platform::start(&config, &roles, &stop).await?;
    warn_without_prices(&platform).await;
    let ready = match platform.address() {
        Some(address) => {
            let scheme = if config.tls.is_some() { "https" } else { "http" };
            format!("TOT is ready: {scheme}://localhost:{}", address.port())
        }
        None => "TOT is ready".to_owned(),
    };
    writeln!(std::io::stdout().lock(), "{ready}")?;
    let ended = platform.finished().await;
    spans.finish().await;
    Ok(ended?)
}

/// A deployment without a price list serves what needs no price; whoever starts it is told what is missing.
async fn warn_without_prices(platform: &Platform) {
    match platform.components().services.prices.now().await {
        Ok(_) => {}
        Err(CommandError::NoPriceList) => tracing::warn!(
            "No price list is in force: bookings answer no_price_list until an admin publishes one, by \
             `tot login --email <admin>`, then `tot prices publish <file>` (docs/how-to/publish-prices.md)"
        ),
        Err(error) => tracing::warn!(
            error = &error as &dyn std::error::Error,
            "Whether a price list is in force cannot be told"
        ),
    }
}

/// A token that is cancelled by SIGTERM or SIGINT.
///
/// # Errors
/// The handlers cannot be installed.
pub fn stop_on_signal() -> Result<CancellationToken, std::io::Error> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let asked = stop.clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "lives as long as the process and has nothing to finish"
    )]
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        asked.cancel();
    });
    Ok(stop)
}

//! `tot dev`: Postgres, NATS and the platform with demo data on this machine, for development and for a first look.

mod local_secrets;
mod mailbox;
mod sandbox;
mod seed;

use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::Args;
use dev_stack::{Servers, StackError};
use provider_sandbox::{Mailbox, RunningSandbox, SandboxError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::clock::{ClockError, database_time};
use super::demo::{ADMIN, DOCTOR, PATIENT};
use super::migrate::{self, MigrateError};
use super::output::{self, Format, OutputError};
use super::serve::stop_on_signal;
use crate::compose::ComposeError;
use crate::config::{Config, Environment};
use crate::platform::{self, PlatformError};
use crate::priorities::{self, YieldError};
use crate::role::Role;
use crate::telemetry;

/// Where [`written_settings`] are, below the folder that `tot dev` is started in.
const SETTINGS_FILE: &str = ".tot/data/operator.env";
/// Told where a shell has read that file.
const SOURCED: &str = "This shell has read the operator.env of an earlier `tot dev`: its payment sandbox's keys and addresses are not taken for \
                       real ones. A shell that has not read it can set real keys.";
/// Ports tried, from the requested one on.
const PORTS_TRIED_MAX: u16 = 100;

/// Names the control surface of the sandbox, for `tot clock`.
pub const CONTROL_VARIABLE: &str = "TOT_SANDBOX_CONTROL_URL";

/// Arguments of `tot dev`.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Where the API listens on 127.0.0.1; the next free port is taken if this one is not.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Where metrics are served on 127.0.0.1; likewise.
    #[arg(long, default_value_t = 9464)]
    metrics_port: u16,
    /// Where the stand-in for the payment providers is served on 127.0.0.1, its control surface behind it; likewise.
    /// Real keys (`TOT_YOOKASSA_*`, `TOT_TBANK_*`) replace it.
    #[arg(long, default_value_t = 3100)]
    sandbox_port: u16,
    /// Where the mailbox is shown that takes the platform's mail, on 127.0.0.1; likewise. A real server (`TOT_SMTP_URL`) replaces it.
    #[arg(long, default_value_t = 3150)]
    mail_port: u16,
}

/// Why the platform does not start.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Keys and secrets beside the servers' data.
    #[error(transparent)]
    Secrets(#[from] local_secrets::LocalSecretsError),
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The stand-in for the payment providers.
    #[error("the payment sandbox does not start")]
    Sandbox(#[from] SandboxError),
    #[error("the payment sandbox's clock cannot be set")]
    Clock(#[from] ClockError),
    #[error(transparent)]
    Platform(#[from] PlatformError),
    #[error(transparent)]
    Encryption(#[from] MigrateError),
    #[error("the demo's data could not be seeded")]
    Seed(#[from] seed::SeedError),
    #[error("metrics cannot be served")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    #[error(transparent)]
    Spans(#[from] telemetry::SpanExportError),
    /// No port is free.
    #[error("none of the ports {from} to {to} is free; name another with --port")]
    NoFreePort { from: u16, to: u16 },
    /// Standard output or a signal handler.
    #[error("standard output or a signal handler failed")]
    Io(#[from] std::io::Error),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// What the last `tot dev` in this folder wrote down for operators' commands, if there was one.
///
/// # Errors
/// The file, and why it cannot be read.
pub fn written_settings() -> Result<Option<Environment>, (PathBuf, std::io::Error)> {
    local_secrets::written_settings(Path::new(SETTINGS_FILE)).map_err(|error| (SETTINGS_FILE.into(), error))
}

/// The same with a notary's key and a file to witness in, unless a deployment's own key is named.
fn with_notary(environment: Environment, folder: &Path) -> Result<Environment, DevError> {
    if environment.get("TOT_NOTARY_KEY_FILE").is_some() {
        return Ok(environment);
    }
    let key = local_secrets::notary_key(folder)?.display().to_string();
    let heads = folder.join("heads.jsonl").display().to_string();
    Ok(environment
        .with("TOT_NOTARY_KEY_FILE", key)
        .with("TOT_WITNESS_FILE", heads))
}

/// With secrets of this machine's own.
fn with_secrets(environment: Environment, folder: &Path) -> Result<Environment, DevError> {
    let keys = local_secrets::token_keys(folder)?.display().to_string();
    let master_keys = local_secrets::master_keys(folder)?.display().to_string();
    let secret = |name: &str| local_secrets::secret(folder, name);
    Ok(environment
        .with("TOT_TOKEN_KEYS", keys)
        .with("TOT_MASTER_KEYS", master_keys)
        .with("TOT_COMMAND_SECRET", secret("command-secret")?)
        .with("TOT_MESSAGE_KEY", secret("message-key")?)
        .with("TOT_WEBHOOK_KEY", secret("webhook-key")?)
        // Whoever develops a receiver has it on this machine.
        .with("TOT_WEBHOOK_LOOPBACK", "on"))
}

/// Starts everything, seeds the demo's data and serves until it is told to stop; data stay for the next time.
pub async fn run(args: DevArgs, environment: &Environment, format: Format) -> Result<(), DevError> {
    telemetry::start_logs_quietly();
    let stop = stop_on_signal()?;
    let (environment, was_sourced) = sandbox::without_earlier(environment.clone());
    if was_sourced {
        drop(writeln!(std::io::stderr().lock(), "{SOURCED}"));
    }
    let environment = &environment;
    let servers = Servers::open().await?;
    let database = servers.cluster().migrated_database("tot").await?;
    dev_stack::install_clock(&database.owner_url).await?;
    let clock = dev_stack::read_clock(&database.owner_url).await?;
    let folder = local_secrets::folder(&servers);
    let (port, metrics_port) = (free_port(args.port)?, free_port(args.metrics_port)?);
    let public_url = format!("http://localhost:{port}");
    let sandbox_port = free_port(args.sandbox_port)?;
    let control_port = free_port(sandbox_port.saturating_add(1))?;
    let (pages, control) = (local(sandbox_port), local(control_port));
    let dev_sandbox = sandbox::start(environment, pages, control, local(port)).await?;
    if let Some(dev_sandbox) = &dev_sandbox {
        // The servers' data remember how far `tot clock` went; the sandbox begins anew each time.
        dev_sandbox.set_clock(database_time(clock)).await?;
    }
    let environment = match &dev_sandbox {
        Some(dev_sandbox) => dev_sandbox.in_environment(environment.clone()),
        None => environment.clone(),
    };
    let mailbox = mailbox::start(&environment, local(free_port(args.mail_port)?)).await?;
    let environment = match &mailbox {
        Some(mailbox) => mailbox::in_environment(environment, mailbox),
        None => environment,
    };
    let environment = with_secrets(environment, &folder)?
        .with("TOT_DATABASE_URL", database.app_url)
        // For operators' commands alone; no role reads it.
        .with("TOT_DATABASE_OWNER_URL", database.owner_url)
        .with("TOT_NATS_URL", servers.cluster().nats_url())
        .with("TOT_LISTEN", local(port).to_string())
        .with("TOT_METRICS_LISTEN", local(metrics_port).to_string())
        .with("TOT_PUBLIC_URL", public_url.as_str())
        // This machine alone is served, in clear, as is said below.
        .without("TOT_TLS_CERTIFICATE_FILE")
        .without("TOT_TLS_KEY_FILE");
    let environment = with_notary(environment, &folder)?;
    // What an earlier build left in this folder.
    migrate::encrypt_what_is_left(&environment).await?;
    let config = Config::read(&environment, &Role::ALL).map_err(ComposeError::from)?;
    telemetry::start_metrics(config.metrics_listen)?;
    let spans = telemetry::start_spans(config.otlp.as_ref(), &Role::ALL)?;
    let platform = platform::start(&config, &Role::ALL, &stop).await?;
    seed::demo(&platform.components().services).await?;
    // For `tot demo`, which then finds the platform on whatever port was free.
    fs::write(folder.join("platform-url"), &public_url)?;
    let sandbox = dev_sandbox.map(|dev_sandbox| dev_sandbox.sandbox);
    let operators = local_secrets::operators_settings(&folder, &environment)?;
    let rehearsed = (sandbox.as_ref(), mailbox.as_ref());
    announce(format, &public_url, metrics_port, rehearsed, &operators)?;
    let ended = beside_analysts(&servers, &config, &stop, platform.finished()).await;
    spans.finish().await;
    ended?;
    if let Some(sandbox) = sandbox {
        sandbox.stop().await;
    }
    if let Some(mailbox) = mailbox {
        mailbox.stop().await;
    }
    servers.stop().await?;
    say_good_bye(&folder);
    Ok(())
}

/// Serves to its end, and meanwhile lets analysts' queries yield, as a deployment does: on a Postgres that was started here.
async fn beside_analysts<T>(
    servers: &Servers,
    config: &Config,
    stop: &CancellationToken,
    served: impl Future<Output = T>,
) -> T {
    if let Servers::Own(_) = servers {
        return served.await;
    }
    let stop = stop.child_token();
    let yielding = async {
        let kept = priorities::keep_nice(&config.database_url, priorities::NICE_MAX, &stop, |_| {
            Ok::<_, YieldError>(())
        });
        if let Err(error) = kept.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "Analysts' queries do not yield"
            );
        }
    };
    let served = async {
        let ended = served.await;
        stop.cancel();
        ended
    };
    tokio::join!(served, yielding).0
}

/// The last word, whichever signal asked for it; whoever has closed the terminal needs none.
fn say_good_bye(folder: &Path) {
    drop(writeln!(
        std::io::stdout().lock(),
        "TOT has stopped. Good-bye! The data stay in {} for the next time.",
        folder.display()
    ));
}

fn announce(
    format: Format,
    url: &str,
    metrics_port: u16,
    (sandbox, mailbox): (Option<&RunningSandbox>, Option<&Mailbox>),
    operators: &Path,
) -> Result<(), DevError> {
    let logins: Vec<_> = [("patient", &PATIENT), ("doctor", &DOCTOR), ("admin", &ADMIN)]
        .map(|(role, login)| json!({
            "role": role, "email": login.email, "password": login.password, "totp_secret": login.totp_secret,
        }))
        .into();
    let metrics = format!("http://localhost:{metrics_port}/metrics");
    let said = json!({
        "url": url, "docs": format!("{url}/api/docs"), "metrics": metrics, "logins": logins,
        "operators": operators,
        "sandbox": sandbox.map(|it| json!({"pages": it.api_url, "control": it.control_url})),
        "mailbox": mailbox.map(|it| it.url.as_str()),
    });
    output::print(format, &said, |_| {
        let rows: Vec<Vec<String>> = [("patient", &PATIENT), ("doctor", &DOCTOR), ("admin", &ADMIN)]
            .map(|(role, login)| {
                let secret = login.totp_secret.unwrap_or_default();
                [role, login.email, login.password, secret]
                    .map(str::to_owned)
                    .into()
            })
            .into();
        let table = output::table(&["demo login", "e-mail", "password", "app's secret"], &rows);
        let payments = sandbox.map_or("Payments: by the keys that are given".to_owned(), |it| {
            let (pages, control) = (&it.api_url, &it.control_url);
            format!("Payments: rehearsed, no money moves; pages at {pages}, control at {control}")
        });
        let mail = mailbox.map_or("Mail: by the server that is given".to_owned(), |it| {
            format!("Mail: rehearsed, it goes nowhere; read it at {}", it.url)
        });
        let operators = operators.display();
        format!(
            "{table}\n\nDocs: {url}/api/docs\nMetrics: {metrics}\n{payments}\n{mail}\n\
             Operators' commands, such as `tot reconcile`: first `. {operators}`"
        )
    })?;
    writeln!(std::io::stdout().lock(), "TOT is ready: {url}")?;
    Ok(())
}

const fn local(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// The first free port from `requested` on.
fn free_port(requested: u16) -> Result<u16, DevError> {
    let last = requested.saturating_add(PORTS_TRIED_MAX - 1);
    (requested..=last)
        .find(|port| TcpListener::bind(local(*port)).is_ok())
        .ok_or(DevError::NoFreePort {
            from: requested,
            to: last,
        })
}

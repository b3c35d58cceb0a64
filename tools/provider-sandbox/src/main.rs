//! The program `provider-sandbox`: one sandbox, its addresses on one line of JSON, until Ctrl-C or SIGTERM.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use provider_sandbox::{Options, RunningSandbox, Sandbox, SandboxError};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A stand-in for YooKassa and T-Bank for development and tests. It never moves money.
#[derive(Parser)]
struct Arguments {
    /// Where the providers' APIs and payment pages are served (port 0 picks a free one).
    #[arg(long, env = "SANDBOX_LISTEN", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the control surface is served (port 0 picks a free one).
    #[arg(long, env = "SANDBOX_CONTROL_LISTEN", default_value = "127.0.0.1:0")]
    control_listen: SocketAddr,
    /// The seed of all ids (by default the clock's).
    #[arg(long, env = "SANDBOX_SEED")]
    seed: Option<u64>,
    /// YooKassa: the shop's id.
    #[arg(long, env = "SANDBOX_SHOP_ID")]
    shop_id: Option<String>,
    /// YooKassa: the shop's secret key.
    #[arg(long, env = "SANDBOX_SHOP_SECRET", hide_env_values = true)]
    shop_secret: Option<String>,
    /// YooKassa: the payout gateway's id.
    #[arg(long, env = "SANDBOX_GATEWAY_ID")]
    gateway_id: Option<String>,
    /// YooKassa: the payout gateway's secret key.
    #[arg(long, env = "SANDBOX_GATEWAY_SECRET", hide_env_values = true)]
    gateway_secret: Option<String>,
    /// T-Bank: the terminal's key.
    #[arg(long, env = "SANDBOX_TERMINAL_KEY")]
    terminal_key: Option<String>,
    /// T-Bank: the terminal's password.
    #[arg(long, env = "SANDBOX_TERMINAL_PASSWORD", hide_env_values = true)]
    terminal_password: Option<String>,
    /// YooKassa: where notifications go (payments, refunds and payouts).
    #[arg(long, env = "SANDBOX_WEBHOOK_URL")]
    webhook_url: Option<String>,
    /// T-Bank: where notifications go when `Init` names no address.
    #[arg(long, env = "SANDBOX_NOTIFICATION_URL")]
    notification_url: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error
                .source()
                .map_or_else(String::new, |cause| format!(": {cause}"));
            // Nowhere left to complain to when this fails too.
            let _ = writeln!(io::stderr().lock(), "provider-sandbox: {error}{cause}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), SandboxError> {
    // Before anybody is told that it is ready: whoever hears that may ask it to end at once.
    let terminate = signal(SignalKind::terminate()).ok();
    let sandbox = Sandbox::start(options(arguments)).await?;
    say_ready(&sandbox);
    shutdown_signal(terminate).await;
    sandbox.stop().await;
    Ok(())
}

fn options(arguments: Arguments) -> Options {
    let mut options = Options {
        api: arguments.listen,
        control: arguments.control_listen,
        seed: arguments.seed,
        ..Options::default()
    };
    let settings = &mut options.settings;
    let shop = &mut settings.shop;
    put(&mut shop.id, arguments.shop_id);
    put(&mut shop.secret, arguments.shop_secret);
    shop.webhook_url.clone_from(&arguments.webhook_url);
    put(&mut settings.gateway.id, arguments.gateway_id);
    put(&mut settings.gateway.secret, arguments.gateway_secret);
    settings.gateway.webhook_url = arguments.webhook_url;
    put(&mut settings.terminal.key, arguments.terminal_key);
    put(&mut settings.terminal.password, arguments.terminal_password);
    settings.terminal.notification_url = arguments.notification_url;
    options
}

fn put(setting: &mut String, given: Option<String>) {
    if let Some(given) = given {
        *setting = given;
    }
}

/// One line of JSON, which whoever started the program waits for.
fn say_ready(sandbox: &RunningSandbox) {
    let line = json!({
        "ready": true,
        "api_url": sandbox.api_url,
        "control_url": sandbox.control_url,
        "seed": sandbox.seed,
    });
    let mut stdout = io::stdout().lock();
    // A parent that has closed its end does not want to know.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

async fn shutdown_signal(terminate: Option<Signal>) {
    let Some(mut terminate) = terminate else {
        // Without the handler SIGTERM ends the process anyway.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

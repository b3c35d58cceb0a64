//! Starting and stopping a sandbox.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::routing::{any, post};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock::VirtualClock;
use crate::delivery_worker;
use crate::fault_listener::{ConnectionKill, FaultListener};
use crate::options::Options;
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::settings::{PASSWORD_CHARS_MAX, is_terminal_password};
use crate::{control, pages, tbank, yookassa};

/// Bytes of a request's body at most.
const BODY_BYTES_MAX: usize = 1_024 * 1_024;
/// How long requests under way may hold up a stop.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

/// A sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// An address could not be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Mail is shown to whoever comes: on this machine alone.
    #[error("the mailbox listens on this machine alone, not on {address}")]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The bank gives out no such password.
    #[error("a terminal's password has 1 to {PASSWORD_CHARS_MAX} characters")]
    TerminalPassword,
}

/// The sandbox: see [`Sandbox::start`].
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that serves until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    /// `http://…`: YooKassa under `/v3`, T-Bank under `/v2`, the payment pages elsewhere.
    pub api_url: String,
    /// `http://…`: the control surface.
    pub control_url: String,
    /// The seed in use.
    pub seed: u64,
    closing: CancellationToken,
    tasks: JoinSet<()>,
}

impl Sandbox {
    /// Starts a sandbox and answers once both addresses listen.
    ///
    /// # Errors
    /// When an address is taken or may not be listened on; when the terminal's password is none.
    pub async fn start(options: Options) -> Result<RunningSandbox, SandboxError> {
        if !is_terminal_password(&options.settings.terminal.password) {
            return Err(SandboxError::TerminalPassword);
        }
        let api = listen(options.api).await?;
        let control = listen(options.control).await?;
        let (api_url, control_url) = (url_of(&api, options.api), url_of(&control, options.control));
        let seed = options.seed.unwrap_or_else(seed_by_clock);
        let closing = CancellationToken::new();
        let state = SandboxState::new(seed, options.settings, api_url.clone());
        let shared = SharedState::open(state, closing.clone());

        let mut tasks = JoinSet::new();
        tasks.spawn(delivery_worker::work(Arc::clone(&shared)));
        let served = providers(Arc::clone(&shared));
        let stop = closing.clone().cancelled_owned();
        let serving = axum::serve(FaultListener(api), served).with_graceful_shutdown(stop);
        tasks.spawn(until_stopped(
            "The providers' side stopped",
            serving.into_future(),
        ));
        let stop = closing.clone().cancelled_owned();
        let serving = axum::serve(control, control::router(shared)).with_graceful_shutdown(stop);
        tasks.spawn(until_stopped(
            "The control surface stopped",
            serving.into_future(),
        ));
        Ok(RunningSandbox {
            api_url,
            control_url,
            seed,
            closing,
            tasks,
        })
    }
}

impl RunningSandbox {
    /// Stops: no new requests, those under way are answered (or, after a while, cut), no more notifications.
    pub async fn stop(mut self) {
        self.closing.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOPS_WITHIN, ended).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// Every route of the providers' side.
fn providers(shared: Arc<SharedState>) -> IntoMakeServiceWithConnectInfo<Router, ConnectionKill> {
    Router::new()
        .route("/v3/{*path}", any(yookassa::handler::serve))
        .route("/v2/{method}", post(tbank::handler::serve))
        .route("/cashbox/{method}", post(tbank::handler::serve))
        .merge(pages::router())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
        .into_make_service_with_connect_info()
}

async fn until_stopped(what: &str, serving: impl Future<Output = io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(fault = %error, "{what}");
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, SandboxError> {
    TcpListener::bind(address)
        .await
        .map_err(|source| SandboxError::Listen { address, source })
}

fn url_of(listener: &TcpListener, requested: SocketAddr) -> String {
    format!("http://{}", listener.local_addr().unwrap_or(requested))
}

fn seed_by_clock() -> u64 {
    u64::try_from(VirtualClock::default().now().as_millisecond()).unwrap_or_default()
}

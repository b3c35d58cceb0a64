//! A running platform: the roles of one process as tasks that stop together, in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::App;
use api::settings::Settings;
use commands::intents::{IntentWorker, IntentWorkerOptions};
use event_store::{Bus, BusFault, Relay, RelayOptions, Worker, WorkerOptions, lag};
use reconciliation::{Limits, Runner};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::Role;
use crate::compose::{self, ComposeFault, Parts};
use crate::config::Config;

/// How long accepted requests may take to finish once the process is told to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(25);
/// How often the gauges of lag, parked keys and intents due are set.
const GAUGES_EVERY: Duration = Duration::from_secs(5);
/// How often ended sessions are learned from the database and old ones forgotten.
const SESSIONS_EVERY: Duration = Duration::from_secs(5);

/// Why the platform does not run.
#[derive(Debug, thiserror::Error)]
pub enum PlatformFault {
    /// The parts.
    #[error(transparent)]
    Compose(#[from] ComposeFault),
    /// NATS is misconfigured; that it is down only delays.
    #[error("TOT_NATS_URL cannot be used")]
    Bus(#[from] BusFault),
    /// The address is taken or not ours.
    #[error("cannot listen on {0} (TOT_LISTEN); is the port taken?")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The HTTP server ended by itself.
    #[error("the HTTP server failed")]
    Http(#[source] std::io::Error),
}

/// A platform that runs.
pub struct Platform {
    address: Option<SocketAddr>,
    stop: CancellationToken,
    behind: CancellationToken,
    tasks: TaskTracker,
    http: Option<JoinHandle<std::io::Result<()>>>,
    parts: Parts,
}

/// Starts the roles; they run until `stop`.
///
/// # Errors
/// [`PlatformFault`].
pub async fn start(
    config: &Config,
    roles: &[Role],
    stop: &CancellationToken,
) -> Result<Platform, PlatformFault> {
    let parts = compose::parts(config).await?;
    let tasks = TaskTracker::new();
    let keys = compose::message_keys(config);
    let bus = Bus::connect(config.nats_url.expose_secret(), parts.house.log.identity(), keys).await?;
    // Workers outlive the API a little: what was accepted last is still carried on.
    let behind = CancellationToken::new();
    tasks.spawn(
        bus.clone()
            .exchange_hints(parts.house.log.clone(), behind.clone()),
    );
    if roles.contains(&Role::Relay) {
        let relay = Relay::new(parts.house.log.clone(), bus.clone(), RelayOptions::default());
        tasks.spawn(relay.run(behind.clone()));
    }
    if roles.contains(&Role::Workers) {
        start_workers(&parts, &bus, &tasks, &behind);
    }
    // Whoever carries facts on tells how far everybody is behind.
    if roles.contains(&Role::Relay) || roles.contains(&Role::Workers) {
        tasks.spawn(lag::keep_gauges(
            parts.house.log.clone(),
            GAUGES_EVERY,
            behind.clone(),
        ));
    }
    if roles.contains(&Role::Intents) {
        let worker = IntentWorker::new(parts.house.clone(), IntentWorkerOptions::default());
        tasks.spawn(worker.run(behind.clone()));
        let (house, models) = (parts.house.clone(), parts.models.clone());
        let runner = Runner::new(house, models, Limits::default());
        tasks.spawn(runner.run(config.reconcile_at.clone(), behind.clone()));
    }
    let (mut address, mut http) = (None, None);
    // The configuration holds it for the API, and for nobody else.
    if let Some(command_secret) = &config.command_secret {
        let settings = compose::settings(config, command_secret);
        let (bound, server) = start_api(config, settings, &parts, &bus, stop).await?;
        tasks.spawn(keep_sessions(parts.clone(), behind.clone()));
        (address, http) = (Some(bound), Some(server));
    }
    tasks.close();
    Ok(Platform {
        address,
        stop: stop.clone(),
        behind,
        tasks,
        http,
        parts,
    })
}

fn start_workers(parts: &Parts, bus: &Bus, tasks: &TaskTracker, stop: &CancellationToken) {
    let mut consumers = projections::runner::all();
    consumers.push(Arc::new(commands::processes::consumer(
        parts.house.outside.plans.clone(),
    )));
    for consumer in consumers {
        let log = parts.house.log.clone();
        let worker = Worker::new(log, Some(bus.clone()), consumer, WorkerOptions::default());
        tasks.spawn(worker.run(stop.clone()));
    }
}

async fn start_api(
    config: &Config,
    settings: Settings,
    parts: &Parts,
    bus: &Bus,
    stop: &CancellationToken,
) -> Result<(SocketAddr, JoinHandle<std::io::Result<()>>), PlatformFault> {
    let listen = |fault| PlatformFault::Listen(config.listen, fault);
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (house, models) = (parts.house.clone(), parts.models.clone());
    let app = App::new(house, models, bus.clone(), settings)
        .facing(parts.outward.as_seen_by_api(&parts.house))
        .until(stop.clone());
    let service = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let stopped = stop.clone().cancelled_owned();
    #[expect(clippy::disallowed_methods, reason = "joined by Platform::finished")]
    let server = tokio::spawn(async move {
        axum::serve(listener, service)
            .with_graceful_shutdown(stopped)
            .await
    });
    Ok((address, server))
}

impl Platform {
    /// Where the API answers, if it has that role.
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The parts it runs on.
    pub const fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Waits until it is told to stop, then finishes: requests first, then the workers behind them.
    ///
    /// # Errors
    /// [`PlatformFault::Http`] when the HTTP server ended by itself.
    pub async fn finished(mut self) -> Result<(), PlatformFault> {
        let served = match self.http.take() {
            Some(server) => self.serve_to_the_end(server).await,
            None => {
                self.stop.cancelled().await;
                Ok(())
            }
        };
        self.behind.cancel();
        if tokio::time::timeout(FINISH_WITHIN, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                "Some tasks did not stop within {} s and are left",
                FINISH_WITHIN.as_secs()
            );
        }
        served
    }

    /// Graceful shutdown waits for requests in flight; one that never ends must not keep the process for ever.
    async fn serve_to_the_end(
        &self,
        mut server: JoinHandle<std::io::Result<()>>,
    ) -> Result<(), PlatformFault> {
        let overdue = async {
            self.stop.cancelled().await;
            tokio::time::sleep(FINISH_WITHIN).await;
        };
        let ended = tokio::select! {
            ended = &mut server => ended,
            () = overdue => {
                server.abort();
                return Ok(());
            }
        };
        match ended {
            Ok(Ok(())) => Ok(()),
            Ok(Err(fault)) => Err(PlatformFault::Http(fault)),
            Err(panicked) => Err(PlatformFault::Http(std::io::Error::other(panicked))),
        }
    }
}

/// Learns which sessions ended elsewhere, so that their access tokens stop working here, and forgets old ones.
async fn keep_sessions(parts: Parts, stop: CancellationToken) {
    let mut turn = tokio::time::interval(SESSIONS_EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = turn.tick() => {}
        }
        let (people, now) = (&parts.house.people, parts.house.log.clock().now());
        let learned = match people.sync_revocations(now).await {
            Ok(_) => people.forget_ended_sessions(now).await.map(drop),
            Err(fault) => Err(fault),
        };
        if let Err(fault) = learned {
            tracing::warn!(
                error = &fault as &dyn std::error::Error,
                "Ended sessions could not be learned"
            );
        }
    }
}

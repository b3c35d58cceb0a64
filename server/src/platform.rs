//! A running platform: the roles of one process as tasks that stop together, in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::App;
use api::connections::{self, Tls, TlsError};
use api::settings::Settings;
use audit::{Follower, FollowerOptions};
use commands::intents::{IntentWorker, IntentWorkerOptions};
use commands::mail::{Carriers, MailWorker, MailWorkerOptions};
use event_store::intents::{self, ClosedOptions};
use event_store::{Bus, BusError, BusOptions, Relay, RelayOptions, Worker, WorkerOptions, lag};
use identity::{EventOrigin, IdentityError, People};
use integrations::{HttpError, HttpSender};
use jiff::Timestamp;
use rate_limits::{RedisError, SharedLimits};
use reconciliation::{Runner, SweepLimits};
use secrecy::ExposeSecret;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use webhooks::{Dispatcher, DispatcherOptions, FanOut, FanOutOptions, KeepOptions, Webhooks};

use crate::compose::{self, Components, ComposeError};
use crate::config::Config;
use crate::erasures::Eraser;
use crate::notary;
use crate::role::Role;
use crate::tasks::Tasks;

/// How long accepted requests may take to finish once the process is told to stop.
const FINISH_WITHIN: Duration = Duration::from_secs(25);
/// How often the gauges of lag, parked keys and intents due are set.
const GAUGES_EVERY: Duration = Duration::from_secs(5);
/// How often it is learned from the database which sessions ended elsewhere: live streams end within two seconds of
/// theirs.
const SESSIONS_LEARNED_EVERY: Duration = Duration::from_secs(1);
/// How often sessions that ended long ago are forgotten.
const SESSIONS_FORGOTTEN_EVERY: Duration = Duration::from_secs(5);

/// Why the platform does not run.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// NATS is misconfigured; that it is down only delays.
    #[error("TOT_NATS_URL cannot be used")]
    Bus(#[from] BusError),
    /// The address is taken or not ours.
    #[error("cannot listen on {0} (TOT_LISTEN); is the port taken?")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The files of the certificate are not what they must be.
    #[error("TOT_TLS_CERTIFICATE_FILE and TOT_TLS_KEY_FILE cannot be served")]
    Certificate(#[from] TlsError),
    /// Its address or the files of its certificates; that it is down is no such reason.
    #[error("TOT_REDIS_URL cannot be used")]
    Redis(#[from] RedisError),
    #[error("webhooks cannot be sent")]
    WebhookSender(#[source] HttpError),
    #[error("the HTTP server failed")]
    Http(#[source] std::io::Error),
    /// The database was restored, failed over or cloned: whatever this process knows is of another past.
    #[error("the database has become another log since this process started; start again")]
    AnotherLog,
    /// A task died, and with it what it did for this process.
    #[error("the task `{0}` of this process has died; start again")]
    TaskDied(&'static str),
}

pub struct Platform {
    address: Option<SocketAddr>,
    stop: CancellationToken,
    tasks: Tasks,
    http: Option<JoinHandle<std::io::Result<()>>>,
    components: Components,
}

/// Starts the roles; they run until `stop`.
pub async fn start(
    config: &Config,
    roles: &[Role],
    stop: &CancellationToken,
) -> Result<Platform, PlatformError> {
    let components = compose::components(config).await?;
    let bus = connect(config, &components).await?;
    // Workers outlive the API a little: what was accepted last is still carried on.
    let tasks = Tasks::until(CancellationToken::new());
    // A start that fails leaves no task behind, which the end of the process would wait for.
    let failing = tasks.stop().drop_guard();
    let hints = bus
        .clone()
        .exchange_hints(components.services.log.clone(), tasks.stop());
    tasks.spawn("hints", hints);
    if roles.contains(&Role::Relay) {
        let relay = Relay::new(
            components.services.log.clone(),
            bus.clone(),
            RelayOptions::default(),
        );
        tasks.spawn("relay", relay.run(tasks.stop()));
    }
    if let Some(config) = &config.notary {
        let options = FollowerOptions {
            interval: config.interval,
            ..FollowerOptions::default()
        };
        let follower = Follower::new(components.services.log.clone(), notary::signer(config), options);
        tasks.spawn("notary", follower.run(tasks.stop()));
    }
    if roles.contains(&Role::Workers) {
        start_workers(&components, &bus, &tasks);
    }
    // Whoever carries facts on tells how far everybody is behind.
    if roles.contains(&Role::Relay) || roles.contains(&Role::Workers) {
        let gauges = lag::keep_gauges(components.services.log.clone(), GAUGES_EVERY, tasks.stop());
        tasks.spawn("gauges", gauges);
    }
    if roles.contains(&Role::Api) || roles.contains(&Role::Intents) {
        tasks.spawn("prices", components.services.prices.clone().keep(tasks.stop()));
    }
    if roles.contains(&Role::Intents) {
        start_intents(config, &components, &tasks);
    }
    if let Some(webhooks) = components
        .webhooks
        .as_ref()
        .filter(|_| roles.contains(&Role::Webhooks))
    {
        start_webhooks(webhooks, &components, &tasks)?;
    }
    let (mut address, mut http) = (None, None);
    // The configuration holds it for the API, and for nobody else.
    if let Some(command_secret) = &config.command_secret {
        let settings = compose::settings(config, command_secret);
        let (bound, server) = start_api(config, settings, &components, &bus, &tasks, stop).await?;
        tasks.spawn("sessions", keep_sessions(components.clone(), tasks.stop()));
        let (people, stopped) = (components.services.people.clone(), tasks.stop());
        tasks.spawn("audit_trail", async move {
            people.keep_trail(stopped.cancelled()).await;
        });
        (address, http) = (Some(bound), Some(server));
    }
    failing.disarm();
    Ok(Platform {
        address,
        stop: stop.clone(),
        tasks,
        http,
        components,
    })
}

/// To NATS, by whose certificates the configuration says.
async fn connect(config: &Config, components: &Components) -> Result<Bus, PlatformError> {
    let (keys, log) = (compose::message_keys(config), &components.services.log);
    let options = BusOptions {
        roots: config.nats_roots.clone(),
        ..BusOptions::default()
    };
    Ok(Bus::connect_with(config.nats_url.expose_secret(), log.identity(), keys, options).await?)
}

fn start_intents(config: &Config, components: &Components, tasks: &Tasks) {
    let worker = IntentWorker::new(components.services.clone(), IntentWorkerOptions::default());
    tasks.spawn("intents", worker.run(tasks.stop()));
    let options = ClosedOptions {
        keep: config.closed_intents_kept,
        ..ClosedOptions::default()
    };
    let closed = intents::keep_closed(components.services.log.clone(), options, tasks.stop());
    tasks.spawn("closed_intents", closed);
    let origin = EventOrigin {
        operation: "erasures".into(),
        ..EventOrigin::default()
    };
    let (services, models) = (components.services.clone(), components.models.clone());
    let eraser = Eraser::new(services, models, config.data_operator.clone(), origin);
    tasks.spawn("erasures", eraser.run(tasks.stop()));
    let (services, models) = (components.services.clone(), components.models.clone());
    let runner = Runner::new(services, models, SweepLimits::default());
    let reconciling = runner.run(config.reconcile_at.clone(), tasks.stop());
    tasks.spawn("reconciliation", reconciling);
    start_mail(config, components, tasks);
}

/// Has mail and text messages carried, where either is sent.
fn start_mail(config: &Config, components: &Components, tasks: &Tasks) {
    let carriers = Carriers {
        mail: components.messenger.clone(),
        sms: components.sms.clone(),
        host: config.public_url.host_str().unwrap_or_default().to_owned(),
    };
    if carriers.mail.is_some() || carriers.sms.is_some() {
        let services = &components.services;
        let (log, people) = (services.log.clone(), services.people.clone());
        let worker = MailWorker::new(log, people, carriers, MailWorkerOptions::default());
        tasks.spawn("mail", worker.run(tasks.stop()));
    }
}

/// Tells the log into queues, and delivers them.
fn start_webhooks(webhooks: &Webhooks, components: &Components, tasks: &Tasks) -> Result<(), PlatformError> {
    let log = components.services.log.clone();
    let sender = HttpSender::new(webhooks.loopback).map_err(PlatformError::WebhookSender)?;
    let fan_out = FanOut::new(log.clone(), FanOutOptions::default());
    let options = DispatcherOptions::default();
    let dispatcher = Dispatcher::new(log, webhooks, Arc::new(sender), options, fan_out.queued());
    tasks.spawn("webhooks_fan_out", fan_out.run(tasks.stop()));
    tasks.spawn("webhooks_dispatcher", dispatcher.run(tasks.stop()));
    let pool = webhooks.pool.clone();
    let keeping = webhooks::keep_deliveries(pool.clone(), KeepOptions::default(), tasks.stop());
    tasks.spawn("webhooks_keeping", keeping);
    let gauges = webhooks::gauges::keep_gauges(pool, GAUGES_EVERY, tasks.stop());
    tasks.spawn("webhooks_gauges", gauges);
    Ok(())
}

fn start_workers(components: &Components, bus: &Bus, tasks: &Tasks) {
    let mut consumers = projections::runner::all();
    consumers.push(Arc::new(commands::processes::consumer(
        components.services.ports.retries.clone(),
    )));
    for consumer in consumers {
        let (log, name) = (components.services.log.clone(), consumer.name());
        let worker = Worker::new(log, Some(bus.clone()), consumer, WorkerOptions::default());
        tasks.spawn(name, worker.run(tasks.stop()));
    }
}

async fn start_api(
    config: &Config,
    settings: Settings,
    components: &Components,
    bus: &Bus,
    tasks: &Tasks,
    stop: &CancellationToken,
) -> Result<(SocketAddr, JoinHandle<std::io::Result<()>>), PlatformError> {
    let tls = match &config.tls {
        Some(files) => Some(Tls::open(files.certificate.clone(), files.key.clone())?),
        None => None,
    };
    let listen = |error| PlatformError::Listen(config.listen, error);
    let listener = connections::listen(config.listen).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (services, models) = (components.services.clone(), components.models.clone());
    let shared = match &config.redis {
        Some(redis) => {
            let shared = SharedLimits::new(&compose::redis_settings(redis, &settings.digest_secret))?;
            tasks.spawn("rate_limits", shared.clone().run(tasks.stop()));
            Some(shared)
        }
        None => None,
    };
    let app = App::new(services, models, bus.clone(), settings)
        .with_shared_limits(shared)
        .with_webhook_ports(components.providers.as_seen_by_api(&components.services))
        .with_webhooks(components.webhooks.clone())
        .with_tls(tls.clone())
        .watching(tasks.dead())
        .until(stop.clone());
    let mut limits = config.connections;
    if config.trusted_proxy_hops > 0 {
        // Everybody comes from our proxies' addresses.
        limits.per_address_max = limits.total_max;
    }
    if let Some(tls) = &tls {
        tasks.spawn("certificate", tls.clone().watch(tasks.stop()));
    }
    let serving = connections::serve(listener, api::router(app), limits, tls, stop.clone());
    #[expect(clippy::disallowed_methods, reason = "joined by Platform::finished")]
    let server = tokio::spawn(serving);
    Ok((address, server))
}

impl Platform {
    /// Where the API answers, if it has that role.
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    pub const fn components(&self) -> &Components {
        &self.components
    }

    /// Waits until it is told to stop, then finishes: requests first, then the workers behind them.
    ///
    /// # Errors
    /// [`PlatformError`] when it ended by itself: the HTTP server or a task did, or the log became another one.
    pub async fn finished(mut self) -> Result<(), PlatformError> {
        let http = self.http.take();
        let serving = async {
            let served = match http {
                Some(server) => self.serve_to_the_end(server).await,
                None => {
                    self.stop.cancelled().await;
                    Ok(())
                }
            };
            self.stop.cancel();
            served
        };
        let (served, ended) = tokio::join!(serving, self.cannot_go_on());
        self.tasks.stop().cancel();
        if tokio::time::timeout(FINISH_WITHIN, self.tasks.ended())
            .await
            .is_err()
        {
            tracing::warn!(
                "Some tasks did not stop within {} s and are left",
                FINISH_WITHIN.as_secs()
            );
        }
        ended.and(served)
    }

    /// Waits until the process is told to stop, or tells it so itself when it is of no use any more.
    async fn cannot_go_on(&self) -> Result<(), PlatformError> {
        let error = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            () = self.components.services.log.until_another_log() => PlatformError::AnotherLog,
            name = self.tasks.until_one_dies() => PlatformError::TaskDied(name),
        };
        tracing::error!(error = %error, "This process cannot go on and ends");
        self.stop.cancel();
        Err(error)
    }

    /// Graceful shutdown waits for requests in flight; one that never ends must not keep the process for ever.
    async fn serve_to_the_end(
        &self,
        mut server: JoinHandle<std::io::Result<()>>,
    ) -> Result<(), PlatformError> {
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
            Ok(Err(error)) => Err(PlatformError::Http(error)),
            Err(panicked) => Err(PlatformError::Http(std::io::Error::other(panicked))),
        }
    }
}

/// Learns which sessions ended elsewhere, so that their access tokens stop working here, and forgets old ones.
async fn keep_sessions(components: Components, stop: CancellationToken) {
    let every = |span| {
        let mut turn = tokio::time::interval(span);
        turn.set_missed_tick_behavior(MissedTickBehavior::Skip);
        turn
    };
    let (mut learn, mut forget) = (every(SESSIONS_LEARNED_EVERY), every(SESSIONS_FORGOTTEN_EVERY));
    let (people, clock) = (&components.services.people, components.services.log.clock());
    loop {
        let kept = tokio::select! {
            () = stop.cancelled() => return,
            _ = learn.tick() => people.sync_revocations(clock.now()).await.map(drop),
            _ = forget.tick() => forget_what_ended(people, clock.now()).await,
        };
        if let Err(error) = kept {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "Ended sessions could not be learned or forgotten"
            );
        }
    }
}

/// Deletes ended sessions, and documents whose time is over.
async fn forget_what_ended(people: &People, now: Timestamp) -> Result<(), IdentityError> {
    people.forget_ended_sessions(now).await?;
    people.forget_documents(now).await.map(drop)
}

//! Limits that all processes count together in one Redis: one round trip a check, a short wait, and a circuit that spares everybody the
//! wait while Redis is down.

pub mod counters;
mod names;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, ServerErrorKind, TlsCertificates,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::quota::Quota;
use counters::{Counter, Settlement};
use names::Names;

/// Between two attempts to reach a Redis that is down.
const RETRY_EVERY: Duration = Duration::from_millis(500);
/// How long one such attempt may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// How many settlements may wait to be sent.
const SETTLEMENTS_MAX: usize = 1 << 12;

/// Failures to be taken back together.
type Settlements = Vec<(Counter, Settlement)>;

/// A script, by its place among the ones that a link has loaded.
const GCRA: usize = 0;
const FAILURES: usize = 1;
const SCRIPTS: [&str; 2] = [include_str!("gcra.lua"), include_str!("failures.lua")];

/// Which Redis, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct RedisSettings {
    /// `redis://…`, or `rediss://…` for TLS.
    pub url: SecretString,
    /// Whom its certificate must be of, a file in PEM; the system's authorities where there is none.
    pub roots: Option<PathBuf>,
    /// How long an answer is waited for.
    pub answer_within: Duration,
    /// The secret that all processes of the deployment share: keys in Redis are named under a key derived from it.
    pub secret: SecretString,
}

/// Why Redis cannot be used as it is set up; that it is down is no such reason.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    #[error("the certificates of its authority cannot be read")]
    Roots(#[source] std::io::Error),
    #[error("its address or its certificates are not what they must be")]
    Settings(#[source] redis::RedisError),
}

/// Limits in one Redis; cheap to clone. They answer once [`SharedLimits::run`] has reached it.
#[derive(Clone)]
pub struct SharedLimits(Arc<State>);

struct State {
    client: Client,
    names: Names,
    answer_within: Duration,
    /// None while the circuit is open.
    link: Mutex<Option<Link>>,
    broken: Notify,
    settlements: mpsc::Sender<Settlements>,
    unsettled: Mutex<Option<mpsc::Receiver<Settlements>>>,
}

/// A connection, and under which digests it knows the scripts.
#[derive(Clone)]
struct Link {
    number: u64,
    connection: MultiplexedConnection,
    scripts: Arc<[String; SCRIPTS.len()]>,
}

impl Link {
    /// Calls a script by its digest; its keys and arguments are to follow.
    fn command(&self, script: usize, keys: usize) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        command.arg(&self.scripts[script]).arg(keys);
        command
    }
}

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error(transparent)]
    Redis(#[from] redis::RedisError),
}

impl SharedLimits {
    /// Reads what is needed; connects to nobody yet.
    ///
    /// # Errors
    /// [`RedisError`].
    pub fn new(settings: &RedisSettings) -> Result<Self, RedisError> {
        let url = settings.url.expose_secret();
        let client = match &settings.roots {
            Some(roots) if url.starts_with("rediss:") => {
                let certificates = TlsCertificates {
                    client_tls: None,
                    root_cert: Some(std::fs::read(roots).map_err(RedisError::Roots)?),
                };
                Client::build_with_tls(url, certificates)
            }
            Some(_) | None => Client::open(url),
        };
        let (settlements, unsettled) = mpsc::channel(SETTLEMENTS_MAX);
        Ok(Self(Arc::new(State {
            client: client.map_err(RedisError::Settings)?,
            names: Names::under(&settings.secret),
            answer_within: settings.answer_within,
            link: Mutex::new(None),
            broken: Notify::new(),
            settlements,
            unsettled: Mutex::new(Some(unsettled)),
        })))
    }

    /// Whether Redis answers: while it does not, each process counts by itself.
    pub fn is_up(&self) -> bool {
        self.link().is_some()
    }

    /// One more of `key` under `policy`; none if Redis does not answer in time.
    ///
    /// # Errors
    /// In how many microseconds there is room for it.
    pub async fn check(&self, policy: &'static str, quota: &Quota, key: &[u8]) -> Option<Result<(), u64>> {
        let wait_us: u64 = self
            .answer(|link| {
                let name = self.0.names.of("g", policy, key);
                let mut command = link.command(GCRA, 1);
                command.arg(name.group).arg(&name.tag[..]);
                command.arg(quota.interval_us).arg(quota.tolerance_us);
                command
            })
            .await?;
        Some(match wait_us {
            0 => Ok(()),
            wait_us => Err(wait_us),
        })
    }

    /// Keeps a connection until `stop`: makes it anew when it breaks, and tells of every change once.
    pub async fn run(self, stop: CancellationToken) {
        let unsettled = lock(&self.0.unsettled).take();
        let Some(mut unsettled) = unsettled else { return };
        let kept = async {
            let mut untold = true;
            for number in 0.. {
                match self.connect(number).await {
                    Ok(link) => {
                        tracing::info!("Rate limits are counted together with other processes");
                        self.replace(Some(link));
                        self.serve(&mut unsettled).await;
                        // Whoever opened the circuit has told of it.
                        untold = false;
                    }
                    Err(error) => {
                        if untold {
                            let error: &dyn std::error::Error = &error;
                            tracing::warn!(
                                error,
                                "Redis is out of reach: rate limits are counted in this process alone"
                            );
                        }
                        self.replace(None);
                        untold = false;
                    }
                }
                tokio::time::sleep(RETRY_EVERY).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = kept => {}
        }
    }

    /// Until the link breaks.
    async fn serve(&self, unsettled: &mut mpsc::Receiver<Settlements>) {
        loop {
            tokio::select! {
                () = self.0.broken.notified() => return,
                Some(counters) = unsettled.recv() => self.settle_now(&counters).await,
            }
        }
    }

    async fn connect(&self, number: u64) -> Result<Link, NoAnswer> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(CONNECT_WITHIN));
        let client = &self.0.client;
        let mut connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        let mut scripts = [String::new(), String::new()];
        for (digest, source) in scripts.iter_mut().zip(SCRIPTS) {
            let mut load = redis::cmd("SCRIPT");
            *digest = load.arg("LOAD").arg(source).query_async(&mut connection).await?;
        }
        let mut link = Link {
            number,
            connection,
            scripts: Arc::new(scripts),
        };
        // One that may not write, or has no memory left, is of no use: it is not taken for one that is back.
        let mut probe = link.command(GCRA, 1);
        probe
            .arg("tot:{limits}:probe")
            .arg("probe ")
            .arg(1_000)
            .arg(1_000);
        // Nor is one that answers too late for those who would ask it next.
        let within = self.0.answer_within;
        let probed = tokio::time::timeout(within, query::<u64>(&mut link, &probe)).await;
        probed.map_err(|_late| NoAnswer::Late(within))??;
        Ok(link)
    }

    /// What a script answers; none while the circuit is open, or if that opens it.
    async fn answer<T: FromRedisValue>(&self, command: impl FnOnce(&Link) -> Cmd) -> Option<T> {
        let Some(mut link) = self.link() else {
            metrics::counter!("tot_rate_limits_unshared_total").increment(1);
            return None;
        };
        let began = Instant::now();
        let command = command(&link);
        let answered = tokio::time::timeout(self.0.answer_within, query(&mut link, &command)).await;
        metrics::histogram!("tot_rate_limits_redis_seconds").record(began.elapsed());
        let error = match answered {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.into(),
            Err(_late) => NoAnswer::Late(self.0.answer_within),
        };
        self.open_circuit(link.number, &error);
        metrics::counter!("tot_rate_limits_unshared_total").increment(1);
        None
    }

    /// Nobody asks through this link any more, until there is another one.
    fn open_circuit(&self, number: u64, error: &NoAnswer) {
        let mut link = lock(&self.0.link);
        if link.as_ref().is_none_or(|link| link.number != number) {
            return;
        }
        *link = None;
        drop(link);
        metrics::gauge!("tot_rate_limits_shared").set(0.0);
        let error: &dyn std::error::Error = error;
        tracing::warn!(
            error,
            "Redis does not answer: rate limits are counted in this process alone"
        );
        self.0.broken.notify_one();
    }

    fn replace(&self, link: Option<Link>) {
        metrics::gauge!("tot_rate_limits_shared").set(if link.is_some() { 1.0 } else { 0.0 });
        *lock(&self.0.link) = link;
    }

    fn link(&self) -> Option<Link> {
        lock(&self.0.link).clone()
    }
}

/// A Redis that has forgotten its scripts is told them again, with the question.
async fn query<T: FromRedisValue>(link: &mut Link, command: &Cmd) -> Result<T, redis::RedisError> {
    match command.query_async(&mut link.connection).await {
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
            for source in SCRIPTS {
                let mut load = redis::cmd("SCRIPT");
                let load = load.arg("LOAD").arg(source);
                load.query_async::<()>(&mut link.connection).await?;
            }
            command.query_async(&mut link.connection).await
        }
        answered => answered,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

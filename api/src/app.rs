//! What every handler is given: the platform, its people, its read models, and how this deployment is set.

use std::sync::Arc;

use commands::CommandServices;
use event_store::{Bus, EventLog};
use hmac::digest::{Key, KeyInit};
use hmac::{Hmac, Mac};
use identity::People;
use jiff::Timestamp;
use projections::Models;
use rate_limits::SharedLimits;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use webhooks::Webhooks;

use crate::connections::{CertificateState, Tls};
use crate::feed::{Feed, Listener};
use crate::patient_limits::Turns;
use crate::places::Places;
use crate::problem::{Code, Problem};
use crate::rebuilds::Rebuilds;
use crate::security_events::bursts::Bursts;
use crate::settings::Settings;
use crate::sign_in_brake::SignInBrake;
use crate::throttle::Throttles;
use crate::webhook_ports::WebhookPorts;

/// Everything the HTTP surface works with; cheap to clone.
#[derive(Clone)]
pub struct App {
    state: Arc<AppState>,
    webhook_ports: Arc<WebhookPorts>,
    webhooks: Option<Webhooks>,
    tls: Option<Tls>,
    stopping: CancellationToken,
    dead_task: Option<watch::Receiver<Option<&'static str>>>,
}

struct AppState {
    services: CommandServices,
    models: Models,
    bus: Option<Bus>,
    settings: Settings,
    digester: Digester,
    throttles: Throttles,
    sign_in_brake: SignInBrake,
    feed: Feed,
    places: Places,
    export_places: Places,
    report_places: Places,
    document_places: Places,
    rebuilds: Rebuilds,
    turns: Turns,
    bursts: Bursts,
}

impl App {
    /// The application over these parts. The bus is asked for its health alone.
    pub fn new(
        services: CommandServices,
        models: Models,
        bus: impl Into<Option<Bus>>,
        settings: Settings,
    ) -> Self {
        let state = AppState {
            services,
            models,
            bus: bus.into(),
            digester: Digester::new(&settings.digest_secret),
            bursts: Bursts::default(),
            throttles: Throttles::new(&settings.limits),
            sign_in_brake: SignInBrake::new(&settings.limits),
            settings,
            feed: Feed::default(),
            places: Places::for_streams(),
            export_places: Places::for_exports(),
            report_places: Places::for_reports(),
            document_places: Places::for_documents(),
            rebuilds: Rebuilds::default(),
            turns: Turns::default(),
        };
        Self {
            state: Arc::new(state),
            webhook_ports: Arc::default(),
            webhooks: None,
            tls: None,
            stopping: CancellationToken::new(),
            dead_task: None,
        }
    }

    /// The same, in a process that tells which of its tasks has died.
    #[must_use]
    pub fn watching(self, dead_task: watch::Receiver<Option<&'static str>>) -> Self {
        Self {
            dead_task: Some(dead_task),
            ..self
        }
    }

    /// The task of this process that has died, if one has.
    pub fn dead_task(&self) -> Option<&'static str> {
        self.dead_task.as_ref().and_then(|dead| *dead.borrow())
    }

    /// The same, ending live streams and rebuilds when `stop` is cancelled, so that a shutdown need not wait for
    /// clients that never leave.
    #[must_use]
    pub fn until(self, stop: CancellationToken) -> Self {
        Self {
            stopping: stop,
            ..self
        }
    }

    /// The same, with the world outside; without it there is nobody there.
    #[must_use]
    pub fn with_webhook_ports(self, webhook_ports: WebhookPorts) -> Self {
        Self {
            webhook_ports: Arc::new(webhook_ports),
            ..self
        }
    }

    /// The same, with endpoints that are told of what happens; without them there are none.
    #[must_use]
    pub fn with_webhooks(self, webhooks: Option<Webhooks>) -> Self {
        Self { webhooks, ..self }
    }

    /// The same, in a process that speaks TLS to its clients.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// The certificate that is served, in a process that has one.
    pub fn certificate(&self) -> Option<CertificateState> {
        self.tls.as_ref().map(Tls::certificate)
    }

    /// Endpoints that are told of what happens.
    ///
    /// # Errors
    /// `unavailable` in a process that has none.
    pub fn webhooks(&self) -> Result<&Webhooks, Problem> {
        self.webhooks
            .as_ref()
            .ok_or_else(|| Problem::plain(Code::Unavailable))
    }

    /// The same, counting limits together with other processes, where there is a Redis.
    #[must_use]
    pub fn with_shared_limits(self, shared: Option<SharedLimits>) -> Self {
        if let Some(shared) = shared {
            self.state.throttles.share(shared.clone());
            self.state.sign_in_brake.share(shared);
        }
        self
    }

    /// The world outside.
    pub fn webhook_ports(&self) -> &WebhookPorts {
        &self.webhook_ports
    }

    /// What use cases are given.
    pub fn services(&self) -> &CommandServices {
        &self.state.services
    }

    /// The log of facts.
    pub fn log(&self) -> &EventLog {
        &self.state.services.log
    }

    /// Accounts, tokens and the vault.
    pub fn people(&self) -> &People {
        &self.state.services.people
    }

    /// The read models.
    pub fn models(&self) -> &Models {
        &self.state.models
    }

    /// The message bus, if this process is connected to one.
    pub fn bus(&self) -> Option<&Bus> {
        self.state.bus.as_ref()
    }

    /// How this deployment is set.
    pub fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// The digests of commands.
    pub fn digester(&self) -> &Digester {
        &self.state.digester
    }

    /// How often whom may fail to sign in.
    pub fn sign_in_brake(&self) -> &SignInBrake {
        &self.state.sign_in_brake
    }

    /// Who was recorded lately.
    pub fn bursts(&self) -> &Bursts {
        &self.state.bursts
    }

    /// The rate limits.
    pub fn throttles(&self) -> &Throttles {
        &self.state.throttles
    }

    /// What happens to whom, for live streams.
    pub fn feed(&self) -> &Feed {
        &self.state.feed
    }

    /// Begins to listen for what happens to an account or a booking.
    pub fn listen(&self, about: Uuid) -> Listener {
        self.feed().listen(about, self.log(), self.stopping())
    }

    /// Places for live streams.
    pub fn places(&self) -> &Places {
        &self.state.places
    }

    /// Places for exports.
    pub fn export_places(&self) -> &Places {
        &self.state.export_places
    }

    /// Places for reports.
    pub fn report_places(&self) -> &Places {
        &self.state.report_places
    }

    /// Places for documents on their way, in either direction.
    pub fn document_places(&self) -> &Places {
        &self.state.document_places
    }

    /// The rebuilds this process was asked for.
    pub fn rebuilds(&self) -> &Rebuilds {
        &self.state.rebuilds
    }

    /// The turns of patients' requests.
    pub fn turns(&self) -> &Turns {
        &self.state.turns
    }

    /// Done when the process is about to end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Database time.
    pub fn now(&self) -> Timestamp {
        self.log().clock().now()
    }
}

/// Computes the digests of commands under the deployment's secret.
#[derive(Clone)]
pub struct Digester(Hmac<Sha256>);

impl Digester {
    /// A digester under this secret, which may have any length.
    pub fn new(secret: &SecretString) -> Self {
        let mut key = Key::<Hmac<Sha256>>::default();
        // A key of the hash's own block size needs no further treatment, so nothing can fail.
        let digest = Sha256::digest(secret.expose_secret().as_bytes());
        key.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        Self(<Hmac<Sha256> as KeyInit>::new(&key))
    }

    /// Under which a key of a policy is counted: a keyed hash, so that nobody reads an address out of it.
    pub fn key_of(&self, policy: &str, key: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        for part in [b"limit\n", policy.as_bytes(), b"\n", key] {
            mac.update(part);
        }
        let hash = mac.finalize().into_bytes();
        let mut first = [0; 16];
        first.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
        first
    }

    /// HMAC-SHA-256 over method, path and canonical body, in lower-case hex.
    pub fn of(&self, method: &str, path: &str, canonical_body: &[u8]) -> String {
        let mut mac = self.0.clone();
        for part in [method.as_bytes(), b"\n", path.as_bytes(), b"\n", canonical_body] {
            mac.update(part);
        }
        hex::encode(mac.finalize().into_bytes())
    }
}

//! Puts the components together: from a configuration to a log, people, use cases and read models.

use std::path::Path;
use std::sync::Arc;

use api::settings::Settings;
use commands::ports::{Messenger, SmsGateway};
use commands::{CommandServices, PAYOUT_MIN_DEFAULT, Policies};
use event_store::{EventLog, LogError, LogOptions, MessageKeys};
use identity::{IdentityError, KeyError, MasterKeys, People, PeopleOptions, TokenKeys};
use jiff::{SignedDuration, Timestamp};
use projections::Models;
use rate_limits::RedisSettings;
use reconciliation::{Runner, SweepLimits};
use secrecy::{ExposeSecret, SecretString};
use webhooks::address::Loopback;
use webhooks::{WebhookError, WebhookKeys, Webhooks};

use crate::config::{
    Config, ConfigErrors, OperatorConfig, PeopleConfig, ProvidersConfig, ReconcileConfig, RedisConfig,
};
use crate::mail::{self, MailError};
use crate::providers::{self, ProviderStack, ProviderStackError};

/// The running code's version, as stored with every fact and shown by `/api/v1/version`.
pub const APP_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Connections of an operator's command: it does one thing at a time.
const OPERATOR_CONNECTIONS: u32 = 4;

/// Why the components could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    #[error("the token keys cannot be used")]
    Keys(#[from] KeyError),
    #[error("the master keys cannot be used")]
    MasterKeys(#[source] KeyError),
    #[error("personal data cannot be opened")]
    People(#[source] IdentityError),
    #[error("the log cannot be opened; is the database up, and has `tot migrate` run?")]
    Log(#[from] LogError),
    #[error("the payment providers cannot be set up")]
    ProviderStack(#[from] ProviderStackError),
    #[error("mail cannot be sent as it is set up")]
    Mail(#[from] MailError),
    #[error("webhooks cannot be set up")]
    Webhooks(#[from] WebhookError),
}

/// Everything a serving process works with.
#[derive(Clone)]
pub struct Components {
    pub services: CommandServices,
    pub models: Models,
    /// Payment providers, in both directions.
    pub providers: ProviderStack,
    /// Who carries mail, where this process sends it.
    pub messenger: Option<Arc<dyn Messenger>>,
    /// Who carries text messages, likewise.
    pub sms: Option<Arc<dyn SmsGateway>>,
    /// Webhooks, where this process has to do with them.
    pub webhooks: Option<Webhooks>,
}

pub async fn components(config: &Config) -> Result<Components, ComposeError> {
    let keys = match &config.token_keys {
        Some(path) => TokenKeys::load(path)?,
        None => TokenKeys::none(),
    };
    let master = match &config.master_keys {
        Some(path) => load_master_keys(path)?,
        None => MasterKeys::none(),
    };
    let mut options = log_options(config.database_url.expose_secret(), config.database_connections);
    options.statement_within = Some(config.database_statement_within);
    let log = EventLog::open(options).await?;
    let people = People::new(log.pool().clone(), keys, master, people_options(config));
    if config.master_keys.is_some() {
        people.require_opening().await.map_err(ComposeError::People)?;
    }
    let models = Models::new(log.clone());
    let providers = providers::open(&config.providers)?;
    let webhooks = webhooks(config, &log)?;
    Ok(Components {
        services: CommandServices::new(log, people, policies(&config.providers))
            .with_providers(providers.ports.clone()),
        models,
        providers,
        messenger: config.mail.as_ref().map(mail::open).transpose()?,
        sms: config
            .sms
            .clone()
            .map(|gateway| Arc::new(gateway) as Arc<dyn SmsGateway>),
        webhooks,
    })
}

/// The keys under which personal data are sealed.
///
/// # Errors
/// [`ComposeError::MasterKeys`].
pub fn load_master_keys(path: &Path) -> Result<MasterKeys, ComposeError> {
    MasterKeys::load(path).map_err(ComposeError::MasterKeys)
}

/// The numbers the rules are asked with in this deployment.
pub fn policies(providers: &ProvidersConfig) -> Policies {
    Policies {
        payout_min: providers.payout_min,
    }
}

/// The keys under which messages between processes are made and believed, where this process does either.
pub fn message_keys(config: &Config) -> Option<MessageKeys> {
    let bytes = |key: &SecretString| key.expose_secret().as_bytes().to_vec();
    let current = config.message_key.as_ref().map(bytes)?;
    let previous = config.message_key_previous.as_ref().map(bytes);
    Some(MessageKeys::new(&current, previous.as_deref()))
}

/// What the API and whoever delivers know of webhooks, where this process is either.
///
/// # Errors
/// None that can come: any key is one.
pub fn webhooks(config: &Config, log: &EventLog) -> Result<Option<Webhooks>, WebhookError> {
    let Some(config) = &config.webhooks else {
        return Ok(None);
    };
    let previous = config.key_previous.as_ref();
    let keys = WebhookKeys::new(
        config.key.expose_secret().as_bytes(),
        previous.map(|key| key.expose_secret().as_bytes()),
    )?;
    Ok(Some(Webhooks {
        pool: log.pool().clone(),
        keys: Arc::new(keys),
        loopback: match config.loopback {
            true => Loopback::Allowed,
            false => Loopback::Refused,
        },
    }))
}

/// How long things of people last, and which apps' pages use passkeys: those that may read answers.
fn people_options(config: &Config) -> PeopleOptions {
    let mut options = PeopleOptions::new(config.public_url.as_str());
    let origins = config
        .cors_origins
        .iter()
        .filter_map(|origin| origin.header().to_str().ok());
    options.passkey_origins = origins.map(ToOwned::to_owned).collect();
    options.sends_mail = config.sends_mail;
    options.sends_sms = config.sends_sms;
    options
}

/// How the HTTP surface behaves in this deployment.
pub fn settings(config: &Config, command_secret: &SecretString) -> Settings {
    let mut settings = Settings::new(config.public_url.as_str(), command_secret.clone(), APP_VERSION);
    settings.trusted_proxies = config.trusted_proxy_hops;
    settings.cors_origins.clone_from(&config.cors_origins);
    settings.limits = config.limits;
    settings.notary_interval = config.notary_interval;
    settings.erasure_cooling_off = SignedDuration::from_hours(24 * i64::from(config.erasure_days));
    settings.return_targets = config.providers.return_targets.clone();
    settings
}

/// How the Redis is spoken to that limits are shared through; keys there are named under one of the deployment's secret.
pub fn redis_settings(redis: &RedisConfig, command_secret: &SecretString) -> RedisSettings {
    RedisSettings {
        url: redis.url.clone(),
        roots: redis.roots.clone(),
        answer_within: redis.answer_within,
        secret: command_secret.clone(),
    }
}

/// The log alone, for an operator's command.
pub async fn log_for_operator(config: &OperatorConfig) -> Result<EventLog, ComposeError> {
    open_log(config.database_url.expose_secret(), OPERATOR_CONNECTIONS).await
}

/// The command services, for an operator's command that makes accounts or moves money, and the database's time.
pub async fn services_for_operator(
    config: &PeopleConfig,
) -> Result<(CommandServices, Timestamp), ComposeError> {
    let log = open_log(config.database_url.expose_secret(), OPERATOR_CONNECTIONS).await?;
    let people = People::new(
        log.pool().clone(),
        TokenKeys::none(),
        load_master_keys(&config.master_keys)?,
        PeopleOptions {
            sends_mail: config.sends_mail,
            ..PeopleOptions::new(config.public_url.as_str())
        },
    );
    people.require_opening().await.map_err(ComposeError::People)?;
    let now = log.clock().now();
    let policies = Policies {
        payout_min: PAYOUT_MIN_DEFAULT,
    };
    Ok((CommandServices::new(log, people, policies), now))
}

/// What compares the books with the providers', for an operator who watches.
pub async fn runner_for_operator(config: &ReconcileConfig) -> Result<(Runner, Timestamp), ComposeError> {
    let (services, now) = services_for_operator(&config.people).await?;
    let services = services.with_providers(providers::open(&config.providers)?.ports);
    let models = Models::new(services.log.clone());
    Ok((Runner::new(services, models, SweepLimits::default()), now))
}

async fn open_log(url: &str, connections: u32) -> Result<EventLog, ComposeError> {
    Ok(EventLog::open(log_options(url, connections)).await?)
}

fn log_options(url: &str, connections: u32) -> LogOptions {
    let mut options = LogOptions::new(url, domain::any_event::known);
    options.pool_size = connections;
    options.app_version = APP_VERSION;
    options
}

//! The configuration: read once from the environment, every fault reported together, no secret with a default.

mod connections;
mod errors;
mod limits;
mod mail;
mod notary;
mod otlp;
mod providers;
mod read;
mod secrets;
mod sms;
#[cfg(test)]
mod tests;
mod timeouts;
mod transport;
mod webhooks;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use api::connections::ConnectionLimits;
use api::origin::Origin;
use identity::Zone;
use integrations::Exolve;
use reconciliation::Nightly;
use secrecy::SecretString;
use url::Url;

use crate::role::Role;

pub use errors::{ConfigError, ConfigErrors};
pub use limits::RedisConfig;
pub use mail::MailConfig;
pub use notary::NotaryConfig;
pub use otlp::OtlpConfig;
pub use providers::ProvidersConfig;
pub use read::{Environment, Reader};
pub use secrets::{is_given, text as secret};
#[cfg(test)]
pub use tests::complete;
pub use transport::TlsConfig;
pub use webhooks::WebhooksConfig;

/// What the few commands need to know that only open what is sealed.
#[derive(Debug)]
pub struct MasterKeysConfig {
    /// The file of master keys (`TOT_MASTER_KEYS`).
    pub path: PathBuf,
}

/// What a running platform needs to know.
#[derive(Debug)]
pub struct Config {
    /// The application's database role (`TOT_DATABASE_URL`).
    pub database_url: SecretString,
    /// Connections per process to the database (`TOT_DATABASE_CONNECTIONS`).
    pub database_connections: u32,
    /// How long one statement of this process may run there (`TOT_DATABASE_STATEMENT_SECONDS`).
    pub database_statement_within: Duration,
    /// How long closed intents are kept (`TOT_INTENTS_KEEP_DAYS`).
    pub closed_intents_kept: Duration,
    /// For how many days somebody can take the erasure of their data back (`TOT_ERASURE_DAYS`).
    pub erasure_days: u8,
    /// Who processes personal data, as acts of destruction name them (`TOT_DATA_OPERATOR`).
    pub data_operator: Option<String>,
    /// The NATS server (`TOT_NATS_URL`).
    pub nats_url: SecretString,
    /// Whom NATS' certificate must be of (`TOT_NATS_ROOTS`); the system's authorities where there is none.
    pub nats_roots: Option<PathBuf>,
    /// Where the API listens (`TOT_LISTEN`).
    pub listen: SocketAddr,
    /// With which certificate it does (`TOT_TLS_*`); in clear where there is none. Of the API alone.
    pub tls: Option<TlsConfig>,
    /// Where Prometheus scrapes (`TOT_METRICS_LISTEN`).
    pub metrics_listen: SocketAddr,
    /// How clients reach the API; problem types and links begin with it (`TOT_PUBLIC_URL`).
    pub public_url: Url,
    /// The file of token keys made by `tot keys` (`TOT_TOKEN_KEYS`); of the API alone.
    pub token_keys: Option<PathBuf>,
    /// The file of master keys made by `tot keys new-master` (`TOT_MASTER_KEYS`); of whoever reads or writes personal data: the
    /// API and the intents' workers.
    pub master_keys: Option<PathBuf>,
    /// The secret under which command digests are made (`TOT_COMMAND_SECRET`), at least 32 bytes; of the API alone.
    pub command_secret: Option<SecretString>,
    /// The key under which messages between processes are made and believed (`TOT_MESSAGE_KEY`), at least 32 bytes; of the
    /// relay and the workers alone.
    pub message_key: Option<SecretString>,
    /// The key before, believed too while a new one is brought in (`TOT_MESSAGE_KEY_PREVIOUS`).
    pub message_key_previous: Option<SecretString>,
    /// Reverse proxies between a client and this process, counted from the right of `X-Forwarded-For`
    /// (`TOT_TRUSTED_PROXY_HOPS`).
    pub trusted_proxy_hops: u8,
    /// The web apps of other origins whose scripts may read answers (`TOT_CORS_ORIGINS`); none unless they are named.
    pub cors_origins: Vec<Origin>,
    /// Bounds of connections (`TOT_HTTP_*`).
    pub connections: ConnectionLimits,
    /// Request limits (`TOT_RATE_LIMIT_*`, `TOT_LIMIT_*`).
    pub limits: api::settings::Limits,
    /// The Redis that limits are counted in together with other processes (`TOT_REDIS_*`); of the API alone.
    pub redis: Option<RedisConfig>,
    /// Payment providers, where there are keys for them (`TOT_YOOKASSA_*`, `TOT_TBANK_*`, `TOT_PROVIDER_*`, `TOT_BREAKER_*`,
    /// `TOT_PLAN_*`).
    pub providers: ProvidersConfig,
    /// When the books are compared with the providers' every night, if they are (`TOT_RECONCILE_AT`).
    pub reconcile_at: Option<Nightly>,
    /// What the notary signs with and whom it shows heads to (`TOT_NOTARY_*`, `TOT_WITNESS_*`); of the relay alone.
    pub notary: Option<NotaryConfig>,
    /// How often it signs (`TOT_NOTARY_INTERVAL`), for whoever tells that it is behind.
    pub notary_interval: Duration,
    /// Where spans are sent, if anywhere (`TOT_OTLP_*`).
    pub otlp: Option<OtlpConfig>,
    /// Whether mail is a part of this deployment (`TOT_MAIL_FROM`): features that need it are refused where it is not.
    pub sends_mail: bool,
    /// Who it is from, and the server that takes it (`TOT_MAIL_FROM`, `TOT_SMTP_*`); of the intents' workers alone.
    pub mail: Option<MailConfig>,
    /// Whether text messages are a part of this deployment (`TOT_SMS_SENDER`).
    pub sends_sms: bool,
    /// The gateway that takes them (`TOT_SMS_*`); of the intents' workers alone.
    pub sms: Option<Exolve>,
    /// What webhooks are signed and sent with (`TOT_WEBHOOK_*`); of the API and of who delivers them alone.
    pub webhooks: Option<WebhooksConfig>,
}

/// What `tot audit` needs to know.
#[derive(Debug)]
pub struct AuditConfig {
    pub operator: OperatorConfig,
    pub notary: NotaryConfig,
}

/// What `tot reconcile` needs to know.
#[derive(Debug)]
pub struct ReconcileConfig {
    pub people: PeopleConfig,
    pub providers: ProvidersConfig,
}

/// What `tot migrate` needs to know.
#[derive(Debug)]
pub struct MigrateConfig {
    pub owner: OwnerConfig,
    /// The application's database role, which is granted its rights (taken from `TOT_DATABASE_URL`).
    pub app_role: String,
    /// The zone in which analysts' days and months begin (`TOT_ZONE`); none leaves it as the database has it.
    pub zone: Option<Zone>,
}

/// What the few commands need to know that work with the owner's rights.
#[derive(Debug)]
pub struct OwnerConfig {
    /// The database's owner (`TOT_DATABASE_OWNER_URL`).
    pub url: SecretString,
}

/// What the operator's commands (`tot projections`, `tot stream` …) need to know.
#[derive(Debug)]
pub struct OperatorConfig {
    /// The application's database role (`TOT_DATABASE_URL`).
    pub database_url: SecretString,
}

/// What an operator's command that makes accounts or moves money needs to know beside; it signs nobody in.
#[derive(Debug)]
pub struct PeopleConfig {
    /// The application's database role (`TOT_DATABASE_URL`).
    pub database_url: SecretString,
    /// The file of master keys (`TOT_MASTER_KEYS`).
    pub master_keys: PathBuf,
    /// How clients reach the API (`TOT_PUBLIC_URL`).
    pub public_url: Url,
    /// Whether owners are told by mail what was done (`TOT_MAIL_FROM`).
    pub sends_mail: bool,
}

impl Config {
    /// Reads everything that a serving process of these roles needs, and no secret that none of them uses.
    pub fn read(environment: &Environment, roles: &[Role]) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| Self::of(reader, roles))
    }

    fn of(reader: &mut Reader<'_>, roles: &[Role]) -> Option<Self> {
        let plays = |of: &[Role]| roles.iter().any(|role| of.contains(role));
        let answers = plays(&[Role::Api]);
        let knows_people = plays(&[Role::Api, Role::Intents]);
        let carries = plays(&[Role::Relay, Role::Workers]);
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let database_url = reader.database_url();
        let database_connections = reader.number("TOT_DATABASE_CONNECTIONS", 24);
        let statement_seconds = reader.at_least_one("TOT_DATABASE_STATEMENT_SECONDS", STATEMENT_SECONDS);
        let keep_days = reader.at_least_one("TOT_INTENTS_KEEP_DAYS", INTENTS_KEEP_DAYS);
        let erasure_days = erasure_days(reader);
        let nats_url = reader.nats_url();
        let nats_roots = transport::nats_roots(reader);
        let listen = reader.address("TOT_LISTEN", local(3000));
        let metrics_listen = reader.address("TOT_METRICS_LISTEN", local(9464));
        let tls = answers.then(|| TlsConfig::read(reader)).flatten();
        let public_url = reader.public_url();
        transport::protect_public_url(reader, public_url.as_ref());
        transport::check_allowed(reader);
        let notary = plays(&[Role::Relay]).then(|| NotaryConfig::read(reader));
        // Who sends is told the server; whoever only has something to be sent needs to know that there is one.
        let sends = plays(&[Role::Intents]);
        let mail = sends.then(|| MailConfig::read(reader)).flatten();
        let sends_mail = mail.is_some() || (answers && mail::is_sent(reader));
        let sms = sends.then(|| sms::read(reader)).flatten();
        let sends_sms = sms.is_some() || (answers && sms::is_sent(reader));
        Some(Self {
            database_url,
            database_connections,
            database_statement_within: Duration::from_secs(statement_seconds.into()),
            closed_intents_kept: Duration::from_hours(24 * u64::from(keep_days)),
            erasure_days,
            data_operator: reader.text(DATA_OPERATOR).map(str::to_owned),
            nats_url,
            nats_roots,
            listen,
            tls,
            metrics_listen,
            token_keys: answers.then(|| reader.key_file("TOT_TOKEN_KEYS", TOKEN_KEYS_MEND)),
            master_keys: knows_people.then(|| master_keys(reader)),
            command_secret: answers.then(|| reader.secret("TOT_COMMAND_SECRET", SECRET_BYTES_MIN)),
            message_key: carries.then(|| reader.secret("TOT_MESSAGE_KEY", SECRET_BYTES_MIN)),
            message_key_previous: carries
                .then(|| reader.optional_secret("TOT_MESSAGE_KEY_PREVIOUS", SECRET_BYTES_MIN))
                .flatten(),
            trusted_proxy_hops: reader.number("TOT_TRUSTED_PROXY_HOPS", 0),
            cors_origins: cors_origins(reader),
            connections: connections::read(reader),
            limits: limits::read(reader),
            redis: answers.then(|| RedisConfig::read(reader)).flatten(),
            reconcile_at: nightly(reader),
            notary_interval: match &notary {
                Some(notary) => notary.interval,
                None => notary::interval(reader),
            },
            notary,
            otlp: OtlpConfig::read(reader),
            sends_mail,
            mail,
            sends_sms,
            sms,
            webhooks: plays(&[Role::Api, Role::Webhooks]).then(|| WebhooksConfig::read(reader)),
            providers: match plays(&[Role::Api, Role::Intents]) {
                true => ProvidersConfig::read(reader, public_url.as_ref())?,
                false => ProvidersConfig::plans_alone(reader)?,
            },
            public_url: public_url?,
        })
    }
}

/// The variable that names who processes personal data.
const DATA_OPERATOR: &str = "TOT_DATA_OPERATOR";
/// Within so many days the law wants personal data destroyed that somebody asked to have destroyed.
const ERASURE_DAYS_MAX: u8 = 30;

/// Who processes personal data, name and address, for acts of destruction on the command line.
pub fn data_operator(environment: &Environment) -> Option<String> {
    environment.get(DATA_OPERATOR).map(str::to_owned)
}

/// For how many days an erasure can be taken back.
fn erasure_days(reader: &mut Reader<'_>) -> u8 {
    let read = |text: &str| text.parse().ok().filter(|days| *days <= ERASURE_DAYS_MAX);
    reader.parsed_or("TOT_ERASURE_DAYS", 7, read, "a number of days from 0 to 30")
}

/// The file under whose keys personal data are sealed.
fn master_keys(reader: &mut Reader<'_>) -> PathBuf {
    let mend = "make a file of master keys with `tot keys new-master`, or take the one of this database, and give its path";
    reader.key_file("TOT_MASTER_KEYS", mend)
}

/// Origins, separated by commas.
fn cors_origins(reader: &mut Reader<'_>) -> Vec<Origin> {
    const VARIABLE: &str = "TOT_CORS_ORIGINS";
    let words = reader.text(VARIABLE).into_iter().flat_map(|text| text.split(','));
    let origins: Result<Vec<_>, _> = words.map(|word| Origin::parse(word.trim())).collect();
    origins.unwrap_or_else(|error| {
        let expected = "origins separated by commas, such as https://app.example,https://admin.example";
        reader.wrong(VARIABLE, format!("{expected}; {error}"));
        Vec::new()
    })
}

/// A time of day with its zone, or `off`.
fn nightly(reader: &mut Reader<'_>) -> Option<Nightly> {
    let read = |text: &str| match text {
        "off" => Some(None),
        text => Nightly::parse(text).map(Some),
    };
    let expected = "a time of day with its zone such as `03:00 Europe/Moscow`, or `off`";
    reader.parsed_or("TOT_RECONCILE_AT", Nightly::usual(), read, expected)
}

impl AuditConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            let operator = OperatorConfig {
                database_url: reader.database_url(),
            };
            let notary = NotaryConfig::read(reader);
            Some(Self { operator, notary })
        })
    }
}

impl ReconcileConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            let people = PeopleConfig::of(reader);
            let public_url = people.as_ref().map(|people| &people.public_url);
            let providers = ProvidersConfig::read(reader, public_url);
            Some(Self {
                people: people?,
                providers: providers?,
            })
        })
    }
}

impl MigrateConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            let read = |text: &str| Zone::parse(text).ok().map(Some);
            Some(Self {
                owner: OwnerConfig::of(reader),
                app_role: reader.user_of("TOT_DATABASE_URL"),
                zone: reader.parsed_or("TOT_ZONE", None, read, "an IANA name such as Europe/Moscow"),
            })
        })
    }
}

impl MasterKeysConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            Some(Self {
                path: master_keys(reader),
            })
        })
    }
}

impl OwnerConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| Some(Self::of(reader)))
    }

    fn of(reader: &mut Reader<'_>) -> Self {
        Self {
            url: reader.postgres_url("TOT_DATABASE_OWNER_URL"),
        }
    }
}

impl OperatorConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, |reader| {
            let database_url = reader.database_url();
            Some(Self { database_url })
        })
    }
}

impl PeopleConfig {
    pub fn read(environment: &Environment) -> Result<Self, ConfigErrors> {
        Reader::read(environment, Self::of)
    }

    fn of(reader: &mut Reader<'_>) -> Option<Self> {
        let (database_url, master_keys) = (reader.database_url(), master_keys(reader));
        Some(Self {
            database_url,
            master_keys,
            sends_mail: mail::is_sent(reader),
            public_url: reader.public_url()?,
        })
    }
}

const TOKEN_KEYS_MEND: &str = "make a key file with `tot keys` and give its path";
/// As long as an answer over HTTP may take.
const STATEMENT_SECONDS: u32 = 30;
/// Longer than any question about a payment takes to come up.
const INTENTS_KEEP_DAYS: u32 = 90;

/// A shorter secret could be found by trying.
const SECRET_BYTES_MIN: usize = 32;

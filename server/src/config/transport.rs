//! What is encrypted on its way: the API's own certificate, and addresses beyond this machine, which are refused in clear.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

use super::Reader;

/// What names the ways that need no TLS of ours, for something else protects them.
pub const CLEAR_TEXT_ALLOWED: &str = "TOT_CLEAR_TEXT_ALLOWED";
const CERTIFICATE: &str = "TOT_TLS_CERTIFICATE_FILE";
const KEY: &str = "TOT_TLS_KEY_FILE";
const NATS_ROOTS: &str = "TOT_NATS_ROOTS";
const REDIS_ROOTS: &str = "TOT_REDIS_ROOTS";
/// How a certificate in PEM begins.
const PEM_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

/// The files of the API's own certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    /// The chain in PEM, the server's own certificate first (`TOT_TLS_CERTIFICATE_FILE`).
    pub certificate: PathBuf,
    /// Its private key in PEM, which nobody else may read (`TOT_TLS_KEY_FILE`).
    pub key: PathBuf,
}

/// A way that leaves this machine.
#[derive(Clone, Copy)]
enum Way {
    Database,
    Http,
    Nats,
    Redis,
}

impl Way {
    const ALL: [Self; 4] = [Self::Database, Self::Http, Self::Nats, Self::Redis];

    const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Http => "http",
            Self::Nats => "nats",
            Self::Redis => "redis",
        }
    }
}

impl TlsConfig {
    /// Reads it; none where neither file is named.
    pub fn read(reader: &mut Reader<'_>) -> Option<Self> {
        if !reader.is_set(CERTIFICATE) && !reader.is_set(KEY) {
            return None;
        }
        let certificate = reader.required(
            CERTIFICATE,
            "name the file of the certificate whose key TOT_TLS_KEY_FILE is",
        );
        let key = reader.required(
            KEY,
            "name the file of the private key of TOT_TLS_CERTIFICATE_FILE",
        );
        Some(Self {
            certificate: certificate?.into(),
            key: key?.into(),
        })
    }
}

/// Of the authority that NATS' certificate is of, in PEM (`TOT_NATS_ROOTS`); the system's authorities where it is not set.
pub fn nats_roots(reader: &mut Reader<'_>) -> Option<PathBuf> {
    roots(reader, NATS_ROOTS)
}

/// The same of Redis' certificate (`TOT_REDIS_ROOTS`).
pub fn redis_roots(reader: &mut Reader<'_>) -> Option<PathBuf> {
    roots(reader, REDIS_ROOTS)
}

fn roots(reader: &mut Reader<'_>, variable: &'static str) -> Option<PathBuf> {
    let path = PathBuf::from(reader.text(variable)?);
    let held = fs::read_to_string(&path);
    if !held.is_ok_and(|text| text.contains(PEM_CERTIFICATE)) {
        reader.wrong(
            variable,
            "a file of certificates in PEM that this process can read",
        );
    }
    Some(path)
}

/// Refuses a database beyond this machine that is not asked for a checked certificate.
pub fn protect_database(reader: &mut Reader<'_>, variable: &'static str, url: &str) {
    let Ok(options) = url.parse::<PgConnectOptions>() else {
        return;
    };
    let local = options.get_socket().is_some() || is_local_name(options.get_host());
    let verified = matches!(options.get_ssl_mode(), PgSslMode::VerifyFull);
    if !local && !verified {
        refuse(
            reader,
            variable,
            Way::Database,
            "an address with `?sslmode=verify-full` (and `&sslrootcert=<file>` for an authority of your own)",
        );
    }
}

/// Refuses a NATS beyond this machine that is not spoken to by TLS; its certificate is checked wherever it is.
pub fn protect_nats(reader: &mut Reader<'_>, variable: &'static str, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    if !is_local(&url) && url.scheme() != "tls" {
        let expected =
            "an address that begins with `tls://` (and TOT_NATS_ROOTS for an authority of your own)";
        refuse(reader, variable, Way::Nats, expected);
    }
}

/// Refuses a Redis beyond this machine that is not spoken to by TLS; its certificate is checked wherever it is.
pub fn protect_redis(reader: &mut Reader<'_>, variable: &'static str, url: &str) {
    let Ok(url) = Url::parse(url) else { return };
    if !is_local(&url) && url.scheme() != "rediss" {
        let expected =
            "an address that begins with `rediss://` (and TOT_REDIS_ROOTS for an authority of your own)";
        refuse(reader, variable, Way::Redis, expected);
    }
}

/// Refuses a public address in clear: whoever signed in there would show password and tokens to everybody on the way.
pub fn protect_public_url(reader: &mut Reader<'_>, url: Option<&Url>) {
    if url.is_some_and(|url| !is_local(url) && url.scheme() != "https") {
        let expected = "the `https://` address that clients use: that of the proxy in front that ends TLS, or this process' own \
            (TOT_TLS_CERTIFICATE_FILE)";
        refuse(reader, "TOT_PUBLIC_URL", Way::Http, expected);
    }
}

/// Whether every word of the setting is one that is known.
pub fn check_allowed(reader: &mut Reader<'_>) {
    let known = Way::ALL.map(Way::name);
    if words(reader).any(|word| !known.contains(&word)) {
        reader.wrong(
            CLEAR_TEXT_ALLOWED,
            format!("some of {}, separated by commas", known.join(", ")),
        );
    }
}

fn refuse(reader: &mut Reader<'_>, variable: &'static str, way: Way, expected: &str) {
    let name = way.name();
    if !words(reader).any(|word| word == name) {
        reader.wrong(
            variable,
            format!("{expected}; only where something else protects this way, name `{name}` in {CLEAR_TEXT_ALLOWED}"),
        );
    }
}

fn words<'a>(reader: &Reader<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let text = reader.text(CLEAR_TEXT_ALLOWED);
    text.into_iter().flat_map(|text| text.split(',').map(str::trim))
}

/// Whether an address is of this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_local_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_local_name(name: &str) -> bool {
    let address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

//! Reads variables one by one and keeps every fault, so that all are reported at once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{ConfigError, ConfigErrors, secrets, transport};

/// The variables a process was started with; a map, so that tests need no real environment.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// The same with one more variable; it wins over one of the same name, and over a file that would give the same secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.remove(&secrets::file_of(name));
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The same without this variable, and without the one that would name a file in its place.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(&secrets::file_of(name));
        self.0.remove(name);
        self
    }

    /// The platform's own variables that are set, by name.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let ours = self.0.iter().filter(|(name, _)| name.starts_with("TOT_"));
        ours.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The variable's value; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// Reads variables and remembers what was wrong. Something else stands in for what is missing or wrong until
/// the end of [`Reader::read`], which gives no configuration then.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    faults: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    /// What `read` makes of `environment`, or every fault. It gives nothing only where it has recorded one.
    pub fn read<T>(
        environment: &'a Environment,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Result<T, ConfigErrors> {
        let faults = Vec::new();
        let mut reader = Self { environment, faults };
        match read(&mut reader) {
            Some(config) if reader.faults.is_empty() => Ok(config),
            Some(_) | None => Err(ConfigErrors(reader.faults)),
        }
    }

    /// The application's database role (`TOT_DATABASE_URL`).
    pub fn database_url(&mut self) -> SecretString {
        self.postgres_url("TOT_DATABASE_URL")
    }

    /// A database's address; beyond this machine one that asks for a checked certificate.
    pub fn postgres_url(&mut self, variable: &'static str) -> SecretString {
        let url = self.secret_url(variable, &["postgres", "postgresql"]);
        transport::protect_database(self, variable, url.expose_secret());
        url
    }

    /// NATS' address (`TOT_NATS_URL`); beyond this machine one that speaks TLS.
    pub fn nats_url(&mut self) -> SecretString {
        const VARIABLE: &str = "TOT_NATS_URL";
        let url = self.secret_url(VARIABLE, &["nats", "tls"]);
        transport::protect_nats(self, VARIABLE, url.expose_secret());
        url
    }

    /// The address of a Redis (`TOT_REDIS_URL`), where there is one; beyond this machine one that speaks TLS.
    pub fn redis_url(&mut self) -> Option<SecretString> {
        const VARIABLE: &str = "TOT_REDIS_URL";
        if self.is_absent(VARIABLE) {
            return None;
        }
        let url = self.secret_url(VARIABLE, &["redis", "rediss"]);
        transport::protect_redis(self, VARIABLE, url.expose_secret());
        Some(url)
    }

    /// How clients reach the API (`TOT_PUBLIC_URL`).
    pub fn public_url(&mut self) -> Option<Url> {
        self.url("TOT_PUBLIC_URL", "http://localhost:3000")
    }

    /// A URL that may hold a password, of one of `schemes`.
    fn secret_url(&mut self, variable: &'static str, schemes: &[&str]) -> SecretString {
        let mend = "give the server's URL; beside `make run` (`tot dev`) read its settings first: `. .tot/data/operator.env`";
        let text = self.required_secret(variable, mend);
        let fits = |url: Url| schemes.contains(&url.scheme()) && url.has_host();
        if text
            .as_deref()
            .is_some_and(|text| !Url::parse(text).is_ok_and(fits))
        {
            let scheme = schemes.first().unwrap_or(&"");
            self.wrong(
                variable,
                format!("a URL such as {scheme}://user:password@host:port/name"),
            );
        }
        text.unwrap_or_default().into()
    }

    /// The user named in a database URL.
    pub fn user_of(&mut self, variable: &'static str) -> String {
        let mend = "give the application's database URL; its user is granted rights";
        let Some(text) = self.required_secret(variable, mend) else {
            return String::new();
        };
        let user = Url::parse(&text).map_or_else(|_| String::new(), |url| url.username().to_owned());
        if user.is_empty() {
            self.wrong(variable, "a database URL that names its user");
        }
        user
    }

    /// A URL that holds no secret; none if it is wrong.
    pub fn url(&mut self, variable: &'static str, default: &str) -> Option<Url> {
        let url = Url::parse(self.text(variable).unwrap_or(default)).ok();
        let url = url.filter(Url::has_host);
        if url.is_none() {
            self.wrong(variable, format!("a URL such as {default}"));
        }
        url
    }

    /// An IP address with its port.
    pub fn address(&mut self, variable: &'static str, default: SocketAddr) -> SocketAddr {
        let expected = format!("an address with a port, such as {default}");
        self.parsed_or(variable, default, |text| text.parse().ok(), expected)
    }

    /// A whole number, as far as its type holds one.
    pub fn number<N: FromStr + Display>(&mut self, variable: &'static str, default: N) -> N {
        let expected = format!("a whole number in range, such as {default}");
        self.parsed_or(variable, default, |text| text.parse().ok(), expected)
    }

    /// A whole number, at least one.
    pub fn at_least_one(&mut self, variable: &'static str, default: u32) -> u32 {
        let default = NonZeroU32::new(default).unwrap_or(NonZeroU32::MIN);
        self.number(variable, default).get()
    }

    /// What `read` makes of the variable's text; `default` where it is not set.
    pub fn parsed_or<T>(
        &mut self,
        variable: &'static str,
        default: T,
        read: impl FnOnce(&'a str) -> Option<T>,
        expected: impl Into<String>,
    ) -> T {
        let Some(text) = self.text(variable) else {
            return default;
        };
        read(text).unwrap_or_else(|| {
            self.wrong(variable, expected);
            default
        })
    }

    /// The variable's text, if it is set.
    pub fn text(&self, variable: &str) -> Option<&'a str> {
        self.environment.get(variable)
    }

    /// An identifier and its secret, given together or not at all; both are asked for too when `begun` says that
    /// something else presumes them. None unless both are there.
    pub fn keys(
        &mut self,
        [id, secret]: [&'static str; 2],
        begun: bool,
        mend: &'static str,
    ) -> Option<(String, SecretString)> {
        if !begun && !self.is_any_given([id, secret]) {
            return None;
        }
        let (id, secret) = (self.required(id, mend), self.required_secret(secret, mend));
        Some((id?.to_owned(), secret?.into()))
    }

    /// Whether an identifier or its secret is given, be it wrongly.
    pub fn is_any_given(&self, [id, secret]: [&'static str; 2]) -> bool {
        self.is_set(id) || !self.is_absent(secret)
    }

    /// A switch: `on` or `off`, which it is when it is not set.
    pub fn switch(&mut self, variable: &'static str) -> bool {
        let read = |text: &str| match text {
            "off" => Some(false),
            "on" => Some(true),
            _ => None,
        };
        self.parsed_or(variable, false, read, "`on` or `off`")
    }

    /// Whether the variable is there at all.
    pub fn is_set(&self, variable: &str) -> bool {
        self.text(variable).is_some()
    }

    /// The path of a file of keys, and how it is made.
    pub fn key_file(&mut self, variable: &'static str, mend: &'static str) -> PathBuf {
        let path = self.required(variable, mend);
        path.unwrap_or_default().into()
    }

    /// A secret of at least `bytes_min` bytes in hexadecimal.
    pub fn secret(&mut self, variable: &'static str, bytes_min: usize) -> SecretString {
        let text = self.required_secret(variable, "draw one with `openssl rand -hex 32`");
        let is_hexadecimal = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if text
            .as_deref()
            .is_some_and(|text| !is_hexadecimal(text) || text.len() < 2 * bytes_min)
        {
            self.wrong(variable, format!("at least {bytes_min} bytes in hexadecimal"));
        }
        text.unwrap_or_default().into()
    }

    /// The same, where there need not be one.
    pub fn optional_secret(&mut self, variable: &'static str, bytes_min: usize) -> Option<SecretString> {
        (!self.is_absent(variable)).then(|| self.secret(variable, bytes_min))
    }

    /// A secret in a form of its own, where there need not be one.
    pub fn optional_secret_text(&mut self, variable: &'static str) -> Option<String> {
        secrets::text(self.environment, variable)
            .map_err(|error| self.faults.push(error))
            .ok()
            .flatten()
    }

    /// A variable that must be there.
    pub fn required(&mut self, variable: &'static str, mend: &'static str) -> Option<&'a str> {
        let value = self.text(variable);
        if value.is_none() {
            self.faults.push(ConfigError::Missing { variable, mend });
        }
        value
    }

    /// A secret that must be there, in its variable or in its file.
    fn required_secret(&mut self, variable: &'static str, mend: &'static str) -> Option<String> {
        let read = secrets::text(self.environment, variable);
        read.and_then(|text| text.ok_or(ConfigError::Missing { variable, mend }))
            .map_err(|error| self.faults.push(error))
            .ok()
    }

    /// Whether a secret is given nowhere; one that is given wrongly is not absent.
    fn is_absent(&self, variable: &'static str) -> bool {
        matches!(secrets::text(self.environment, variable), Ok(None))
    }

    /// Records that a variable holds something else than `expected`.
    pub fn wrong(&mut self, variable: &'static str, expected: impl Into<String>) {
        let expected = expected.into();
        self.faults.push(ConfigError::Wrong { variable, expected });
    }
}

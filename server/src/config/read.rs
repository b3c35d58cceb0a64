//! Reads variables one by one and keeps every fault, so that all are reported at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use secrecy::SecretString;
use url::Url;

use super::{ConfigError, ConfigFaults, secrets};

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

/// Reads variables and remembers what was wrong.
#[derive(Debug)]
pub struct Reader<'a> {
    environment: &'a Environment,
    faults: Vec<ConfigError>,
}

impl<'a> Reader<'a> {
    /// A reader of `environment` that has seen no fault yet.
    pub const fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            faults: Vec::new(),
        }
    }

    /// A URL that may hold a password, of one of `schemes`.
    pub fn secret_url(&mut self, variable: &'static str, schemes: &[&str]) -> Option<SecretString> {
        let text = self.required_secret(
            variable,
            "give the server's URL; `tot dev` brings servers of its own",
        )?;
        let fits = Url::parse(&text).is_ok_and(|url| schemes.contains(&url.scheme()) && url.has_host());
        if fits {
            return Some(SecretString::from(text));
        }
        self.wrong(
            variable,
            format!(
                "a URL such as {}://user:password@host:port/name",
                schemes.first()?
            ),
        )
    }

    pub fn user_of(&mut self, variable: &'static str) -> Option<String> {
        let text = self.required_secret(
            variable,
            "give the application's database URL; its user is granted rights",
        )?;
        match Url::parse(&text) {
            Ok(url) if !url.username().is_empty() => Some(url.username().to_owned()),
            Ok(_) | Err(_) => self.wrong(variable, "a database URL that names its user".to_owned()),
        }
    }

    /// A URL that holds no secret.
    pub fn url(&mut self, variable: &'static str, default: &str) -> Option<Url> {
        match Url::parse(self.environment.get(variable).unwrap_or(default)) {
            Ok(url) if url.has_host() => Some(url),
            Ok(_) | Err(_) => self.wrong(variable, format!("a URL such as {default}")),
        }
    }

    pub fn address(&mut self, variable: &'static str, default: &str) -> Option<SocketAddr> {
        let expected = || format!("an address with a port, such as {default}");
        self.parsed(variable, default, expected)
    }

    pub fn number<N: FromStr + std::fmt::Display>(
        &mut self,
        variable: &'static str,
        default: N,
    ) -> Option<N> {
        let default = default.to_string();
        let expected = || format!("a whole number in range, such as {default}");
        self.parsed(variable, &default, expected)
    }

    /// A whole number, at least one.
    pub fn at_least_one(&mut self, variable: &'static str, default: u32) -> Option<u32> {
        let default = NonZeroU32::new(default).unwrap_or(NonZeroU32::MIN);
        self.number(variable, default).map(NonZeroU32::get)
    }

    /// The variable's text, if it is set.
    pub fn text(&self, variable: &str) -> Option<&'a str> {
        self.environment.get(variable)
    }

    /// An identifier and its secret, given together or not at all; both are asked for too when `begun` says that
    /// something else presumes them.
    pub fn keys(
        &mut self,
        id: &'static str,
        secret: &'static str,
        begun: bool,
        mend: &'static str,
    ) -> Option<Option<(String, SecretString)>> {
        if !begun && !self.is_set(id) && self.is_absent(secret) {
            return Some(None);
        }
        let (id, secret) = (self.required(id, mend), self.required_secret(secret, mend));
        Some(Some((id?.to_owned(), SecretString::from(secret?))))
    }

    /// A switch: `on` or `off`, which it is when it is not set.
    pub fn switch(&mut self, variable: &'static str) -> Option<bool> {
        match self.environment.get(variable) {
            None | Some("off") => Some(false),
            Some("on") => Some(true),
            Some(_) => self.wrong(variable, "`on` or `off`".to_owned()),
        }
    }

    /// Whether the variable is there at all.
    pub fn is_set(&self, variable: &str) -> bool {
        self.environment.get(variable).is_some()
    }

    pub fn path(&mut self, variable: &'static str) -> Option<PathBuf> {
        self.required(variable, "make a key file with `tot keys` and give its path")
            .map(PathBuf::from)
    }

    /// A secret of at least `bytes_min` bytes in hexadecimal.
    pub fn secret(&mut self, variable: &'static str, bytes_min: usize) -> Option<SecretString> {
        let text = self.required_secret(variable, "draw one with `openssl rand -hex 32`")?;
        let hexadecimal = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal && text.len() >= 2 * bytes_min {
            return Some(SecretString::from(text));
        }
        self.wrong(variable, format!("at least {bytes_min} bytes in hexadecimal"))
    }

    /// The same, where there need not be one.
    pub fn optional_secret(
        &mut self,
        variable: &'static str,
        bytes_min: usize,
    ) -> Option<Option<SecretString>> {
        if self.is_absent(variable) {
            return Some(None);
        }
        self.secret(variable, bytes_min).map(Some)
    }

    /// What `build` makes of the values, or every fault.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T, ConfigFaults> {
        match build() {
            Some(config) if self.faults.is_empty() => Ok(config),
            Some(_) | None => Err(ConfigFaults(self.faults)),
        }
    }

    /// A variable that must be there.
    pub fn required(&mut self, variable: &'static str, mend: &'static str) -> Option<&'a str> {
        let value = self.environment.get(variable);
        if value.is_none() {
            self.faults.push(ConfigError::Missing { variable, mend });
        }
        value
    }

    /// A secret that must be there, in its variable or in its file.
    fn required_secret(&mut self, variable: &'static str, mend: &'static str) -> Option<String> {
        match secrets::text(self.environment, variable) {
            Ok(Some(text)) => Some(text),
            Ok(None) => {
                self.faults.push(ConfigError::Missing { variable, mend });
                None
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// Whether a secret is given nowhere; one that is given wrongly is not absent.
    fn is_absent(&self, variable: &'static str) -> bool {
        matches!(secrets::text(self.environment, variable), Ok(None))
    }

    fn parsed<T: FromStr>(
        &mut self,
        variable: &'static str,
        default: &str,
        expected: impl FnOnce() -> String,
    ) -> Option<T> {
        match self.environment.get(variable).unwrap_or(default).parse() {
            Ok(value) => Some(value),
            Err(_) => self.wrong(variable, expected()),
        }
    }

    /// Records that a variable holds something else than `expected`.
    pub fn wrong<T>(&mut self, variable: &'static str, expected: String) -> Option<T> {
        self.faults.push(ConfigError::Wrong { variable, expected });
        None
    }
}

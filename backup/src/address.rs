//! Where a database is, for a connection of ours and for Postgres' own programs.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use crate::error::BackupError;

/// What files of TLS are named by in a URL, and in the environment of Postgres' programs.
const TLS_FILES: [(&[&str], &str); 3] = [
    (&["sslrootcert", "ssl-root-cert", "ssl-ca"], "PGSSLROOTCERT"),
    (&["sslcert", "ssl-cert"], "PGSSLCERT"),
    (&["sslkey", "ssl-key"], "PGSSLKEY"),
];

/// A database's address. What it shows holds no password.
#[derive(Clone)]
pub struct DatabaseAddress {
    options: PgConnectOptions,
    variables: Vec<(&'static str, String)>,
}

impl DatabaseAddress {
    /// Reads a URL such as `postgres://user:password@host:port/name`.
    ///
    /// # Errors
    /// [`BackupError::Address`] when it is none; its text is not repeated.
    pub fn parse(url: &str) -> Result<Self, BackupError> {
        let options: PgConnectOptions = url.parse().map_err(|_| BackupError::Address)?;
        let url = Url::parse(url).map_err(|_| BackupError::Address)?;
        if !["postgres", "postgresql"].contains(&url.scheme()) {
            return Err(BackupError::Address);
        }
        let parameter = |names: &[&str]| {
            let found = url.query_pairs().find(|(name, _)| names.contains(&name.as_ref()));
            found.map(|(_, value)| value.into_owned())
        };
        let socket = options.get_socket().map(|path| path.display().to_string());
        let host = socket.unwrap_or_else(|| options.get_host().to_owned());
        let mut variables = vec![
            ("PGHOST", host),
            ("PGPORT", options.get_port().to_string()),
            ("PGUSER", options.get_username().to_owned()),
            ("PGDATABASE", database(&options).to_owned()),
            ("PGSSLMODE", tls_mode(options.get_ssl_mode()).to_owned()),
        ];
        let in_url = url
            .password()
            .map(|text| percent_decode_str(text).decode_utf8_lossy());
        let password = parameter(&["password"]).or_else(|| in_url.map(Cow::into_owned));
        variables.extend(password.map(|password| ("PGPASSWORD", password)));
        for (names, variable) in TLS_FILES {
            variables.extend(parameter(names).map(|path| (variable, path)));
        }
        variables.extend(options.get_options().map(|text| ("PGOPTIONS", text.to_owned())));
        Ok(Self { options, variables })
    }

    /// For a connection of ours.
    pub(crate) fn options(&self) -> PgConnectOptions {
        self.options.clone()
    }

    /// For Postgres' programs: an argument would show a password to everybody on the machine.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The database's name.
    pub(crate) fn database(&self) -> &str {
        database(&self.options)
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = (self.options.get_host(), self.options.get_port());
        write!(f, "{} at {host}:{port}", self.database())
    }
}

/// As Postgres does: without a name, the user's.
fn database(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or(options.get_username())
}

const fn tls_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_told_to_programs_by_variables_and_its_password_is_not_shown() {
        let url = "postgres://tot_owner:a%2Bb%20c+d@db.example:6543/tot?sslmode=verify-full&sslrootcert=/etc/ca.pem";
        let address = DatabaseAddress::parse(url).unwrap();
        let variables: Vec<(&str, &str)> = address.variables().collect();
        assert_eq!(
            variables,
            [
                ("PGHOST", "db.example"),
                ("PGPORT", "6543"),
                ("PGUSER", "tot_owner"),
                ("PGDATABASE", "tot"),
                ("PGSSLMODE", "verify-full"),
                ("PGPASSWORD", "a+b c+d"),
                ("PGSSLROOTCERT", "/etc/ca.pem"),
            ]
        );
        assert_eq!(address.to_string(), "tot at db.example:6543");
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        let error = DatabaseAddress::parse("mysql:pa55w0rd").err().unwrap();
        assert!(!error.to_string().contains("pa55w0rd"), "{error}");
    }
}

//! What can be wrong with the configuration; each fault names its variable and the mend, never the value.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable} is not set: {mend}")]
    Missing {
        variable: &'static str,
        mend: &'static str,
    },
    /// A secret is given twice, and one of the two may be an old one.
    #[error("{variable} and {variable}_FILE are both set: unset one of them")]
    Twice { variable: &'static str },
    /// The file of a secret cannot be read, or holds none.
    #[error(
        "{variable}_FILE is wrong: {path} {reason}; it must hold the secret and be readable by this process"
    )]
    File {
        /// The variable whose value the file should hold.
        variable: &'static str,
        path: String,
        reason: String,
    },
    #[error("{variable} is wrong: it must be {expected}")]
    Wrong {
        variable: &'static str,
        expected: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not complete")?;
        for fault in &self.0 {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

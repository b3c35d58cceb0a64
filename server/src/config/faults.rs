//! What can be wrong with the configuration; each fault names its variable and the mend, never the value.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigFault {
    /// A variable without a default is not set.
    #[error("{variable} is not set: {mend}")]
    Missing {
        /// The variable.
        variable: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// A variable does not hold what it should.
    #[error("{variable} is wrong: it must be {expected}")]
    Wrong {
        /// The variable.
        variable: &'static str,
        /// What it must be.
        expected: String,
    },
}

/// Everything that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not complete")?;
        for fault in &self.0 {
            write!(f, "\n  - {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}

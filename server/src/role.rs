//! The roles a process of the platform may play.

use clap::ValueEnum;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    Api,
    /// Carries the log to NATS.
    Relay,
    /// Builds the read models and runs the processes.
    Workers,
    /// Carries intents out.
    Intents,
    /// Delivers webhooks.
    Webhooks,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Api,
        Self::Relay,
        Self::Workers,
        Self::Intents,
        Self::Webhooks,
    ];

    /// As `--role` names it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Relay => "relay",
            Self::Workers => "workers",
            Self::Intents => "intents",
            Self::Webhooks => "webhooks",
        }
    }
}

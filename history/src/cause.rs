//! What led to a fact: a person's command, a process that followed another fact, a provider who told something, a comparison of
//! the books, or a deadline. There is no fact without one.

use commands::context::HOLD_EXPIRY;
use event_store::{Metadata, Position};
use serde::Serialize;
use uuid::Uuid;

use crate::language::Language;

/// The process under which providers' notices are followed.
const NOTICES: &str = "provider_notices";
/// The process that records what a comparison of the books finds.
const RECONCILIATION: &str = "reconciliation";
/// How metadata names the platform itself.
pub const PROCESS_ROLE: &str = "process";

/// Why a fact is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    Person {
        /// The account.
        account_id: String,
        /// In which role.
        role: String,
        /// The app that asked for the account, if one did.
        #[serde(skip_serializing_if = "Option::is_none")]
        app_id: Option<Uuid>,
    },
    /// A process answered an earlier fact.
    Process {
        /// Which one.
        process: String,
        /// The fact it answered.
        fact: Position,
        /// The instruction it was carried out by, where it is still known and the only one.
        #[serde(skip_serializing_if = "Option::is_none")]
        intent_id: Option<Uuid>,
    },
    /// A provider told something, and what it had was read back.
    Notice {
        /// The hint that was kept of it: an intent's id.
        hint_id: String,
    },
    /// The books were compared with a provider's.
    Comparison {
        /// The comparison.
        reconciliation_id: String,
    },
    /// Its time had passed, and another command met it.
    Deadline {
        /// The process whose deadline it was.
        process: String,
        /// The fact that led to that command, where it was a process's; it has nothing else to do with what had to end.
        #[serde(skip_serializing_if = "Option::is_none")]
        met_by: Option<Position>,
    },
}

impl Cause {
    /// The cause that the metadata of a fact tells; instructions are joined later.
    pub(crate) fn told_by(metadata: &Metadata) -> Self {
        if metadata.actor_role != PROCESS_ROLE {
            return Self::Person {
                account_id: metadata.actor_id.clone(),
                role: metadata.actor_role.clone(),
                app_id: metadata.app_id,
            };
        }
        let process = metadata.actor_id.clone();
        match (metadata.causation, process.as_str()) {
            (Some(fact), _) => Self::Process {
                process,
                fact,
                intent_id: None,
            },
            (None, NOTICES) => Self::Notice {
                hint_id: metadata.correlation_id.clone(),
            },
            (None, RECONCILIATION) => Self::Comparison {
                reconciliation_id: metadata.correlation_id.clone(),
            },
            (None, _) => Self::Deadline {
                process,
                met_by: None,
            },
        }
    }

    /// The same, where the fact that hold expiry names concerns another booking.
    pub(crate) fn met_on_the_way(&mut self) {
        if let Self::Process { process, fact, .. } = self
            && process == HOLD_EXPIRY
        {
            *self = Self::Deadline {
                process: std::mem::take(process),
                met_by: Some(*fact),
            };
        }
    }

    /// The fact that led here, where one did.
    pub const fn fact(&self) -> Option<Position> {
        match self {
            Self::Process { fact, .. } => Some(*fact),
            Self::Deadline { met_by, .. } => *met_by,
            Self::Person { .. } | Self::Notice { .. } | Self::Comparison { .. } => None,
        }
    }

    /// In a few words.
    pub fn words(&self, language: Language) -> String {
        match language {
            Language::En => self.in_english(),
            Language::Ru => self.in_russian(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::Person {
                role,
                app_id: Some(app),
                ..
            } => format!("asked for by app {app} on behalf of {role}"),
            Self::Person { role, .. } => format!("asked for by {role}"),
            Self::Process { process, fact, .. } => format!("{process} answered #{fact}"),
            Self::Notice { hint_id } => format!("a provider told something (hint {hint_id})"),
            Self::Comparison { reconciliation_id } => format!("books compared ({reconciliation_id})"),
            Self::Deadline { process, met_by } => {
                let met = met_by.map_or_else(String::new, |fact| format!(", as met because of #{fact}"));
                format!("its time had passed ({process}){met}")
            }
        }
    }

    fn in_russian(&self) -> String {
        match self {
            Self::Person {
                role,
                app_id: Some(app),
                ..
            } => format!("по запросу приложения {app} от имени: {}", role_in_russian(role)),
            Self::Person { role, .. } => format!("по запросу: {}", role_in_russian(role)),
            Self::Process { process, fact, .. } => format!("{process} в ответ на #{fact}"),
            Self::Notice { hint_id } => format!("сообщение провайдера (уведомление {hint_id})"),
            Self::Comparison { reconciliation_id } => format!("сверка с провайдером ({reconciliation_id})"),
            Self::Deadline { process, met_by } => {
                let met = met_by.map_or_else(String::new, |fact| format!(", обнаружено из-за #{fact}"));
                format!("срок истёк ({process}){met}")
            }
        }
    }
}

/// A role as Russian calls it; one that is not known here as it is stored.
fn role_in_russian(role: &str) -> &str {
    match role {
        "patient" => "пациент",
        "doctor" => "врач",
        "clinic" => "клиника",
        "admin" => "администратор",
        "analyst" => "аналитик",
        other => other,
    }
}

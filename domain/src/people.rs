//! Who acts, and the sealed reference by which a fact points at personal data it must not hold.

use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, PrivateId};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Books and pays for visits.
    Patient,
    /// Carries visits out.
    Doctor,
    /// Runs doctors' days.
    Clinic,
    /// Runs the platform.
    Admin,
    /// Reads, without personal data.
    Analyst,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Patient,
        Self::Doctor,
        Self::Clinic,
        Self::Admin,
        Self::Analyst,
    ];

    /// The word used in tokens, metadata and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Clinic => "clinic",
            Self::Admin => "admin",
            Self::Analyst => "analyst",
        }
    }

    /// The role named by `word`, if there is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// By whom a command was given, as facts and metadata have it.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in account, in its role.
    Person { id: AccountId, role: Role },
    /// One of the platform's own processes.
    Process,
}

impl Actor {
    /// Whether a patient acts, for whom nobody else has to answer.
    pub const fn is_patient(self) -> bool {
        match self {
            Self::Person {
                role: Role::Patient, ..
            } => true,
            Self::Person {
                role: Role::Doctor | Role::Clinic | Role::Admin | Role::Analyst,
                ..
            }
            | Self::Process => false,
        }
    }
}

/// A vault row and a digest of what it held when the fact was recorded: the history proves *that* and *which*, the
/// vault may forget *what*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivateRef {
    /// The row in the vault, as long as it is there.
    pub id: PrivateId,
    /// SHA-256 over the row's salt and body, in lower-case hex.
    pub digest: String,
}

//! What was done to an account, and by whom: an account as its facts have it. Who somebody is (name, address, profile)
//! lives in `identity`; facts name the fields that changed, never what they hold.
//!
//! ```text
//! Active ◀──reactivate── Deactivated        a doctor besides: Unsaid ─▶ Verified ◀─▶ Unverified (suspended)
//!    └──────deactivate──────▲               from any ── apply ─▶ Applied ── verify ─▶ Verified
//!                                                                  └──── refuse ─▶ Refused
//! ```
//!
//! An account that nobody did anything to has no facts: it is active, and a doctor is as verified as when made.

pub mod commands;
pub mod decide;
pub mod events;
pub mod evolve;
pub mod refusal;
pub mod upcast;

#[cfg(test)]
mod membership_tests;
#[cfg(test)]
mod profile_tests;
#[cfg(test)]
mod tests;

pub use commands::AccountCommand;

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::events::{AccountEvent, ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use crate::account::refusal::AccountRefusal;
use crate::people::PrivateRef;

/// An account as far as facts tell of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whether its owner may sign in.
    pub standing: Standing,
    /// Whether a doctor may be booked.
    pub verification: Verification,
    /// What a doctor last applied with, whatever became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Application>,
}

/// What a doctor applied with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// What the doctor says of the licence, in the vault.
    pub says: PrivateRef,
    /// When, by database time.
    pub at: Timestamp,
}

/// Whether an account's owner may sign in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its owner may.
    #[default]
    Active,
    /// Nobody may.
    Deactivated {
        /// Why.
        reason: DeactivationReason,
        /// Why in own words, in the vault.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<PrivateRef>,
        /// Since when, by database time.
        at: Timestamp,
    },
}

/// Whether an admin answers for what a doctor says of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// No fact says: as it was when the account was made.
    #[default]
    Unsaid,
    /// The doctor asks for it.
    Applied,
    /// One does.
    Verified,
    /// None does after what the doctor applied with.
    Refused {
        /// Why.
        reason: ApplicationRefusedReason,
        /// What the doctor reads of it, in the vault.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<PrivateRef>,
    },
    /// None does any more, or yet: the doctor is suspended.
    Unverified {
        /// Why.
        reason: UnverifiedReason,
    },
}

impl Account {
    /// Whether its owner may sign in.
    pub const fn is_active(&self) -> bool {
        matches!(self.standing, Standing::Active)
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountRefusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountRefusal> {
        for fact in decide::decide(self, command)? {
            sink.write(fact, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, fact: AccountEvent) {
        evolve::evolve(self, fact);
    }
}

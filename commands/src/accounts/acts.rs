//! What admins last did to an account, with why in own words: facts hold the words' ids, the vault the words.

use domain::account::events::AccountEvent;
use domain::any_event::AnyEvent;
use domain::ids::{AccountId, PrivateId};
use domain::people::Actor;
use event_store::{AsOf, Fact};
use identity::vault;
use jiff::Timestamp;

use crate::refusal::CommandError;
use crate::services::CommandServices;

/// How many are told.
pub const ACTS_MAX: usize = 10;

/// What there is to be told of.
pub const ACTS: [&str; 7] = [
    "deactivated",
    "reactivated",
    "edited",
    "sessions_ended",
    "verified",
    "unverified",
    "application_refused",
];

/// One act.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountAct {
    /// One of [`ACTS`].
    pub act: &'static str,
    /// Why: a word of the act's own list, where it has one.
    pub reason: Option<&'static str>,
    /// Why in own words; none where nobody said any, or they were erased.
    pub note: Option<String>,
    /// Who did it; none for a process.
    pub by: Option<AccountId>,
    /// When, by database time.
    pub at: Timestamp,
}

/// Nobody's own words are written into a log.
impl std::fmt::Debug for AccountAct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountAct")
            .field("act", &self.act)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// The last of them, at most [`ACTS_MAX`], the latest first. Whoever shows them to somebody has recorded that before.
///
/// # Errors
/// The errors of the log and of the vault.
pub async fn latest_acts(
    services: &CommandServices,
    account_id: AccountId,
) -> Result<Vec<AccountAct>, CommandError> {
    let facts = services
        .log
        .read_stream("account", &account_id.to_string(), AsOf::Head)
        .await?;
    let mut acts: Vec<(AccountAct, Option<PrivateId>)> = facts
        .iter()
        .rev()
        .filter_map(|fact| act(fact, account_id))
        .take(ACTS_MAX)
        .collect();
    let notes: Vec<PrivateId> = acts.iter().filter_map(|(_, note)| *note).collect();
    let opened = vault::open(&services.people, &notes).await?;
    for (act, note) in &mut acts {
        let row = note.and_then(|note| opened.get(&note));
        act.note = row.and_then(|row| row.body["note"].as_str()).map(str::to_owned);
    }
    Ok(acts.into_iter().map(|(act, _)| act).collect())
}

/// What a fact says was done; nothing of one that only newer code reads.
fn act(fact: &Fact, owner: AccountId) -> Option<(AccountAct, Option<PrivateId>)> {
    let event = AnyEvent::decode(
        &fact.aggregate_type,
        &fact.event_type,
        &fact.event_version,
        fact.payload.get(),
    );
    let Ok(AnyEvent::Account(event)) = event else {
        return None;
    };
    let (act, reason, note, by, at) = match event {
        AccountEvent::Deactivated { reason, note, by, at } => {
            ("deactivated", Some(reason.as_str()), note, by, at)
        }
        AccountEvent::Reactivated { note, by, at } => ("reactivated", None, note, by, at),
        // Its owner's own.
        AccountEvent::Edited {
            by: Actor::Person { id, .. },
            ..
        } if id == owner => return None,
        AccountEvent::Edited { by, at, .. } => ("edited", None, None, by, at),
        AccountEvent::SessionsEnded { by, at, .. } => ("sessions_ended", None, None, by, at),
        AccountEvent::Verified { by, at } => ("verified", None, None, by, at),
        AccountEvent::Unverified { reason, by, at } => ("unverified", Some(reason.as_str()), None, by, at),
        AccountEvent::ApplicationRefused { reason, note, by, at } => {
            ("application_refused", Some(reason.as_str()), note, by, at)
        }
        // Its owner's, and no admin's.
        AccountEvent::Applied { .. }
        | AccountEvent::JoinedClinic { .. }
        | AccountEvent::LeftClinic { .. }
        | AccountEvent::BankAccountNamed { .. } => return None,
    };
    let by = match by {
        Actor::Person { id, .. } => Some(id),
        Actor::Process => None,
    };
    let told = AccountAct {
        act,
        reason,
        note: None,
        by,
        at,
    };
    Some((told, note.map(|note| note.id)))
}

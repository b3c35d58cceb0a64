//! An event on its way into the audit trail: who acted from where, on what, about whom.

use std::borrow::Cow;

use domain::ids::{AccountId, AppId};
use domain::people::Role;
use uuid::Uuid;

use super::SecurityEvent;

/// From where, in which trace and by which operation something happens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventOrigin {
    /// The id of an operation of the description, or a command as it is typed; cut off after 64 characters.
    pub operation: Cow<'static, str>,
    /// The trace, 32 hex digits.
    pub trace_id: Option<String>,
    /// Of the client's address, under a key of the deployment; of nobody on the command line.
    pub address_hash: Option<[u8; 16]>,
    /// The app that asks, of itself or for the patient who acts.
    pub app_id: Option<AppId>,
}

impl EventOrigin {
    /// Of a command of the command line, as it is typed.
    pub fn command_line(command: &str, trace_id: &str) -> Self {
        Self {
            operation: Cow::Owned(command.to_owned()),
            trace_id: Some(trace_id.to_owned()),
            address_hash: None,
            app_id: None,
        }
    }
}

/// Who acts, or is about to be shown something, on which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditActor {
    /// The account.
    pub account_id: AccountId,
    /// As which role.
    pub role: Role,
    /// On which request.
    pub origin: EventOrigin,
}

/// What it was about: a booking, a payment, a read model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditTarget {
    /// Of which sort it is, in one word.
    pub kind: Cow<'static, str>,
    /// Its id or name; no personal data.
    pub id: String,
}

impl AuditTarget {
    /// The thing of this sort and id.
    pub fn new(kind: &'static str, id: impl ToString) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            id: id.to_string(),
        }
    }
}

/// An event that is to be recorded: ids, words and keyed hashes, and nothing that anybody typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityEvent {
    /// What happened.
    pub event: SecurityEvent,
    /// Who acted, where that was proven.
    pub actor: Option<(AccountId, Role)>,
    /// On which request.
    pub origin: EventOrigin,
    /// What for, or what was asked for, in one word.
    pub purpose: Option<Cow<'static, str>>,
    /// Whose account it is about.
    pub subject: Option<Uuid>,
    /// What it was about.
    pub target: Option<AuditTarget>,
    /// Of the e-mail address that was typed, where no account is named.
    pub typed_hash: Option<[u8; 16]>,
}

impl NewSecurityEvent {
    /// That this happened on this request.
    pub const fn new(event: SecurityEvent, origin: EventOrigin) -> Self {
        Self {
            event,
            actor: None,
            origin,
            purpose: None,
            subject: None,
            target: None,
            typed_hash: None,
        }
    }

    /// The same, by somebody who is known.
    #[must_use]
    pub fn by(self, actor: Option<(AccountId, Role)>) -> Self {
        Self { actor, ..self }
    }

    /// The same, about an account.
    #[must_use]
    pub fn about(self, subject: Option<AccountId>) -> Self {
        Self {
            subject: subject.map(AccountId::uuid),
            ..self
        }
    }

    /// The same, about a thing.
    #[must_use]
    pub fn on(self, target: Option<AuditTarget>) -> Self {
        Self { target, ..self }
    }
}

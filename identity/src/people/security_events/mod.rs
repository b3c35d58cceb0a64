//! What the audit trail tells of security: a closed set of events, each a kind and a result.

mod entry;

pub use entry::{AuditActor, AuditTarget, EventOrigin, NewSecurityEvent};

use super::audit_trail::AuditKind;

/// What happened. `docs/security/audit-trail.md` tells when each is recorded; a test holds that its table is this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecurityEvent {
    /// Somebody signed in.
    SignedIn,
    /// Nobody has the address that was typed.
    SignInUnknownAccount,
    /// The password was not the account's.
    SignInWrongPassword,
    /// The password was right, and the code was not.
    SignInWrongCode,
    /// A passkey was not believed.
    SignInPasskeyRefused,
    /// The account may not sign in.
    SignInDeactivated,
    /// Too many tries failed before; the first of a minute.
    SignInBraked,
    /// A patient's account was made.
    Registered,
    /// A session was ended by its owner.
    SessionEnded,
    /// A refresh token was used twice, which ended its session.
    RefreshReused,
    /// A password was changed.
    PasswordChanged,
    /// Whoever would change it did not know it.
    PasswordWrong,
    /// Too many tries to change it failed before; the first of a minute.
    PasswordBraked,
    /// A code for another password was asked for, for whatever address.
    PasswordResetRequested,
    /// A password was replaced by a code.
    PasswordReset,
    /// The code that was brought for it was none of the address's.
    PasswordResetWrongCode,
    /// Too many tries to bring one failed before; the first of a minute.
    PasswordResetBraked,
    /// The owner of an account proved its e-mail address.
    EmailProven,
    /// The code that was brought for that was none of theirs.
    EmailWrongCode,
    /// Too many tries to bring one failed before; the first of a minute.
    EmailBraked,
    /// The owner of an account proved its telephone number.
    PhoneProven,
    /// The code that was brought for that was none of theirs.
    PhoneWrongCode,
    /// Too many tries to bring one failed before, or too many codes were asked for; the first of a minute.
    PhoneBraked,
    /// A second factor was confirmed or removed, or its recovery codes were made anew.
    FactorChanged,
    /// Whoever is signed in could not prove who they are by password or code.
    ProofRefused,
    /// Too many tries to prove it failed before; the first of a minute.
    ProofBraked,
    /// An access token that the platform never signed; the first of a minute.
    TokenForged,
    /// An access token of a session that has ended; the first of a minute.
    TokenRevoked,
    /// The caller's role, or the caller, may not do this (403).
    AccessForbidden,
    /// It is there and somebody else's (404).
    AccessNotTheirs,
    /// More than a rate limit allows; the first of a minute.
    RateLimited,
    /// Personal data were shown.
    DataRead,
    /// Staff asked for something that no fact tells; written before it is done.
    ActRequested,
    /// An admin did something.
    ActDone,
    /// An admin was refused.
    ActRefused,
    /// What an admin asked for failed.
    ActFailed,
    /// Somebody consented to something, or took it back.
    ConsentSaid,
    /// Somebody took along all that is held about them.
    OwnDataTaken,
    /// A doctor attached a document to an application.
    DocumentAttached,
    /// It was removed by its owner.
    DocumentRemoved,
    /// Somebody's erasure was asked for.
    ErasureRequested,
    /// It was taken back.
    ErasureWithdrawn,
    /// Somebody's data were destroyed.
    Erased,
    /// An app signed in by its own credentials.
    AppSignedIn,
    /// The credentials were none of an app that may sign in.
    AppSignInRefused,
    /// Too many tries failed before; the first of a minute.
    AppSignInBraked,
    /// A patient let an app act for them, and the app brought the code.
    AppLinked,
    /// The code that an app brought was none made for it.
    AppLinkRefused,
    /// A patient ended what an app may do.
    AppUnlinked,
    /// Entries were lost because too many waited to be written.
    EntriesLost,
}

/// How an event ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditResult {
    /// As it was asked for.
    Done,
    /// Asked for; what came of it, the thing itself tells.
    Requested,
    /// No, by a rule.
    Refused,
    /// It could not be done.
    Failed,
    /// Nobody has this address.
    UnknownAccount,
    /// Not the password.
    WrongPassword,
    /// Not a code that counts.
    WrongCode,
    /// The account is off.
    Deactivated,
    /// Too many tries.
    Braked,
    /// Used twice.
    Reused,
    /// Not signed by the platform.
    Forged,
    /// Of a session that has ended.
    Revoked,
    /// Not for this role or caller.
    Forbidden,
    /// Somebody else's.
    NotTheirs,
    /// Too many requests.
    Limited,
    /// Taken back.
    Withdrawn,
    /// Not written.
    Lost,
}

impl AuditResult {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Done,
        Self::Requested,
        Self::Refused,
        Self::Failed,
        Self::UnknownAccount,
        Self::WrongPassword,
        Self::WrongCode,
        Self::Deactivated,
        Self::Braked,
        Self::Reused,
        Self::Forged,
        Self::Revoked,
        Self::Forbidden,
        Self::NotTheirs,
        Self::Limited,
        Self::Withdrawn,
        Self::Lost,
    ];

    /// The word it is stored and told as.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Requested => "requested",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::UnknownAccount => "unknown_account",
            Self::WrongPassword => "wrong_password",
            Self::WrongCode => "wrong_code",
            Self::Deactivated => "deactivated",
            Self::Braked => "braked",
            Self::Reused => "reused",
            Self::Forged => "forged",
            Self::Revoked => "revoked",
            Self::Forbidden => "forbidden",
            Self::NotTheirs => "not_theirs",
            Self::Limited => "limited",
            Self::Withdrawn => "withdrawn",
            Self::Lost => "lost",
        }
    }
}

impl SecurityEvent {
    /// All of them.
    pub const ALL: [Self; 50] = [
        Self::SignedIn,
        Self::SignInUnknownAccount,
        Self::SignInWrongPassword,
        Self::SignInWrongCode,
        Self::SignInPasskeyRefused,
        Self::SignInDeactivated,
        Self::SignInBraked,
        Self::Registered,
        Self::SessionEnded,
        Self::RefreshReused,
        Self::PasswordChanged,
        Self::PasswordWrong,
        Self::PasswordBraked,
        Self::PasswordResetRequested,
        Self::PasswordReset,
        Self::PasswordResetWrongCode,
        Self::PasswordResetBraked,
        Self::EmailProven,
        Self::EmailWrongCode,
        Self::EmailBraked,
        Self::PhoneProven,
        Self::PhoneWrongCode,
        Self::PhoneBraked,
        Self::FactorChanged,
        Self::ProofRefused,
        Self::ProofBraked,
        Self::TokenForged,
        Self::TokenRevoked,
        Self::AccessForbidden,
        Self::AccessNotTheirs,
        Self::RateLimited,
        Self::DataRead,
        Self::ActRequested,
        Self::ActDone,
        Self::ActRefused,
        Self::ActFailed,
        Self::ConsentSaid,
        Self::OwnDataTaken,
        Self::DocumentAttached,
        Self::DocumentRemoved,
        Self::ErasureRequested,
        Self::ErasureWithdrawn,
        Self::Erased,
        Self::AppSignedIn,
        Self::AppSignInRefused,
        Self::AppSignInBraked,
        Self::AppLinked,
        Self::AppLinkRefused,
        Self::AppUnlinked,
        Self::EntriesLost,
    ];

    /// Of which kind it is.
    pub const fn kind(self) -> AuditKind {
        match self {
            Self::SignedIn
            | Self::SignInUnknownAccount
            | Self::SignInWrongPassword
            | Self::SignInWrongCode
            | Self::SignInPasskeyRefused
            | Self::SignInDeactivated
            | Self::SignInBraked => AuditKind::SignIn,
            Self::Registered => AuditKind::Registration,
            Self::SessionEnded | Self::RefreshReused => AuditKind::Session,
            Self::PasswordChanged | Self::PasswordWrong | Self::PasswordBraked => AuditKind::Password,
            Self::PasswordResetRequested
            | Self::PasswordReset
            | Self::PasswordResetWrongCode
            | Self::PasswordResetBraked => AuditKind::PasswordReset,
            Self::EmailProven | Self::EmailWrongCode | Self::EmailBraked => AuditKind::Email,
            Self::PhoneProven | Self::PhoneWrongCode | Self::PhoneBraked => AuditKind::Phone,
            Self::FactorChanged => AuditKind::SecondFactor,
            Self::ProofRefused | Self::ProofBraked => AuditKind::Proof,
            Self::TokenForged | Self::TokenRevoked => AuditKind::Token,
            Self::AccessForbidden | Self::AccessNotTheirs => AuditKind::Access,
            Self::RateLimited => AuditKind::RateLimit,
            Self::DataRead => AuditKind::Read,
            Self::ActRequested | Self::ActDone | Self::ActRefused | Self::ActFailed => AuditKind::Act,
            Self::ConsentSaid => AuditKind::Consent,
            Self::OwnDataTaken => AuditKind::OwnData,
            Self::DocumentAttached | Self::DocumentRemoved => AuditKind::Document,
            Self::ErasureRequested | Self::ErasureWithdrawn | Self::Erased => AuditKind::Erasure,
            Self::AppSignedIn | Self::AppSignInRefused | Self::AppSignInBraked => AuditKind::AppSignIn,
            Self::AppLinked | Self::AppLinkRefused | Self::AppUnlinked => AuditKind::AppLink,
            Self::EntriesLost => AuditKind::Trail,
        }
    }

    /// How it ended.
    pub const fn result(self) -> AuditResult {
        match self {
            Self::SignedIn
            | Self::Registered
            | Self::SessionEnded
            | Self::PasswordChanged
            | Self::PasswordReset
            | Self::EmailProven
            | Self::PhoneProven
            | Self::FactorChanged
            | Self::DataRead
            | Self::ActDone
            | Self::ConsentSaid
            | Self::OwnDataTaken
            | Self::DocumentAttached
            | Self::Erased
            | Self::AppSignedIn
            | Self::AppLinked => AuditResult::Done,
            Self::SignInUnknownAccount => AuditResult::UnknownAccount,
            Self::SignInWrongPassword | Self::PasswordWrong => AuditResult::WrongPassword,
            Self::SignInWrongCode
            | Self::PasswordResetWrongCode
            | Self::EmailWrongCode
            | Self::PhoneWrongCode => AuditResult::WrongCode,
            Self::SignInDeactivated => AuditResult::Deactivated,
            Self::SignInBraked
            | Self::PasswordBraked
            | Self::PasswordResetBraked
            | Self::EmailBraked
            | Self::PhoneBraked
            | Self::ProofBraked
            | Self::AppSignInBraked => AuditResult::Braked,
            Self::RefreshReused => AuditResult::Reused,
            Self::TokenForged => AuditResult::Forged,
            Self::TokenRevoked => AuditResult::Revoked,
            Self::AccessForbidden => AuditResult::Forbidden,
            Self::AccessNotTheirs => AuditResult::NotTheirs,
            Self::RateLimited => AuditResult::Limited,
            Self::ActRequested | Self::PasswordResetRequested | Self::ErasureRequested => {
                AuditResult::Requested
            }
            Self::ErasureWithdrawn | Self::AppUnlinked | Self::DocumentRemoved => AuditResult::Withdrawn,
            Self::ActRefused
            | Self::ProofRefused
            | Self::SignInPasskeyRefused
            | Self::AppSignInRefused
            | Self::AppLinkRefused => AuditResult::Refused,
            Self::ActFailed => AuditResult::Failed,
            Self::EntriesLost => AuditResult::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../../../docs/security/audit-trail.md");

    #[test]
    fn the_page_lists_every_kind_with_every_result_and_no_other() {
        let listed: BTreeSet<(&str, &str)> = PAGE.lines().filter_map(row).collect();
        let known: BTreeSet<(&str, &str)> = SecurityEvent::ALL
            .iter()
            .map(|event| (event.kind().as_str(), event.result().as_str()))
            .collect();
        assert_eq!(known.len(), SecurityEvent::ALL.len());
        assert_eq!(listed, known);
    }

    /// The first two cells of a row that begins with two words in code.
    fn row(line: &str) -> Option<(&str, &str)> {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let kind = cells.next()?.strip_suffix('`')?;
        let result = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((kind, result))
    }
}

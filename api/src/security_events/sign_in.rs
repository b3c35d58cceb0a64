//! What signing in, renewing, signing out and passwords leave in the audit trail.

use std::borrow::Cow;

use commands::policy::Permission;
use domain::ids::{AccountId, PasskeyId, SessionId};
use domain::people::Role;
use identity::{
    Account, AuditTarget, Email, IdentityError, IdentityRefusal, NewSecurityEvent, SecurityEvent, typed_hash,
};

use super::note;
use super::origin::RequestOrigin;
use crate::app::App;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::sign_in_brake::{counted, is_wrong_proof};

/// What somebody did to an account that is their own: signed in, registered, changed the password.
pub fn done(app: &App, origin: &RequestOrigin, event: SecurityEvent, account: &Account) {
    let event = NewSecurityEvent::new(event, origin.event_origin());
    let event = event.by(Some((account.id, account.role))).about(Some(account.id));
    told(app, origin, event);
}

/// The same of whoever is signed in.
pub fn own<P>(app: &App, caller: &Caller<P>, event: SecurityEvent) {
    let event = NewSecurityEvent::new(event, caller.origin.event_origin());
    let event = event.by(caller.origin.caller()).about(Some(caller.id()));
    told(app, &caller.origin, event);
}

/// Somebody could not sign in. Whose account it was is looked up now, after the answer was found: it changes nothing of it. Where several
/// accounts say that the address is theirs, it is told as nobody's.
pub async fn failed(app: &App, origin: &RequestOrigin, email: &Email, error: &IdentityError) {
    let IdentityError::Refused(refusal) = error else {
        return;
    };
    // What cannot be looked up is told as unknown.
    let account = app.people().account_with_email(email).await.ok().flatten();
    let subject = account.map(|account| account.id);
    let event = match (refusal, subject) {
        (IdentityRefusal::WrongCredentials, Some(_)) => SecurityEvent::SignInWrongPassword,
        (IdentityRefusal::WrongCredentials, None) => SecurityEvent::SignInUnknownAccount,
        (IdentityRefusal::Deactivated, _) => SecurityEvent::SignInDeactivated,
        (
            IdentityRefusal::EmailTaken
            | IdentityRefusal::PhoneTaken
            | IdentityRefusal::WrongPassword
            | IdentityRefusal::WrongCode
            | IdentityRefusal::SecondFactorDue
            | IdentityRefusal::SignInEnded
            | IdentityRefusal::SecondFactorExists
            | IdentityRefusal::NoSecondFactor
            | IdentityRefusal::OwnFactor
            | IdentityRefusal::PasskeyRefused(_)
            | IdentityRefusal::PasskeyChallengeEnded
            | IdentityRefusal::PasskeyExists
            | IdentityRefusal::TooManyPasskeys
            | IdentityRefusal::NoSuchPasskey
            | IdentityRefusal::PasskeysUnavailable
            | IdentityRefusal::LastFactor
            | IdentityRefusal::ProofRequired
            | IdentityRefusal::RefreshUnknown
            | IdentityRefusal::RefreshReused
            | IdentityRefusal::RefreshExpired
            | IdentityRefusal::TicketInvalid
            | IdentityRefusal::NoSuchAccount
            | IdentityRefusal::NoPhone
            | IdentityRefusal::NoSuchClinic
            | IdentityRefusal::TooManyInvitations
            | IdentityRefusal::TooManyDocuments
            | IdentityRefusal::NoApplicationWaits
            | IdentityRefusal::LicenceDocumentMissing,
            _,
        ) => return,
    };
    let mut event = NewSecurityEvent::new(event, origin.event_origin()).about(subject);
    if subject.is_none() {
        event.typed_hash = typed_hash(app.people().master_keys(), email);
    }
    told(app, origin, event);
}

/// A code of somebody who knows the password was wrong, or the account is off.
pub fn code_failed(app: &App, origin: &RequestOrigin, account: AccountId, error: &IdentityError) {
    let IdentityError::Refused(refusal) = error else {
        return;
    };
    let event = if *refusal == IdentityRefusal::WrongCode {
        SecurityEvent::SignInWrongCode
    } else if *refusal == IdentityRefusal::Deactivated {
        SecurityEvent::SignInDeactivated
    } else {
        return;
    };
    let event = NewSecurityEvent::new(event, origin.event_origin());
    told(app, origin, event.about(Some(account)));
}

/// Something about an address that was typed; whose it is is not looked up.
pub fn typed(app: &App, origin: &RequestOrigin, event: SecurityEvent, email: &Email) {
    let mut event = NewSecurityEvent::new(event, origin.event_origin());
    event.typed_hash = typed_hash(app.people().master_keys(), email);
    told(app, origin, event);
}

/// What stands in the trail already, in the commit of what it is about: it is counted.
pub fn written(origin: &RequestOrigin, event: SecurityEvent) {
    origin.set_told();
    super::count(event);
}

/// Somebody has to wait before the next code for another password; the first of a minute.
pub fn reset_braked(app: &App, origin: &RequestOrigin, email: &Email) {
    let typed = typed_hash(app.people().master_keys(), email);
    let mut event = NewSecurityEvent::new(SecurityEvent::PasswordResetBraked, origin.event_origin());
    event.typed_hash = typed;
    told_once(app, origin, ("password_reset", typed), event);
}

/// Somebody has to wait before the next try; the first of a minute.
pub fn braked(app: &App, origin: &RequestOrigin, email: &Email) {
    let typed = typed_hash(app.people().master_keys(), email);
    let mut event = NewSecurityEvent::new(SecurityEvent::SignInBraked, origin.event_origin());
    event.typed_hash = typed;
    told_once(app, origin, ("sign_in", typed), event);
}

/// What became of a proof that is asked for of somebody who is signed in: wrong ones stand in the trail.
///
/// # Errors
/// What [`counted`] answers, and that too many failed before.
pub async fn proven<T>(
    app: &App,
    caller: &Caller<impl Permission>,
    done: impl Future<Output = Result<T, IdentityError>>,
) -> Result<T, Problem> {
    let attempt = app
        .sign_in_brake()
        .try_again(caller.principal.session_id, app.now())
        .await
        .inspect_err(|_| password_refused(app, &caller.origin, SecurityEvent::ProofBraked, caller.id()))?;
    let done = done.await.inspect_err(|error| {
        if is_wrong_proof(error) {
            let event = NewSecurityEvent::new(SecurityEvent::ProofRefused, caller.origin.event_origin());
            let mut event = event.by(caller.origin.caller()).about(Some(caller.id()));
            event.purpose = fault_of(error);
            told(app, &caller.origin, event);
        }
    });
    counted(attempt, done)
}

/// A passkey of whoever is signed in came or went.
pub fn passkey_changed<P>(app: &App, caller: &Caller<P>, what: &'static str, passkey: PasskeyId) {
    let event = NewSecurityEvent::new(SecurityEvent::FactorChanged, caller.origin.event_origin());
    let event = event.by(caller.origin.caller()).about(Some(caller.id()));
    let mut event = event.on(Some(AuditTarget::new("passkey", passkey)));
    event.purpose = Some(Cow::Borrowed(what));
    told(app, &caller.origin, event);
}

/// Somebody signed in by a passkey.
pub fn by_passkey(app: &App, origin: &RequestOrigin, account: &Account, passkey: PasskeyId) {
    let event = NewSecurityEvent::new(SecurityEvent::SignedIn, origin.event_origin());
    let event = event.by(Some((account.id, account.role))).about(Some(account.id));
    let mut event = event.on(Some(AuditTarget::new("passkey", passkey)));
    event.purpose = Some(Cow::Borrowed("passkey"));
    told(app, origin, event);
}

/// Somebody could not; whose passkey it was is told where it is one of ours.
pub fn passkey_failed(
    app: &App,
    origin: &RequestOrigin,
    passkey: Option<(AccountId, PasskeyId)>,
    error: &IdentityError,
) {
    let IdentityError::Refused(refusal) = error else {
        return;
    };
    let event = if matches!(refusal, IdentityRefusal::PasskeyRefused(_)) {
        SecurityEvent::SignInPasskeyRefused
    } else if *refusal == IdentityRefusal::Deactivated {
        SecurityEvent::SignInDeactivated
    } else {
        return;
    };
    let event = NewSecurityEvent::new(event, origin.event_origin());
    let mut event = event
        .about(passkey.map(|(owner, _)| owner))
        .on(passkey.map(|(_, passkey)| AuditTarget::new("passkey", passkey)));
    event.purpose = fault_of(error);
    told(app, origin, event);
}

/// Whoever asks from this address has to wait before the next passkey; the first of a minute.
pub fn passkey_braked(app: &App, origin: &RequestOrigin) {
    let event = NewSecurityEvent::new(SecurityEvent::SignInBraked, origin.event_origin());
    told_once(app, origin, ("passkey", origin.address()), event);
}

/// What was wrong with a passkey, in one word.
fn fault_of(error: &IdentityError) -> Option<Cow<'static, str>> {
    let IdentityError::Refused(IdentityRefusal::PasskeyRefused(fault)) = error else {
        return None;
    };
    Some(Cow::Borrowed(fault.as_str()))
}

/// What became of a change of a password, or of a proof, that was refused.
pub fn password_refused(app: &App, origin: &RequestOrigin, event: SecurityEvent, account: AccountId) {
    let is_brake = matches!(
        event,
        SecurityEvent::PasswordBraked
            | SecurityEvent::ProofBraked
            | SecurityEvent::EmailBraked
            | SecurityEvent::PhoneBraked
    );
    let event = NewSecurityEvent::new(event, origin.event_origin());
    let event = event.by(origin.caller()).about(Some(account));
    match is_brake {
        true => told_once(app, origin, (event.event.kind().as_str(), account), event),
        false => told(app, origin, event),
    }
}

/// A session was ended by its owner, or by the use of a token that was used before.
pub fn session_ended(
    app: &App,
    origin: &RequestOrigin,
    event: SecurityEvent,
    (owner, session): (Option<(AccountId, Role)>, Option<SessionId>),
) {
    let target = session.map(|session| AuditTarget::new("session", session));
    let actor = owner.filter(|_| event == SecurityEvent::SessionEnded);
    let event = NewSecurityEvent::new(event, origin.event_origin());
    let event = event.by(actor).about(owner.map(|(id, _)| id)).on(target);
    told(app, origin, event);
}

fn told(app: &App, origin: &RequestOrigin, event: NewSecurityEvent) {
    origin.set_told();
    note(app, event);
}

fn told_once(app: &App, origin: &RequestOrigin, key: impl std::hash::Hash, event: NewSecurityEvent) {
    origin.set_told();
    super::note_first(app, key, event);
}

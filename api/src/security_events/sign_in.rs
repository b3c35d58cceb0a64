//! What signing in, renewing, signing out and passwords leave in the audit trail.

use commands::policy::Permission;
use domain::ids::{AccountId, SessionId};
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

/// Somebody could not sign in. Whose account it was is looked up now, after the answer was found: it changes nothing of it.
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
        (IdentityRefusal::WrongCode, _) => SecurityEvent::SignInWrongCode,
        (IdentityRefusal::Deactivated, _) => SecurityEvent::SignInDeactivated,
        (
            IdentityRefusal::EmailTaken
            | IdentityRefusal::PhoneTaken
            | IdentityRefusal::WrongPassword
            | IdentityRefusal::SecondFactorDue
            | IdentityRefusal::SignInEnded
            | IdentityRefusal::SecondFactorExists
            | IdentityRefusal::NoSecondFactor
            | IdentityRefusal::OwnFactor
            | IdentityRefusal::ProofRequired
            | IdentityRefusal::RefreshUnknown
            | IdentityRefusal::RefreshReused
            | IdentityRefusal::RefreshExpired
            | IdentityRefusal::TicketInvalid
            | IdentityRefusal::NoSuchAccount
            | IdentityRefusal::NoSuchClinic
            | IdentityRefusal::TooManyInvitations,
            _,
        ) => return,
    };
    let mut event = NewSecurityEvent::new(event, origin.event_origin()).about(subject);
    if subject.is_none() {
        event.typed_hash = typed_hash(app.people().master_keys(), email);
    }
    told(app, origin, event);
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
    let refused = |event| password_refused(app, &caller.origin, event, caller.id());
    let attempt = app
        .sign_in_brake()
        .try_again(caller.principal.session_id, app.now())
        .inspect_err(|_| refused(SecurityEvent::ProofBraked))?;
    let done = done.await.inspect_err(|error| {
        if is_wrong_proof(error) {
            refused(SecurityEvent::ProofRefused);
        }
    });
    counted(attempt, done)
}

/// What became of a change of a password, or of a proof, that was refused.
pub fn password_refused(app: &App, origin: &RequestOrigin, event: SecurityEvent, account: AccountId) {
    let is_brake = matches!(event, SecurityEvent::PasswordBraked | SecurityEvent::ProofBraked);
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

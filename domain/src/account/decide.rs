//! The rules of accounts: a command and the history so far in, a fact or a refusal out. The same command twice is one.

use jiff::tz::TimeZone;

use crate::account::commands::{
    Apply, Deactivate, Edit, EndSessions, JoinClinic, LeaveClinic, NameBankAccount, Reactivate,
    RefuseApplication, Unverify, Verify,
};
use crate::account::events::AccountEvent;
use crate::account::refusal::AccountRefusal;
use crate::account::{Account, AccountCommand, Verification};
use crate::ids::AccountId;
use crate::payout::rest::rests_until;
use crate::people::{Actor, Role};

/// The facts in order, none when nothing is left to do; or why not.
pub type Decision = Result<Vec<AccountEvent>, AccountRefusal>;

/// Decides any command.
///
/// # Errors
/// The refusal of the rule that the command meets.
pub fn decide(account: &Account, command: impl Into<AccountCommand>) -> Decision {
    match command.into() {
        AccountCommand::Deactivate(command) => deactivate(account, command),
        AccountCommand::Reactivate(command) => Ok(reactivate(account, command)),
        AccountCommand::Edit(command) => edit(account, command),
        AccountCommand::EndSessions(command) => Ok(end_sessions(command)),
        AccountCommand::Apply(command) => apply(account, command),
        AccountCommand::RefuseApplication(command) => refuse_application(account, command),
        AccountCommand::Verify(command) => verify(account, command),
        AccountCommand::Unverify(command) => unverify(account, command),
        AccountCommand::JoinClinic(command) => join_clinic(command),
        AccountCommand::LeaveClinic(command) => leave_clinic(command),
        AccountCommand::NameBankAccount(command) => Ok(name_bank_account(command)),
    }
}

/// Whoever acts must be active themselves. Decided in the append of what they do, so that of two admins who deactivate each
/// other at once one remains: together with [`AccountRefusal::OwnAccount`] there always is an active admin.
///
/// # Errors
/// [`AccountRefusal::ActorDeactivated`].
pub const fn permit_actor(acting: &Account) -> Result<(), AccountRefusal> {
    if acting.is_active() {
        Ok(())
    } else {
        Err(AccountRefusal::ActorDeactivated)
    }
}

fn deactivate(account: &Account, command: Deactivate) -> Decision {
    if acts_on_own(command.by, command.account_id) && !command.for_erasure {
        return Err(AccountRefusal::OwnAccount);
    }
    if !account.is_active() {
        return Ok(vec![]);
    }
    Ok(vec![AccountEvent::Deactivated {
        reason: command.reason,
        note: command.note,
        by: command.by,
        at: command.at,
    }])
}

fn reactivate(account: &Account, command: Reactivate) -> Vec<AccountEvent> {
    if account.is_active() {
        return vec![];
    }
    vec![AccountEvent::Reactivated {
        note: command.note,
        by: command.by,
        at: command.at,
    }]
}

/// What an admin answers for, its owner does not change behind the admin's back: name and specialization of a verified doctor.
fn edit(account: &Account, command: Edit) -> Decision {
    let is_verified = match account.verification {
        Verification::Verified => true,
        Verification::Unsaid => command.is_verified,
        Verification::Applied | Verification::Refused { .. } | Verification::Unverified { .. } => false,
    };
    let is_vouched_for = command.fields.iter().any(|field| field.is_vouched_for());
    if is_verified && is_vouched_for && acts_on_own(command.by, command.account_id) {
        return Err(AccountRefusal::ProfileVerified);
    }
    if command.fields.is_empty() {
        return Ok(vec![]);
    }
    Ok(vec![AccountEvent::Edited {
        fields: command.fields,
        values: command.values,
        by: command.by,
        at: command.at,
    }])
}

fn end_sessions(command: EndSessions) -> Vec<AccountEvent> {
    if command.living == 0 {
        return vec![];
    }
    vec![AccountEvent::SessionsEnded {
        session_id: command.session_id,
        by: command.by,
        at: command.at,
    }]
}

/// What an admin has seen already, or is to see, need not be said again; of anything else nobody answers until an admin has seen
/// it, so a verified doctor who changes the licence is not offered meanwhile.
fn apply(account: &Account, command: Apply) -> Decision {
    require_doctor(command.role)?;
    let today = command.at.to_zoned(TimeZone::UTC).date();
    if command.valid_until.is_some_and(|last_day| last_day < today) {
        return Err(AccountRefusal::LicenceExpired);
    }
    let last = account
        .application
        .as_ref()
        .map(|application| application.says.id);
    let is_said_already = match account.verification {
        Verification::Applied | Verification::Verified => last.is_some() && last == command.same_as,
        Verification::Unsaid | Verification::Refused { .. } | Verification::Unverified { .. } => false,
    };
    if is_said_already {
        return Ok(vec![]);
    }
    Ok(vec![AccountEvent::Applied {
        application: command.application,
        by: command.by,
        at: command.at,
    }])
}

fn refuse_application(account: &Account, command: RefuseApplication) -> Decision {
    require_doctor(command.role)?;
    match account.verification {
        Verification::Applied => Ok(vec![AccountEvent::ApplicationRefused {
            reason: command.reason,
            note: command.note,
            by: command.by,
            at: command.at,
        }]),
        Verification::Refused { .. } => Ok(vec![]),
        Verification::Unsaid | Verification::Verified | Verification::Unverified { .. } => {
            Err(AccountRefusal::NoApplication)
        }
    }
}

fn require_doctor(role: Role) -> Result<(), AccountRefusal> {
    match role {
        Role::Doctor => Ok(()),
        Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => Err(AccountRefusal::NotADoctor),
    }
}

fn verify(account: &Account, command: Verify) -> Decision {
    require_doctor(command.role)?;
    match account.verification {
        Verification::Verified => Ok(vec![]),
        Verification::Unsaid
        | Verification::Applied
        | Verification::Refused { .. }
        | Verification::Unverified { .. } => Ok(vec![AccountEvent::Verified {
            by: command.by,
            at: command.at,
        }]),
    }
}

fn unverify(account: &Account, command: Unverify) -> Decision {
    require_doctor(command.role)?;
    match account.verification {
        Verification::Unverified { .. } => Ok(vec![]),
        Verification::Unsaid
        | Verification::Applied
        | Verification::Verified
        | Verification::Refused { .. } => Ok(vec![AccountEvent::Unverified {
            reason: command.reason,
            by: command.by,
            at: command.at,
        }]),
    }
}

/// A doctor is of one clinic at most: whoever changes leaves first, so that the clinic of before learns it.
fn join_clinic(command: JoinClinic) -> Decision {
    require_doctor(command.role)?;
    match command.member_of {
        Some(clinic) if clinic == command.clinic_id => Ok(vec![]),
        Some(_) | None if !command.is_open => Err(AccountRefusal::InvitationEnded),
        Some(_) => Err(AccountRefusal::InAnotherClinic),
        None => Ok(vec![AccountEvent::JoinedClinic {
            clinic_id: command.clinic_id,
            invitation_id: command.invitation_id,
            by: command.by,
            at: command.at,
        }]),
    }
}

/// Leaving twice is leaving once; of a doctor who is not its own a clinic is told nothing.
fn leave_clinic(command: LeaveClinic) -> Decision {
    match (command.member_of, command.clinic_id) {
        (Some(clinic_id), asked) if asked.is_none_or(|asked| asked == clinic_id) => {
            Ok(vec![AccountEvent::LeftClinic {
                clinic_id,
                by: command.by,
                at: command.at,
            }])
        }
        (None, None) => Ok(vec![]),
        (Some(_) | None, _) => Err(AccountRefusal::NotInClinic),
    }
}

/// Whether it is new, whoever asks knows: which accounts were named before stands in `identity`.
fn name_bank_account(command: NameBankAccount) -> Vec<AccountEvent> {
    vec![AccountEvent::BankAccountNamed {
        rests_until: rests_until(command.at),
        by: command.by,
        at: command.at,
    }]
}

fn acts_on_own(by: Actor, account_id: AccountId) -> bool {
    match by {
        Actor::Person { id, .. } => id == account_id,
        Actor::Process => false,
    }
}

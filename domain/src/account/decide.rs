//! The rules of accounts: a command and the history so far in, a fact or a refusal out. The same command twice is one.

use crate::account::commands::{
    Deactivate, Edit, EndSessions, NameBankAccount, Reactivate, Unverify, Verify,
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
        AccountCommand::Edit(command) => Ok(edit(command)),
        AccountCommand::EndSessions(command) => Ok(end_sessions(command)),
        AccountCommand::Verify(command) => verify(account, command),
        AccountCommand::Unverify(command) => unverify(account, command),
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

fn edit(command: Edit) -> Vec<AccountEvent> {
    if command.fields.is_empty() {
        return vec![];
    }
    vec![AccountEvent::Edited {
        fields: command.fields,
        values: command.values,
        by: command.by,
        at: command.at,
    }]
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

fn verify(account: &Account, command: Verify) -> Decision {
    if command.role != Role::Doctor {
        return Err(AccountRefusal::NotADoctor);
    }
    match account.verification {
        Verification::Verified => Ok(vec![]),
        Verification::Unsaid | Verification::Unverified { .. } => Ok(vec![AccountEvent::Verified {
            by: command.by,
            at: command.at,
        }]),
    }
}

fn unverify(account: &Account, command: Unverify) -> Decision {
    if command.role != Role::Doctor {
        return Err(AccountRefusal::NotADoctor);
    }
    match account.verification {
        Verification::Unverified { .. } => Ok(vec![]),
        Verification::Unsaid | Verification::Verified => Ok(vec![AccountEvent::Unverified {
            reason: command.reason,
            by: command.by,
            at: command.at,
        }]),
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

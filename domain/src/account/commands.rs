//! What can be done to an account. `at` is the moment of the command, by database time.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use derive_more::From;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::account::events::{AccountField, ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use crate::ids::{AccountId, ClinicId, InvitationId, PrivateId, SessionId};
use crate::people::{Actor, PrivateRef, Role};

#[derive(Clone, Debug, PartialEq, Eq, From)]
pub enum AccountCommand {
    Deactivate(Deactivate),
    Reactivate(Reactivate),
    Edit(Edit),
    EndSessions(EndSessions),
    Apply(Apply),
    RefuseApplication(RefuseApplication),
    Verify(Verify),
    Unverify(Unverify),
    JoinClinic(JoinClinic),
    LeaveClinic(LeaveClinic),
    NameBankAccount(NameBankAccount),
}

/// Nobody is to sign in with it any more, and whoever is signed in is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deactivate {
    pub account_id: AccountId,
    pub reason: DeactivationReason,
    /// Why in own words, in the vault.
    pub note: Option<PrivateRef>,
    /// Whether its owner's data are about to be erased: whoever asks for that may ask it of their own.
    pub for_erasure: bool,
    pub by: Actor,
    pub at: Timestamp,
}

/// Its owner may sign in again; sessions of before stay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reactivate {
    /// Why in own words, in the vault.
    pub note: Option<PrivateRef>,
    pub by: Actor,
    pub at: Timestamp,
}

/// An admin changes what the account says, or its owner what their public profile does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub account_id: AccountId,
    /// Whether an admin answered for a doctor when no fact says, as `identity` has it.
    pub is_verified: bool,
    /// What really changes, in the order of the contract; none when nothing does.
    pub fields: Vec<AccountField>,
    /// What it changes to, in the vault.
    pub values: PrivateRef,
    pub by: Actor,
    pub at: Timestamp,
}

/// Whoever is signed in with it is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndSessions {
    /// Only this one; all of them if absent.
    pub session_id: Option<SessionId>,
    /// How many living sessions that concerns, as far as it is known.
    pub living: u32,
    pub by: Actor,
    pub at: Timestamp,
}

/// A doctor asks to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apply {
    pub role: Role,
    /// What the doctor says of the licence, in the vault.
    pub application: PrivateRef,
    /// The last day on which the licence is good, if it has one.
    pub valid_until: Option<Date>,
    /// The application of before that says the same, if one does.
    pub same_as: Option<PrivateId>,
    pub by: Actor,
    pub at: Timestamp,
}

/// An admin does not verify a doctor who applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefuseApplication {
    pub role: Role,
    pub reason: ApplicationRefusedReason,
    /// What the doctor reads of it, in the vault.
    pub note: Option<PrivateRef>,
    pub by: Actor,
    pub at: Timestamp,
}

/// An admin answers for what a doctor says of themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verify {
    pub role: Role,
    pub by: Actor,
    pub at: Timestamp,
}

/// No admin does any more: the doctor is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unverify {
    pub role: Role,
    pub reason: UnverifiedReason,
    pub by: Actor,
    pub at: Timestamp,
}

/// A doctor accepts a clinic's invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinClinic {
    pub role: Role,
    pub clinic_id: ClinicId,
    pub invitation_id: InvitationId,
    /// Whether the invitation can be accepted still.
    pub is_open: bool,
    /// The clinic that the doctor is of now, as `identity` has it: admins set it, too.
    pub member_of: Option<ClinicId>,
    pub by: Actor,
    pub at: Timestamp,
}

/// A doctor leaves a clinic, or the clinic releases the doctor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveClinic {
    /// Which; the one there is, if absent.
    pub clinic_id: Option<ClinicId>,
    /// The clinic that the doctor is of now, as `identity` has it.
    pub member_of: Option<ClinicId>,
    pub by: Actor,
    pub at: Timestamp,
}

/// Its owner names a bank account that is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameBankAccount {
    pub by: Actor,
    pub at: Timestamp,
}

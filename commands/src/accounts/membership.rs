//! Doctors join a clinic that invited them, and leave it; a clinic releases them. What was agreed before stays with the clinic under
//! which it was agreed, as its facts say; what comes after is not the clinic's.

use domain::account::commands::{JoinClinic, LeaveClinic};
use domain::account::decide::decide;
use domain::ids::{AccountId, ClinicId, DoctorId, InvitationId};
use domain::people::{Actor, Role};
use identity::{ClinicInvitation, InvitationStatus, Invitee};

use crate::accounts::execution::decide_about_account;
use crate::context::CommandMetadata;
use crate::outcome::CommandOutcome;
use crate::policy::{MayKeepDoctors, MayPractise, Permission};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;

/// Of which clinic a doctor is after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The doctor.
    pub doctor_id: DoctorId,
    /// The clinic; none after leaving it.
    pub clinic_id: Option<ClinicId>,
}

/// Invites a doctor, as a clinic. Whether there is such an account is not told.
///
/// # Errors
/// `forbidden`, `too_many_invitations`; and the errors of the database.
pub async fn invite(
    services: &CommandServices,
    by: Actor,
    invitee: &Invitee,
) -> Result<ClinicInvitation, CommandError> {
    let clinic = clinic(by)?;
    let now = services.log.clock().now();
    Ok(services.people.invite_doctor(clinic, invitee, now).await?)
}

/// Takes an invitation back, as the clinic that made it.
///
/// # Errors
/// `forbidden`, `not_found`; and the errors of the database.
pub async fn withdraw(
    services: &CommandServices,
    by: Actor,
    invitation_id: InvitationId,
) -> Result<ClinicInvitation, CommandError> {
    let clinic = clinic(by)?;
    let now = services.log.clock().now();
    let withdrawn = services
        .people
        .withdraw_invitation(clinic, invitation_id, now)
        .await?;
    withdrawn.ok_or_else(|| Refusal::NotFound.into())
}

/// Declines an invitation, as the doctor it is meant for.
///
/// # Errors
/// `forbidden`, `not_found`; and the errors of the database.
pub async fn decline(
    services: &CommandServices,
    by: Actor,
    invitation_id: InvitationId,
) -> Result<ClinicInvitation, CommandError> {
    let doctor = doctor(by)?;
    let now = services.log.clock().now();
    let declined = services
        .people
        .decline_invitation(doctor, invitation_id, now)
        .await?;
    declined.ok_or_else(|| Refusal::NotFound.into())
}

/// Accepts an invitation, as the doctor it is meant for, who is of the clinic from then on.
///
/// # Errors
/// `forbidden`, `not_found`, `invitation_ended`, `in_another_clinic`, `account_deactivated`; and the errors of the log.
pub async fn accept(
    services: &CommandServices,
    metadata: &CommandMetadata,
    invitation_id: InvitationId,
) -> Result<CommandOutcome<Membership>, CommandError> {
    let account_id = doctor(metadata.by)?;
    let now = services.log.clock().now();
    let people = &services.people;
    let invitation = people.invitation_of(account_id, invitation_id, now).await?;
    let invitation = invitation.ok_or(Refusal::NotFound)?;
    let clinic_id = invitation.clinic_id;
    let is_open = invitation.status == InvitationStatus::Open;
    let member_of = people.clinic_of(account_id).await?;
    let by = metadata.by;
    let who = (account_id, Role::Doctor);
    let done = decide_about_account(services, metadata, who, None, move |account, at| {
        let join = JoinClinic {
            role: Role::Doctor,
            clinic_id,
            invitation_id,
            is_open,
            member_of,
            by,
            at,
        };
        decide(account, join)
    })
    .await?;
    let doctor_id = DoctorId::from_uuid(account_id.uuid());
    services.forget_doctor(doctor_id);
    Ok(done.map(|_| Membership {
        doctor_id,
        clinic_id: Some(clinic_id),
    }))
}

/// Leaves the clinic there is, as a doctor; who is of none has left it already.
///
/// # Errors
/// `forbidden`, `account_deactivated`; and the errors of the log.
pub async fn leave(
    services: &CommandServices,
    metadata: &CommandMetadata,
) -> Result<CommandOutcome<Membership>, CommandError> {
    let account_id = doctor(metadata.by)?;
    part(services, metadata, account_id, None).await
}

/// Releases a doctor, as the clinic whose doctor it is. Of others' doctors it is told nothing.
///
/// # Errors
/// `forbidden`, `not_found`, `account_deactivated`; and the errors of the log.
pub async fn release(
    services: &CommandServices,
    metadata: &CommandMetadata,
    doctor_id: DoctorId,
) -> Result<CommandOutcome<Membership>, CommandError> {
    let clinic_id = clinic(metadata.by)?;
    part(services, metadata, doctor_id.into(), Some(clinic_id)).await
}

async fn part(
    services: &CommandServices,
    metadata: &CommandMetadata,
    account_id: AccountId,
    clinic_id: Option<ClinicId>,
) -> Result<CommandOutcome<Membership>, CommandError> {
    let member_of = services.people.clinic_of(account_id).await?;
    let by = metadata.by;
    let who = (account_id, Role::Doctor);
    let done = decide_about_account(services, metadata, who, None, move |account, at| {
        let leave = LeaveClinic {
            clinic_id,
            member_of,
            by,
            at,
        };
        decide(account, leave)
    })
    .await?;
    let doctor_id = DoctorId::from_uuid(account_id.uuid());
    services.forget_doctor(doctor_id);
    Ok(done.map(|_| Membership {
        doctor_id,
        clinic_id: None,
    }))
}

fn clinic(by: Actor) -> Result<ClinicId, Refusal> {
    MayKeepDoctors::RULE.permit(by)?;
    match by {
        Actor::Person { id, .. } => Ok(ClinicId::from_uuid(id.uuid())),
        Actor::Process => Err(Refusal::NotYours),
    }
}

fn doctor(by: Actor) -> Result<AccountId, Refusal> {
    MayPractise::RULE.permit(by)?;
    match by {
        Actor::Person { id, .. } => Ok(id),
        Actor::Process => Err(Refusal::NotYours),
    }
}

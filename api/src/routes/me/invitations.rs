//! A doctor reads clinics' invitations, accepts or declines them, and leaves the clinic.

use axum::Json;
use axum::extract::State;
use commands::accounts;
use commands::policy::MayPractise;
use domain::ids::kind;

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::{At, QueryParams};
use crate::extract::request::{AuthenticatedRequest, Caller, CommandRequest};
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::invitation::{MembershipView, OwnInvitationView, OwnInvitationsView};

/// List clinics' invitations
///
/// For doctors: those that you can accept, made for your id or for the address that you sign in with.
#[utoipa::path(get, path = "/me/invitations", tag = "doctors", security(("bearer" = [])),
    responses((status = 200, description = "The invitations", body = OwnInvitationsView)))]
pub async fn own_invitations(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayPractise>,
) -> Result<Json<OwnInvitationsView>, Problem> {
    let invitations = app.people().invitations_of(caller.id(), app.now()).await?;
    Ok(Json(OwnInvitationsView {
        items: invitations.iter().map(OwnInvitationView::from).collect(),
    }))
}

/// Accept a clinic's invitation
///
/// For the doctor it is meant for, who is of that clinic from then on: it keeps your days and sees visits agreed from now on. A doctor is of
/// one clinic at most: leave the other one first (`POST /me/clinic/leave`).
#[utoipa::path(post, path = "/me/invitations/{id}/accept", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The invitation", format = Uuid)),
    responses(
        (status = 200, description = "Accepted", body = CommandResponse<MembershipView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
        (status = 409, description = "`invitation_ended`, `in_another_clinic`"),
    ))]
pub async fn accept_invitation(
    State(app): State<App>,
    At(invitation): At<kind::Invitation>,
    CommandRequest { metadata, .. }: CommandRequest<MayPractise, EmptyBody>,
) -> Result<CommandResponse<MembershipView>, Problem> {
    let done = accounts::accept(app.services(), &metadata, invitation).await?;
    Ok(CommandResponse::of(done, |membership, _| {
        MembershipView::from(membership)
    }))
}

/// Decline a clinic's invitation
///
/// For the doctor it is meant for. One that has ended stays as it ended: `status` says how.
#[utoipa::path(post, path = "/me/invitations/{id}/decline", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The invitation", format = Uuid)),
    responses((status = 200, description = "The invitation as it is now", body = OwnInvitationView)))]
pub async fn decline_invitation(
    State(app): State<App>,
    At(invitation): At<kind::Invitation>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayPractise, EmptyBody>,
) -> Result<Json<OwnInvitationView>, Problem> {
    let declined = accounts::decline(app.services(), caller.person(), invitation).await?;
    Ok(Json(OwnInvitationView::from(&declined)))
}

/// Leave your clinic
///
/// For doctors. Visits that were agreed under the clinic stay with it, and are yours as before. Leaving twice is leaving once.
#[utoipa::path(post, path = "/me/clinic/leave", tag = "doctors", security(("bearer" = [])),
    responses(
        (status = 200, description = "Left", body = CommandResponse<MembershipView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
    ))]
pub async fn leave_clinic(
    State(app): State<App>,
    CommandRequest { metadata, .. }: CommandRequest<MayPractise, EmptyBody>,
) -> Result<CommandResponse<MembershipView>, Problem> {
    let done = accounts::leave(app.services(), &metadata).await?;
    Ok(CommandResponse::of(done, |membership, _| {
        MembershipView::from(membership)
    }))
}

//! A clinic invites doctors, sees what became of it, and takes invitations back.

use axum::Json;
use axum::extract::State;
use commands::accounts;
use commands::policy::MayKeepDoctors;
use domain::ids::{DoctorId, kind};
use identity::{Email, Invitee};
use utoipa::ToSchema;

use crate::app::App;
use crate::business_limits;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::{At, QueryParams};
use crate::extract::read::{id, parsed};
use crate::extract::request::{AuthenticatedRequest, Caller};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::invitation::{InvitationView, InvitationsView};
use crate::routes::auth::register::CONTACT_CHARS_MAX;

/// Whom to invite: one of the two.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({"email": "doctor@example.com"}))]
pub struct InvitationBody {
    /// The doctor's id, as `GET /doctors` tells it.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// The address that the doctor signs in with.
    #[schema(value_type = Option<String>, format = Email)]
    pub email: Option<Email>,
}

impl FromBody for InvitationBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let doctor_id = fields.optional("doctor_id", id);
        let email = fields.optional("email", parsed(Email::parse, CONTACT_CHARS_MAX));
        match (&doctor_id, &email) {
            (Some(None), Some(None)) => {
                fields.fault(
                    "email",
                    FieldProblem::new("required", "is required without a `doctor_id`"),
                );
                None
            }
            (Some(Some(_)), Some(Some(_))) => {
                let both = FieldProblem::new("not_allowed", "stands beside `doctor_id`: name one of the two");
                fields.fault("email", both);
                None
            }
            _ => Some(Self {
                doctor_id: doctor_id?,
                email: email?,
            }),
        }
    }
}

/// Invite a doctor
///
/// For clinics: by id or by address. The answer is the same whether or not there is such a doctor: whoever it is meant for finds it in
/// `GET /me/invitations`, for 30 days. Inviting the same doctor again renews the invitation.
#[utoipa::path(post, path = "/clinic/invitations", tag = "doctors", security(("bearer" = [])), request_body = InvitationBody,
    responses(
        (status = 200, description = "The invitation", body = InvitationView),
        (status = 409, description = "`too_many_invitations`"),
    ))]
pub async fn invite(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayKeepDoctors, InvitationBody>,
) -> Result<Json<InvitationView>, Problem> {
    let invitee = match (body.doctor_id, body.email) {
        (Some(doctor), _) => Invitee::Doctor(doctor),
        (None, Some(email)) => Invitee::Email(email),
        (None, None) => return Err(Problem::invalid(vec![])),
    };
    let by = caller.person();
    business_limits::invitation(&app, caller.clinic_id()).await?;
    let invitation = accounts::invite(app.services(), by, &invitee).await?;
    Ok(Json(InvitationView::from(&invitation)))
}

/// List your invitations
///
/// For clinics: whom you invited, and what became of it.
#[utoipa::path(get, path = "/clinic/invitations", tag = "doctors", security(("bearer" = [])),
    responses((status = 200, description = "The invitations", body = InvitationsView)))]
pub async fn clinic_invitations(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayKeepDoctors>,
) -> Result<Json<InvitationsView>, Problem> {
    let invitations = app.people().invitations_by(caller.clinic_id(), app.now()).await?;
    Ok(Json(InvitationsView {
        items: invitations.iter().map(InvitationView::from).collect(),
    }))
}

/// Withdraw an invitation
///
/// For the clinic that made it. One that has ended stays as it ended: `status` says how.
#[utoipa::path(post, path = "/clinic/invitations/{id}/withdraw", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The invitation", format = Uuid)),
    responses((status = 200, description = "The invitation as it is now", body = InvitationView)))]
pub async fn withdraw_invitation(
    State(app): State<App>,
    At(invitation): At<kind::Invitation>,
    AuthenticatedRequest { caller, .. }: AuthenticatedRequest<MayKeepDoctors, EmptyBody>,
) -> Result<Json<InvitationView>, Problem> {
    let withdrawn = accounts::withdraw(app.services(), caller.person(), invitation).await?;
    Ok(Json(InvitationView::from(&withdrawn)))
}

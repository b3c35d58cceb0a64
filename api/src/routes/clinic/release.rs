//! A clinic releases a doctor.

use axum::extract::State;
use commands::accounts;
use commands::policy::MayKeepDoctors;
use domain::ids::kind;

use crate::app::App;
use crate::extract::body::EmptyBody;
use crate::extract::head::At;
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::invitation::MembershipView;

/// Release a doctor
///
/// For the doctor's clinic. What was agreed under it stays with it: it sees those visits, moves and cancels them, and its reports count
/// them. What is agreed from now on, and the doctor's days, it does not see.
#[utoipa::path(post, path = "/clinic/doctors/{id}/release", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "One of your doctors", format = Uuid)),
    responses(
        (status = 200, description = "Released", body = CommandResponse<MembershipView>),
        (status = 403, description = "`forbidden`, `account_deactivated`"),
    ))]
pub async fn release_doctor(
    State(app): State<App>,
    At(doctor): At<kind::Doctor>,
    CommandRequest { metadata, .. }: CommandRequest<MayKeepDoctors, EmptyBody>,
) -> Result<CommandResponse<MembershipView>, Problem> {
    let done = accounts::release(app.services(), &metadata, doctor).await?;
    Ok(CommandResponse::of(done, |membership, _| {
        MembershipView::from(membership)
    }))
}

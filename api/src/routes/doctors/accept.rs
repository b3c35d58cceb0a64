//! A doctor begins, or ceases, to take new visits.

use axum::Json;
use axum::extract::State;
use commands::policy::MayKeepDays;
use commands::schedule;
use domain::ids::kind;
use domain::people::Actor;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::truth;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::doctor::DoctorView;

/// Whether new visits are taken.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(example = json!({"accepts": false}))]
pub struct AcceptsBody {
    /// `false`: no slots are shown, and nobody is booked with or assigned to the doctor.
    pub accepts: bool,
}

impl FromBody for AcceptsBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let accepts = fields.required("accepts", truth);
        Some(Self { accepts: accepts? })
    }
}

/// Say whether a doctor takes new visits
///
/// For that doctor, clinics and admins. While it is `false` no slots are shown, and requesting, moving to and assigning
/// the doctor is refused (`doctor_not_available`). What was agreed before stands, a hold that is being paid for included.
#[utoipa::path(put, path = "/doctors/{id}/accepts", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid)), request_body = AcceptsBody,
    responses((status = 200, description = "The doctor as shown from now on", body = DoctorView)))]
pub async fn accept(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayKeepDays, AcceptsBody>,
) -> Result<Json<DoctorView>, Problem> {
    let by = Actor::Person {
        id: caller.id(),
        role: caller.role(),
    };
    let doctor = schedule::set_accepts(app.services(), by, doctor_id, body.accepts).await?;
    Ok(Json(DoctorView::from(&doctor)))
}

//! One clinic.

use axum::Json;
use axum::extract::State;
use domain::ids::kind;

use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::problem::{Code, Problem};
use crate::representation::profile::ClinicView;

/// Read a clinic
///
/// For anyone: what it says of itself. Its doctors: `GET /doctors?clinic_id=`.
#[utoipa::path(get, path = "/clinics/{id}", tag = "doctors",
    params(("id" = String, Path, description = "The clinic", format = Uuid)),
    responses((status = 200, description = "The clinic", body = ClinicView)))]
pub async fn clinic(
    State(app): State<App>,
    At(clinic_id): At<kind::Clinic>,
    QueryParams(()): QueryParams<()>,
) -> Result<Json<ClinicView>, Problem> {
    let clinic = app.people().clinic(clinic_id).await?;
    let clinic = clinic.ok_or_else(|| Problem::plain(Code::NotFound))?;
    Ok(Json(ClinicView::from(&clinic)))
}

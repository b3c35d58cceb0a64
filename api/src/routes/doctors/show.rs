//! One doctor.

use axum::Json;
use axum::extract::State;
use domain::ids::kind;

use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::problem::{Code, Problem};
use crate::representation::doctor::DoctorView;
use crate::routes::doctors::offers;

/// Read a doctor
///
/// For anyone; without contacts. With what a visit costs and when the next one can be.
#[utoipa::path(get, path = "/doctors/{id}", tag = "doctors",
    params(("id" = String, Path, description = "The doctor", format = Uuid)),
    responses((status = 200, description = "The doctor", body = DoctorView)))]
pub async fn show(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    QueryParams(()): QueryParams<()>,
) -> Result<Json<DoctorView>, Problem> {
    let doctor = app.people().doctor(doctor_id).await?;
    let doctor = doctor.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let offered = offers::offered(&app, std::slice::from_ref(&doctor)).await?;
    let view = offered.into_iter().next();
    Ok(Json(view.ok_or_else(|| Problem::plain(Code::NotFound))?))
}

//! One doctor.

use axum::Json;
use axum::extract::State;
use domain::ids::kind;
use identity::GeoPoint;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{At, FromQuery, Parameters, QueryParams};
use crate::problem::{Code, Problem};
use crate::representation::doctor::DoctorView;
use crate::routes::doctors::list::point_in;
use crate::routes::doctors::offers;

/// From where.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NearQuery {
    /// From where to say how far the doctor is: latitude and longitude in degrees.
    #[param(value_type = Option<String>, example = "55.7558,37.6176")]
    pub near: Option<GeoPoint>,
}

impl FromQuery for NearQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let near = parameters.optional("near", point_in);
        Some(Self { near: near? })
    }
}

/// Read a doctor
///
/// For anyone; without contacts. With what a visit costs and when the next one can be; and with `near` how far the doctor is from there.
#[utoipa::path(get, path = "/doctors/{id}", tag = "doctors",
    params(("id" = String, Path, description = "The doctor", format = Uuid), NearQuery),
    responses((status = 200, description = "The doctor", body = DoctorView)))]
pub async fn show(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    QueryParams(question): QueryParams<NearQuery>,
) -> Result<Json<DoctorView>, Problem> {
    let doctor = app.people().doctor_from(doctor_id, question.near).await?;
    let doctor = doctor.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let offered = offers::offered(&app, std::slice::from_ref(&doctor)).await?;
    let view = offered.into_iter().next();
    Ok(Json(view.ok_or_else(|| Problem::plain(Code::NotFound))?))
}

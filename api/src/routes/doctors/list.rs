//! The doctors of the platform.

use axum::Json;
use axum::extract::State;
use domain::ids::{ClinicId, DoctorId};
use identity::{DoctorFilter, Specialization};
use projections::Limit;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::read::{id_in, truth_in};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::doctor::DoctorView;
use crate::representation::page::PageView;

/// Which doctors.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DoctorsQuery {
    /// Only of this specialization, letter case aside.
    #[param(value_type = Option<String>, example = "Кардиолог")]
    pub specialization: Option<Specialization>,
    /// Only of this clinic.
    #[param(value_type = Option<String>, format = Uuid)]
    pub clinic_id: Option<ClinicId>,
    /// Only those who take bookings (`true`), or only those who do not (`false`).
    pub accepts: Option<bool>,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<DoctorId>,
}

impl FromQuery for DoctorsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let specialization = parameters.optional("specialization", |text| {
            Specialization::parse(text).map_err(FieldProblem::from)
        });
        let clinic_id = parameters.optional("clinic_id", id_in);
        let accepts = parameters.optional("accepts", truth_in);
        let limit = parameters.limit();
        let not_a_cursor = || FieldProblem::new("not_a_cursor", "this is not a cursor of this list");
        let cursor = parameters.optional("cursor", |text| text.parse().map_err(|_| not_a_cursor()));
        Some(Self {
            specialization: specialization?,
            clinic_id: clinic_id?,
            accepts: accepts?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// List doctors
///
/// For anyone, in the order in which they joined; without contacts.
#[utoipa::path(get, path = "/doctors", tag = "doctors", params(DoctorsQuery),
    responses((status = 200, description = "A page of doctors", body = PageView<DoctorView>)))]
pub async fn list(
    State(app): State<App>,
    QueryParams(question): QueryParams<DoctorsQuery>,
) -> Result<Json<PageView<DoctorView>>, Problem> {
    let DoctorsQuery {
        specialization,
        clinic_id,
        accepts,
        limit,
        cursor,
    } = question;
    let filter = DoctorFilter {
        specialization,
        clinic_id,
        accepts,
    };
    let page = app
        .people()
        .doctors(&filter, cursor, u32::from(limit.rows()))
        .await?;
    Ok(Json(PageView::from(&page)))
}

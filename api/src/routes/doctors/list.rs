//! The doctors of the platform.

use axum::Json;
use axum::extract::State;
use domain::booking::events::CallType;
use domain::ids::{ClinicId, DoctorId};
use identity::{DoctorFilter, DoctorSearch, GeoPoint, Language, Specialization};
use projections::{Cursor, Limit};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::read::{Parsed, id_in, one_of_in, truth_in};
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::representation::doctor::{DoctorView, WITH_CHOSEN_DOCTOR};
use crate::representation::page::PageView;
use crate::routes::doctors::offers;
use crate::routes::doctors::sorted::{self, DoctorSort};

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
    /// Only those who speak any of these languages: ISO 639 codes, repeated or separated by commas.
    #[param(value_type = Option<Vec<String>>, example = json!(["ru"]))]
    pub languages: Vec<Language>,
    /// Only those in whose name and specialization each of these words stands, whole or in part; letter case aside, at most eight.
    #[param(value_type = Option<String>, max_length = 100, example = "кардио")]
    pub q: Option<DoctorSearch>,
    /// From where to say how far each is: latitude and longitude in degrees.
    #[param(value_type = Option<String>, example = "55.7558,37.6176")]
    pub near: Option<GeoPoint>,
    /// Only those whose place is so near, in kilometres; beside `near`.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 1000)]
    pub within_km: Option<u16>,
    /// `next_slot` (who can come next, first), `price`, `-price`, or `distance` beside `near` (who has no place, last); in the order in which
    /// they joined if absent. Slots and prices of at most a thousand doctors are sorted: more are refused until a filter narrows them.
    #[param(value_type = Option<String>, example = "next_slot")]
    pub sort: Option<DoctorSort>,
    /// Whose price is sorted by: `scheduled` (if absent) or `consultation`.
    #[param(value_type = Option<String>, example = "scheduled")]
    pub call_type: Option<CallType>,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before, in the same order.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Place>,
}

/// Where a page of doctors begins.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In the order in which they joined.
    Joined(DoctorId),
    /// In the order of what they offer.
    Sorted(Cursor),
}

impl FromQuery for DoctorsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let specialization = parameters.optional("specialization", |text| {
            Specialization::parse(text).map_err(FieldProblem::from)
        });
        let clinic_id = parameters.optional("clinic_id", id_in);
        let accepts = parameters.optional("accepts", truth_in);
        let languages = parameters.several("languages", |text| {
            Language::parse(text).map_err(FieldProblem::from)
        });
        let q = parameters.optional("q", |text| {
            let wrong = "must be one to eight words of at most 100 characters in all";
            DoctorSearch::parse(text).ok_or_else(|| FieldProblem::new("not_words", wrong))
        });
        let near = parameters.optional("near", point_in);
        let within_km = parameters.optional("within_km", |text| {
            let km = text.parse::<u16>().ok();
            km.filter(|km| (1..=WITHIN_KM_MAX).contains(km)).ok_or_else(|| {
                FieldProblem::new("out_of_range", format!("must be between 1 and {WITHIN_KM_MAX}"))
            })
        });
        let sorts = DoctorSort::ALL.map(DoctorSort::as_str).join(", ");
        let sort = parameters.optional("sort", |text| one_of_in(text, DoctorSort::parse, &sorts));
        let call_types = WITH_CHOSEN_DOCTOR.map(CallType::as_str).join(", ");
        let chosen = |text: &str| CallType::parse(text).filter(|kind| WITH_CHOSEN_DOCTOR.contains(kind));
        let call_type = parameters.optional("call_type", |text| one_of_in(text, chosen, &call_types));
        if let (Some(Some(_)), Some(sort)) = (call_type, sort)
            && !sort.is_some_and(DoctorSort::is_by_price)
        {
            let wrong = "is price or -price where call_type is asked";
            parameters.fault("sort", FieldProblem::new("required", wrong));
        }
        from_somewhere(parameters, near, sort, within_km);
        let limit = parameters.limit();
        let not_a_cursor = || FieldProblem::new("not_a_cursor", "this is not a cursor of this list");
        let cursor = parameters.optional("cursor", |text| {
            let place = match sort {
                Some(Some(_)) => Cursor::parse(text).ok().map(Place::Sorted),
                Some(None) | None => text.parse().ok().map(Place::Joined),
            };
            place.ok_or_else(not_a_cursor)
        });
        Some(Self {
            specialization: specialization?,
            clinic_id: clinic_id?,
            accepts: accepts?,
            languages: languages?,
            q: q?,
            near: near?,
            within_km: within_km?,
            sort: sort?,
            call_type: call_type?,
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// How far somebody may be looked for.
pub const WITHIN_KM_MAX: u16 = 1_000;

/// A point, from plain text.
pub fn point_in(text: &str) -> Parsed<GeoPoint> {
    GeoPoint::parse(text).map_err(FieldProblem::from)
}

/// Distances are from somewhere. `Some(None)` is a parameter that is absent.
fn from_somewhere(
    parameters: &mut Parameters<'_>,
    near: Option<Option<GeoPoint>>,
    sort: Option<Option<DoctorSort>>,
    within_km: Option<Option<u16>>,
) {
    if near != Some(None) {
        return;
    }
    let wrong = if sort == Some(Some(DoctorSort::Distance)) {
        "is required where sort is distance: from where, such as 55.7558,37.6176"
    } else if matches!(within_km, Some(Some(_))) {
        "is required beside within_km: from where, such as 55.7558,37.6176"
    } else {
        return;
    };
    parameters.fault("near", FieldProblem::new("required", wrong));
}

/// List doctors
///
/// For anyone, in the order in which they joined unless sorted otherwise; without contacts. With what a visit costs and when the next
/// one can be, which booking decides; and with `near` how far each is from there.
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
        languages,
        q,
        near,
        within_km,
        sort,
        call_type,
        limit,
        cursor,
    } = question;
    let filter = DoctorFilter {
        specialization,
        clinic_id,
        accepts,
        languages,
        search: q,
        near,
        within_km,
    };
    let (doctors, next) = match (sort, cursor) {
        (None, cursor) => {
            let after = match cursor {
                Some(Place::Joined(after)) => Some(after),
                Some(Place::Sorted(_)) | None => None,
            };
            let limit = u32::from(limit.rows());
            let page = app.people().doctors(&filter, after, limit).await?;
            (page.items, page.next.map(|after| after.to_string()))
        }
        (Some(sort), cursor) => {
            let after = match cursor {
                Some(Place::Sorted(after)) => Some(after),
                Some(Place::Joined(_)) | None => None,
            };
            let order = (sort, call_type.unwrap_or(CallType::Scheduled));
            let (doctors, next) = sorted::page(&app, &filter, order, after, limit).await?;
            (doctors, next.map(Cursor::encode))
        }
    };
    let items = offers::offered(&app, &doctors).await?;
    Ok(Json(PageView { items, next }))
}

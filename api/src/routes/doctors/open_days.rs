//! A doctor's open days, to whoever keeps them.

use axum::extract::State;
use commands::policy::MayKeepDays;
use commands::schedule;
use domain::ids::kind;
use domain::people::Actor;
use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use projections::{Model, open_slots};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{At, FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::read::{Parsed, date_in};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::problem::field_error::FieldProblem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::day::OpenDayView;
use crate::representation::page::PageView;

/// How many days one question covers at most, and how many where no end is named.
const DAYS_MAX: i32 = 62;
const DAYS_DEFAULT: i32 = 14;
/// The first and the last year in which a day is looked for.
const YEARS: (i16, i16) = (2000, 2199);

/// Between which dates.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DaysQuery {
    /// From this local date on; today in the doctor's zone if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    /// Up to this local date, included: at most 61 days after `from`; 13 days after it if absent.
    #[param(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
}

impl FromQuery for DaysQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let from = parameters.optional("from", near_date_in);
        let to = parameters.optional("to", near_date_in);
        if let (Some(Some(from)), Some(Some(to))) = (from, to) {
            if to < from {
                parameters.fault("to", FieldProblem::new("not_after", "must not be before from"));
            } else if from.until(to).is_ok_and(|span| span.get_days() >= DAYS_MAX) {
                let message = "must be at most 61 days after from";
                parameters.fault("to", FieldProblem::new("too_far", message));
            }
        }
        Some(Self { from: from?, to: to? })
    }
}

/// A date of this age: what lies beyond is a slip.
fn near_date_in(text: &str) -> Parsed<Date> {
    let date = date_in(text)?;
    if (YEARS.0..=YEARS.1).contains(&date.year()) {
        return Ok(date);
    }
    let message = format!("must be of the years {} to {}", YEARS.0, YEARS.1);
    Err(FieldProblem::new("out_of_range", message))
}

/// List a doctor's open days
///
/// For that doctor, clinics and admins: each day that takes bookings, the earliest first, with how many slots it has and how many
/// of them nothing takes. Past days are there, too.
#[utoipa::path(get, path = "/doctors/{id}/days", tag = "doctors", security(("bearer" = [])),
    params(("id" = String, Path, description = "The doctor", format = Uuid), DaysQuery, PageParams),
    responses((status = 200, description = "A page of days", body = PageView<OpenDayView>)))]
pub async fn days(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    QueryParams((question, page)): QueryParams<(DaysQuery, PageParams)>,
    caller: Caller<MayKeepDays>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<OpenDayView>>, Problem> {
    let by = Actor::Person {
        id: caller.id(),
        role: caller.role(),
    };
    schedule::permit(app.services(), by, doctor_id).await?;
    let as_of = read_consistency::wait_for_key(&app, Model::OpenSlots, &doctor_id.to_string(), read_after)
        .await?
        .as_of;
    let doctor = app.people().doctor(doctor_id).await?;
    let zone = doctor.and_then(|doctor| TimeZone::get(doctor.zone.as_str()).ok());
    let today = app.now().to_zoned(zone.unwrap_or(TimeZone::UTC)).date();
    let from = question.from.unwrap_or(today);
    let last = |days: i32| from.checked_add((days - 1).days()).unwrap_or(Date::MAX);
    let to = question
        .to
        .unwrap_or_else(|| last(DAYS_DEFAULT))
        .min(last(DAYS_MAX));
    let (pool, PageParams { limit, cursor }) = (&app.models().pool, page);
    let page = open_slots::days::open_days(pool, doctor_id, (from, to), cursor, limit).await?;
    Ok(ReadResponse {
        as_of,
        ..ReadResponse::of(PageView::of(page, |day| OpenDayView::from(&day)))
    })
}

//! When a doctor can still be booked.

use axum::extract::State;
use domain::ids::kind;
use jiff::{SignedDuration, Timestamp};
use projections::{Model, open_slots};
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{At, FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::read_consistency::{self, ReadResponse};
use crate::representation::day::SlotView;
use crate::representation::page::PageView;

/// The longest span one question covers.
const SPAN_MAX: SignedDuration = SignedDuration::from_hours(62 * 24);
/// The span of a question that names no end.
const SPAN_DEFAULT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Between when and when.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SlotsQuery {
    /// Slots that begin at or after this instant; now if absent. Slots of the past are never shown.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Slots that begin before this instant, at most 62 days later (and 62 days later if it lies beyond the calendar, as
    /// `9999-12-31T23:59:59Z` does); 14 days later if absent.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
}

impl FromQuery for SlotsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let (from, to) = parameters.span()?;
        if let (Some(from), Some(to)) = (from, to)
            && to < Timestamp::MAX
            && to.duration_since(from) > SPAN_MAX
        {
            parameters.fault(
                "to",
                FieldProblem::new("too_far", "must be at most 62 days after from"),
            );
        }
        Some(Self { from, to })
    }
}

/// List a doctor's free slots
///
/// For anyone. A slot may be taken in the next moment: booking decides. A doctor who takes no new visits has none.
/// Name the same instants to go on with the next page.
#[utoipa::path(get, path = "/doctors/{id}/slots", tag = "doctors",
    params(("id" = String, Path, description = "The doctor", format = Uuid), SlotsQuery, PageParams),
    responses((status = 200, description = "A page of free slots by their start", body = PageView<SlotView>)))]
pub async fn slots(
    State(app): State<App>,
    At(doctor_id): At<kind::Doctor>,
    QueryParams((question, page)): QueryParams<(SlotsQuery, PageParams)>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<SlotView>>, Problem> {
    let doctor = app.people().doctor(doctor_id).await?;
    let doctor = doctor.ok_or_else(|| Problem::plain(Code::NotFound))?;
    let as_of = read_consistency::wait_for_key(&app, Model::OpenSlots, &doctor_id.to_string(), read_after)
        .await?
        .as_of;
    let from = question.from.unwrap_or(Timestamp::MIN).max(app.now());
    let latest = |span| from.checked_add(span).unwrap_or(Timestamp::MAX);
    let to = question
        .to
        .unwrap_or_else(|| latest(SPAN_DEFAULT))
        .min(latest(SPAN_MAX));
    if !doctor.accepts {
        let (items, next) = (Vec::new(), None);
        return Ok(ReadResponse {
            as_of,
            ..ReadResponse::of(PageView { items, next })
        });
    }
    let (pool, PageParams { limit, cursor }) = (&app.models().pool, page);
    let page = open_slots::query::between(pool, doctor_id, from, to, cursor, limit).await?;
    Ok(ReadResponse {
        as_of,
        ..ReadResponse::of(PageView::of(page, |slot| SlotView::from(&slot)))
    })
}

//! Price lists: published, and read, all or one.

use axum::Json;
use axum::extract::{Path, State};
use commands::policy::MayPublishPrices;
use commands::prices;
use domain::money::Money;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{QueryParams, ReadAfter};
use crate::extract::price_document::PriceDocument;
use crate::extract::request::{Caller, CommandRequest};
use crate::problem::{Code, Problem};
use crate::read_consistency;
use crate::representation::amount::amount_schema;
use crate::representation::command_response::CommandResponse;
use crate::representation::price_list::{CancellationsView, PercentsView, PriceListView, VisitTimesView};

/// A price list to be published; a list that is shown, without `state`, `published_by` and `published_at`, is one.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({
    "version": 2,
    "valid_from": "2027-01-01T00:00:00+03:00",
    "prices": [
        {"call_type": "urgent", "amount": "1800.00"},
        {"call_type": "scheduled", "amount": "2000.00"},
        {"call_type": "scheduled", "doctor_id": "019a8f0e-0000-7000-8000-000000000002", "amount": "3500.00"},
        {"call_type": "consultation", "amount": "1500.00"}
    ],
    "commission_percent": {"urgent": 20, "scheduled": 20, "consultation": 20},
    "cancellation": {
        "urgent": {"after_departure_percent": 30},
        "scheduled": {"steps": [{"notice_minutes": 1440, "percent": 0}, {"notice_minutes": 0, "percent": 50}]},
        "consultation": {"steps": [{"notice_minutes": 0, "percent": 50}]}
    },
    "hold_minutes": 15,
    "urgent_visit_minutes": 60,
    "visit": {
        "depart_before_minutes": 180, "arrive_before_minutes": 10, "start_before_minutes": 30,
        "start_after_end_minutes": 120, "complete_after_minutes": 5, "no_show_after_minutes": 15,
        "urgent_search_minutes": 60, "urgent_search_alarm_minutes": 10, "missed_alarm_minutes": 120,
        "missed_after_minutes": 1440, "unfinished_alarm_minutes": 360, "earning_rest_hours": 24
    }
}))]
#[expect(dead_code, reason = "describes the wire; PriceDocument is what is read")]
pub struct PriceListBody {
    /// Above every earlier version.
    #[schema(minimum = 1)]
    pub version: u32,
    /// From when it is in force: at least 5 minutes ahead, but for the very first list. As soon as it may be if absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub valid_from: Option<Timestamp>,
    /// One price per call type for everybody, and rows for doctors with a price of their own; 400 at most.
    pub prices: Vec<PriceRowBody>,
    /// Percent of each kind of visit's money that the clinic keeps, 0 to 100.
    pub commission_percent: PercentsView,
    /// What cancelling costs: urgent visits from the departure on, the others by notice, from the most notice to none
    /// and never less than the step before.
    pub cancellation: CancellationsView,
    /// How long an unpaid booking keeps its slot.
    #[schema(minimum = 1, maximum = 240)]
    pub hold_minutes: u16,
    /// How long an urgent visit takes a doctor's time from its assignment.
    #[schema(minimum = 5, maximum = 480)]
    pub urgent_visit_minutes: u16,
    /// The clock of a visit.
    pub visit: VisitTimesView,
}

/// What one kind of visit is to cost.
#[derive(Clone, Debug, ToSchema)]
#[expect(dead_code, reason = "describes the wire; PriceDocument is what is read")]
pub struct PriceRowBody {
    /// `urgent`, `scheduled` or `consultation`.
    #[schema(value_type = String, example = "urgent")]
    pub call_type: String,
    /// With which doctor; with any other if absent. Never for urgent visits.
    pub doctor_id: Option<Uuid>,
    /// A JSON number or text.
    #[schema(schema_with = amount_schema)]
    pub amount: Money,
    /// `RUB`.
    #[schema(example = "RUB")]
    pub currency: Option<String>,
}

/// Publish a price list
///
/// For admins: prices, commission, cancellation terms and times, in force from `valid_from` on in every process at once.
/// A list is never changed: a later version replaces it, also before it is in force. What was booked keeps its terms.
#[utoipa::path(post, path = "/admin/price-lists", tag = "admin", security(("bearer" = [])),
    request_body = PriceListBody,
    responses(
        (status = 200, description = "Published; `Location` names the list", body = CommandResponse<PriceListView>),
        (status = 409, description = "`price_list_not_newer`, `price_list_too_soon`"),
    ))]
pub async fn publish_prices(
    State(app): State<App>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayPublishPrices, PriceDocument>,
) -> Result<CommandResponse<PriceListView>, Problem> {
    let done = prices::publish(app.services(), &metadata, body.0).await?;
    let (known, now) = (app.services().prices.all().await?, app.now());
    let answer = CommandResponse::of(done, |list, _| PriceListView::of(&list, &known, now));
    Ok(answer.at(|list| format!("/api/v1/admin/price-lists/{}", list.version)))
}

/// Every price list, the latest version first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceListsView {
    /// The lists.
    pub items: Vec<PriceListView>,
    /// Always null: all of them are here.
    #[schema(value_type = Option<String>)]
    pub next: Option<()>,
}

/// List price lists
///
/// For admins: every list that was published, by whom and when, the latest version first, and where each stands.
#[utoipa::path(get, path = "/admin/price-lists", tag = "admin", security(("bearer" = [])),
    responses((status = 200, description = "The price lists", body = PriceListsView)))]
pub async fn price_lists(
    State(app): State<App>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayPublishPrices>,
    ReadAfter(after): ReadAfter,
) -> Result<Json<PriceListsView>, Problem> {
    if let Some(after) = after {
        read_consistency::require_known(&app, after).await?;
    }
    // The log itself is asked: it knows everything up to any position it has.
    let (known, now) = (app.services().prices.all().await?, app.now());
    let view = |list: &std::sync::Arc<_>| PriceListView::of(list, &known, now);
    Ok(Json(PriceListsView {
        items: known.all().iter().rev().map(view).collect(),
        next: None,
    }))
}

/// Read a price list
///
/// For admins: one version, by whom it was published and when, and where it stands.
#[utoipa::path(get, path = "/admin/price-lists/{version}", tag = "admin", security(("bearer" = [])),
    params(("version" = u32, Path, description = "The version", example = 2)),
    responses((status = 200, description = "The price list", body = PriceListView)))]
pub async fn price_list(
    State(app): State<App>,
    Path(version): Path<String>,
    QueryParams(()): QueryParams<()>,
    _caller: Caller<MayPublishPrices>,
    ReadAfter(after): ReadAfter,
) -> Result<Json<PriceListView>, Problem> {
    let not_found = || Problem::plain(Code::NotFound);
    let version: u32 = version.parse().map_err(|_| not_found())?;
    if let Some(after) = after {
        read_consistency::require_known(&app, after).await?;
    }
    let (known, now) = (app.services().prices.all().await?, app.now());
    let list = known.version(version).ok_or_else(not_found)?;
    Ok(Json(PriceListView::of(list, &known, now)))
}

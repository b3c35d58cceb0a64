//! What a visit costs, now, at another time or by another list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::booking::events::CallType;
use domain::ids::DoctorId;
use domain::price_list::list::PriceList;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams};
use crate::extract::read::{id_in, instant_in, one_of_in};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::representation::price_list::{CancellationView, VisitTimesView};
use crate::representation::timestamp::shown;

/// What is asked for.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TariffQuery {
    /// `urgent`, `scheduled` or `consultation`; all of them if absent.
    #[param(value_type = Option<String>, example = "urgent")]
    pub call_type: Option<CallType>,
    /// The doctor.
    #[param(value_type = Option<String>, format = Uuid)]
    pub doctor_id: Option<DoctorId>,
    /// The time of the visit.
    #[param(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// By this version of the price list, which need not be in force; not together with `at`.
    #[param(value_type = Option<u32>, minimum = 1)]
    pub version: Option<u32>,
    /// As for whoever books at this moment, as far as lists are published by now; now if absent.
    #[param(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
}

impl FromQuery for TariffQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let words = CallType::ALL.map(CallType::as_str).join(", ");
        let call_type = parameters.optional("call_type", |text| one_of_in(text, CallType::parse, &words));
        let doctor_id = parameters.optional("doctor_id", id_in);
        let starts_at = parameters.optional("starts_at", instant_in);
        let version = parameters.optional("version", |text| {
            let version = text.parse::<u32>().ok().filter(|version| *version >= 1);
            version.ok_or_else(|| FieldProblem::new("not_a_version", "must be a version such as 2"))
        });
        let at = parameters.optional("at", instant_in);
        if let (Some(Some(_)), Some(Some(_))) = (version, at) {
            parameters.fault(
                "at",
                FieldProblem::new("not_allowed", "is not asked together with version"),
            );
        }
        Some(Self {
            call_type: call_type?,
            doctor_id: doctor_id?,
            starts_at: starts_at?,
            version: version?,
            at: at?,
        })
    }
}

/// The prices of one version of the price list, and the terms that go with them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "version": 1,
    "valid_from": "2026-11-01T00:00:00Z",
    "items": [{"call_type": "urgent", "amount": "1500.00", "currency": "RUB",
               "cancellation": {"after_departure_percent": 30}}],
    "hold_minutes": 15,
    "urgent_visit_minutes": 60,
    "visit": {
        "depart_before_minutes": 180, "arrive_before_minutes": 10, "start_before_minutes": 30,
        "start_after_end_minutes": 120, "complete_after_minutes": 5, "no_show_after_minutes": 15,
        "urgent_search_minutes": 60, "urgent_search_alarm_minutes": 10, "missed_alarm_minutes": 120,
        "missed_after_minutes": 1440, "unfinished_alarm_minutes": 360, "earning_rest_hours": 24
    }
}))]
pub struct TariffView {
    /// The price list's version; bookings pin it. Send it as `price_list_version` to insist on these terms.
    pub version: u32,
    /// From when this list is in force.
    #[schema(value_type = String, format = DateTime)]
    pub valid_from: Timestamp,
    /// The prices asked for.
    pub items: Vec<PriceView>,
    /// How long an unpaid booking keeps its slot.
    pub hold_minutes: u16,
    /// How long an urgent visit takes from its assignment.
    pub urgent_visit_minutes: u16,
    /// The clock of a visit.
    pub visit: VisitTimesView,
}

/// One price.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PriceView {
    /// What for.
    #[schema(value_type = String)]
    pub call_type: &'static str,
    /// Decimal text; send it as `amount` when booking.
    pub amount: String,
    /// Its currency.
    #[schema(value_type = String)]
    pub currency: &'static str,
    /// What cancelling costs.
    pub cancellation: CancellationView,
}

/// Read the prices
///
/// For anyone: the price of each kind of visit, for the doctor and time asked about, with the version of the price list
/// it stands in and the terms that go with it: of the list in force now, or of a version or a moment.
#[utoipa::path(get, path = "/tariffs", tag = "tariffs", params(TariffQuery), responses(
    (status = 200, description = "The prices", body = TariffView),
    (status = 404, description = "`not_found`: no list has this version, or none was in force then"),
    (status = 503, description = "`no_price_list`: nobody published one here yet"),
))]
pub async fn tariffs(
    State(app): State<App>,
    QueryParams(question): QueryParams<TariffQuery>,
) -> Result<Json<TariffView>, Problem> {
    let list = list_of(&app, &question).await?;
    let items = CallType::ALL
        .into_iter()
        .filter(|call_type| question.call_type.is_none_or(|asked| asked == *call_type))
        .map(|call_type| {
            let price = list.price(call_type, question.doctor_id, question.starts_at);
            PriceView {
                call_type: call_type.as_str(),
                amount: price.decimal(),
                currency: price.currency.code(),
                cancellation: CancellationView::of(list.cancellation(call_type)),
            }
        })
        .collect();
    Ok(Json(TariffView {
        version: list.version,
        valid_from: shown(list.valid_from),
        items,
        hold_minutes: list.terms.hold_minutes,
        urgent_visit_minutes: list.terms.urgent_visit_minutes,
        visit: VisitTimesView::of(list.terms.visit),
    }))
}

async fn list_of(app: &App, question: &TariffQuery) -> Result<Arc<PriceList>, Problem> {
    let prices = &app.services().prices;
    let list = match (question.version, question.at) {
        (None, None) => return Ok(prices.now().await?.list()),
        // What is not in force yet is looked up: another process may have published it a moment ago.
        (Some(version), _) => prices.all().await?.version(version).map(Arc::clone),
        (None, Some(at)) => prices.all().await?.in_force(at).map(Arc::clone),
    };
    list.ok_or_else(|| Problem::plain(Code::NotFound))
}

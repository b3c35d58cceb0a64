//! Urgent calls that wait for a doctor.

use axum::extract::State;
use commands::policy::MayAssign;
use domain::people::Role;
use jiff::Timestamp;
use projections::open_calls::{OpenCall, query};
use projections::{Cursor, Limit, Model};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{FromQuery, Parameters, QueryParams, ReadAfter};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::page::PageView;
use crate::representation::timestamp::shown;

/// Which stretch of the list.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OpenCallsQuery {
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
    /// Where to go on: `next` of the page before.
    #[param(value_type = Option<String>)]
    pub cursor: Option<Cursor>,
}

impl FromQuery for OpenCallsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let limit = parameters.limit();
        let cursor = parameters.cursor();
        Some(Self {
            limit: limit?,
            cursor: cursor?,
        })
    }
}

/// A paid urgent call without a doctor. Where it goes and why is told to its doctor alone.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "booking_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "requested_at": "2026-12-01T09:30:00Z",
    "waiting_since": "2026-12-01T09:31:12Z"
}))]
pub struct OpenCallView {
    /// The booking, to be assigned.
    pub booking_id: Uuid,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Timestamp,
    /// Since when it has been paid and without a doctor; the search ends `urgent_search_minutes` after it.
    #[schema(value_type = String, format = DateTime)]
    pub waiting_since: Timestamp,
}

impl OpenCallView {
    fn of(call: OpenCall) -> Self {
        Self {
            booking_id: call.booking_id.uuid(),
            requested_at: shown(call.requested_at),
            waiting_since: shown(call.waiting_since),
        }
    }
}

/// List the urgent calls that wait for a doctor
///
/// The longest wait first: all of them for admins; for a clinic those that no clinic's doctor has had, and its own, to which
/// it may send its doctors with `POST /bookings/{id}/assign`.
#[utoipa::path(get, path = "/open-calls", tag = "bookings", security(("bearer" = [])), params(OpenCallsQuery),
    responses((status = 200, description = "A page of calls", body = PageView<OpenCallView>)))]
pub async fn open_calls(
    State(app): State<App>,
    QueryParams(question): QueryParams<OpenCallsQuery>,
    caller: Caller<MayAssign>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<OpenCallView>>, Problem> {
    read_consistency::wait_for_position(&app, Model::OpenCalls, read_after).await?;
    let clinic = (caller.role() == Role::Clinic).then(|| caller.clinic_id());
    let OpenCallsQuery { limit, cursor } = question;
    let page = query::for_staff(&app.models().pool, clinic, cursor, limit).await?;
    Ok(ReadResponse {
        body: PageView::of(page, OpenCallView::of),
        as_of: None,
        version: None,
    })
}

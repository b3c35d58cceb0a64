//! Urgent calls that wait for a doctor.

use axum::extract::State;
use commands::policy::MayAssign;
use domain::people::Role;
use jiff::Timestamp;
use projections::Model;
use projections::bookings::OpenCall;
use projections::bookings::query::open_calls as query;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{QueryParams, ReadAfter};
use crate::extract::page::PageParams;
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::read_consistency::{self, ReadResponse};
use crate::representation::page::PageView;
use crate::representation::timestamp::shown;

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
#[utoipa::path(get, path = "/open-calls", tag = "bookings", security(("bearer" = [])), params(PageParams),
    responses((status = 200, description = "A page of calls", body = PageView<OpenCallView>)))]
pub async fn open_calls(
    State(app): State<App>,
    QueryParams(PageParams { limit, cursor }): QueryParams<PageParams>,
    caller: Caller<MayAssign>,
    read_after: ReadAfter,
) -> Result<ReadResponse<PageView<OpenCallView>>, Problem> {
    read_consistency::wait_for_position(&app, Model::Bookings, read_after).await?;
    let clinic = (caller.role() == Role::Clinic).then(|| caller.clinic_id());
    let page = query::for_staff(&app.models().pool, clinic, cursor, limit).await?;
    Ok(ReadResponse::of(PageView::of(page, OpenCallView::of)))
}

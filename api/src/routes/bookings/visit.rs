//! How a visit goes: what the assigned doctor, or an admin, reports of it, and that the doctor is taken off.

use axum::extract::State;
use commands::bookings;
use commands::policy::{MayReportVisit, MayUnassign};
use domain::booking::decide::visit::VisitReport;
use domain::ids::kind;
use jiff::Timestamp;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::body::{EmptyBody, Fields, FromBody};
use crate::extract::head::At;
use crate::extract::read::instant;
use crate::extract::request::CommandRequest;
use crate::problem::Problem;
use crate::representation::booking::{BookingView, booking_response};
use crate::representation::command_response::CommandResponse;

/// Report the departure
///
/// For the assigned doctor and admins, from three hours before a scheduled visit to its end. To a consultation nobody
/// departs.
#[utoipa::path(post, path = "/bookings/{id}/depart", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "On the way", body = CommandResponse<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn depart(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayReportVisit, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::report(app.services(), &metadata, booking_id, VisitReport::Depart).await)
}

/// Report the arrival
///
/// For the assigned doctor and admins: at the door after a departure, or in the room of a consultation from ten minutes
/// before it. Never after the end of the visit.
#[utoipa::path(post, path = "/bookings/{id}/arrive", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "There", body = CommandResponse<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn arrive(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayReportVisit, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::report(app.services(), &metadata, booking_id, VisitReport::Arrive).await)
}

/// Report the start of the visit
///
/// For the assigned doctor and admins, once the doctor has arrived (a visit started from the road records the arrival),
/// from half an hour before the visit to two hours after its end.
#[utoipa::path(post, path = "/bookings/{id}/start", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The visit began", body = CommandResponse<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn start(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayReportVisit, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::report(app.services(), &metadata, booking_id, VisitReport::Start).await)
}

/// Report the end of the visit
///
/// For the assigned doctor and admins, from five minutes after the start of the visit. The price is due; the money is settled by itself.
#[utoipa::path(post, path = "/bookings/{id}/complete", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The visit is over", body = CommandResponse<BookingView>),
        (status = 409, description = "`too_early`, `not_now`"),
    ))]
pub async fn complete(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayReportVisit, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::report(app.services(), &metadata, booking_id, VisitReport::Complete).await)
}

/// Report that the patient was not there
///
/// For the assigned doctor and admins, once the doctor has arrived and waited fifteen minutes from the start or the
/// arrival, whichever is later, and until two hours after the end. It costs what the latest cancellation would; nothing,
/// if others changed the visit and the patient has not accepted that.
#[utoipa::path(post, path = "/bookings/{id}/no-show", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "Recorded", body = CommandResponse<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn no_show(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayReportVisit, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::report(app.services(), &metadata, booking_id, VisitReport::NoShow).await)
}

/// When the doctor expects to be there.
#[derive(Clone, ToSchema)]
#[schema(example = json!({"arrives_at": "2026-12-01T09:50:00Z"}))]
pub struct EstimateArrivalBody {
    /// Ahead of now, by at most four hours.
    #[schema(value_type = String, format = DateTime)]
    pub arrives_at: Timestamp,
}

impl FromBody for EstimateArrivalBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let arrives_at = fields.required("arrives_at", instant)?;
        Some(Self { arrives_at })
    }
}

/// Tell when the doctor expects to arrive
///
/// For the assigned doctor and admins, while the doctor is on the way. A newer estimate replaces the older one; the booking
/// shows it as `estimated_arrival` until the doctor is there or comes no more.
#[utoipa::path(post, path = "/bookings/{id}/estimate-arrival", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)), request_body = EstimateArrivalBody,
    responses(
        (status = 200, description = "Told, or told before", body = CommandResponse<BookingView>),
        (status = 409, description = "`not_now`, `in_the_past`, `too_early` (more than four hours ahead)"),
    ))]
pub async fn estimate_arrival(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, body, .. }: CommandRequest<MayReportVisit, EstimateArrivalBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    let report = VisitReport::EstimateArrival {
        arrives_at: body.arrives_at,
    };
    booking_response(bookings::report(app.services(), &metadata, booking_id, report).await)
}

/// Take the doctor off
///
/// For the doctor, clinics and admins. The doctor's time is free again; a scheduled booking then waits for an admin or a
/// new time.
#[utoipa::path(post, path = "/bookings/{id}/unassign", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The doctor is off", body = CommandResponse<BookingView>),
        (status = 409, description = "`not_now`"),
    ))]
pub async fn unassign(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { metadata, .. }: CommandRequest<MayUnassign, EmptyBody>,
) -> Result<CommandResponse<BookingView>, Problem> {
    booking_response(bookings::unassign(app.services(), &metadata, booking_id).await)
}

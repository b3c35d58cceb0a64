//! The visit begins.

use axum::extract::State;
use commands::bookings;
use domain::ids::kind;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Nothing;
use crate::extract::caller::Visitors;
use crate::extract::command_request::CommandRequest;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::booking::BookingView;
use crate::routes::bookings::accepted;

/// Report the start of the visit
///
/// For the assigned doctor and admins, once the doctor has arrived (a visit started from the road records the arrival),
/// from half an hour before the visit to two hours after its end.
#[utoipa::path(post, path = "/bookings/{id}/start", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The visit began", body = Positioned<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn start(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Visitors, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::start(app.services(), &asked, booking_id).await)
}

//! The doctor is on the way.

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

/// Report the departure
///
/// For the assigned doctor and admins, from three hours before a scheduled visit to its end. To a consultation nobody
/// departs.
#[utoipa::path(post, path = "/bookings/{id}/depart", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "On the way", body = Positioned<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn depart(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Visitors, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::depart(app.services(), &asked, booking_id).await)
}

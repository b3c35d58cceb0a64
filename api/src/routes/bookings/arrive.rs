//! The doctor is there.

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

/// Report the arrival
///
/// For the assigned doctor and admins: at the door after a departure, or in the room of a consultation from ten minutes
/// before it. Never after the end of the visit.
#[utoipa::path(post, path = "/bookings/{id}/arrive", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "There", body = Positioned<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn arrive(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Visitors, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::arrive(app.services(), &asked, booking_id).await)
}

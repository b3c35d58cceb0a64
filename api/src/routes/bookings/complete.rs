//! The visit is over.

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

/// Report the end of the visit
///
/// For the assigned doctor and admins, from five minutes after the start of the visit. The price is due; the money is settled by itself.
#[utoipa::path(post, path = "/bookings/{id}/complete", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The visit is over", body = Positioned<BookingView>),
        (status = 409, description = "`too_early`, `not_now`"),
    ))]
pub async fn complete(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Visitors, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::complete(app.services(), &asked, booking_id).await)
}

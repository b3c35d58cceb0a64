//! A doctor is taken off a booking.

use axum::extract::State;
use commands::bookings;
use domain::ids::kind;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Nothing;
use crate::extract::caller::Workers;
use crate::extract::command_request::CommandRequest;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::booking::BookingView;
use crate::routes::bookings::accepted;

/// Take the doctor off
///
/// For the doctor, clinics and admins. The doctor's time is free again; a scheduled booking then waits for an admin or a
/// new time.
#[utoipa::path(post, path = "/bookings/{id}/unassign", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The doctor is off", body = Positioned<BookingView>),
        (status = 409, description = "`not_now`"),
    ))]
pub async fn unassign(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Workers, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::unassign(app.services(), &asked, booking_id).await)
}

//! The patient accepts the doctor and time that somebody else set.

use axum::extract::State;
use commands::bookings;
use domain::ids::kind;

use crate::app::App;
use crate::extract::at::At;
use crate::extract::body::Nothing;
use crate::extract::caller::Patients;
use crate::extract::command_request::CommandRequest;
use crate::problem::Problem;
use crate::representation::accepted::{Accepted, Positioned};
use crate::representation::booking::BookingView;
use crate::routes::bookings::accepted;

/// Accept a change
///
/// For the patient: the doctor and time that somebody else set become what was agreed, and cancelling costs again what
/// the terms say. Until then it is free (`change_to_accept` of the booking). With `If-Match` nothing is accepted but the
/// version that was seen.
#[utoipa::path(post, path = "/bookings/{id}/accept-change", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "Accepted, or there was nothing to accept", body = Positioned<BookingView>),
        (status = 409, description = "`not_now`"),
    ))]
pub async fn accept_change(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Patients, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::accept_change(app.services(), &asked, booking_id).await)
}

//! The patient was not there.

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

/// Report that the patient was not there
///
/// For the assigned doctor and admins, once the doctor has arrived and waited fifteen minutes from the start or the
/// arrival, whichever is later, and until two hours after the end. It costs what the latest cancellation would; nothing,
/// if others changed the visit and the patient has not accepted that.
#[utoipa::path(post, path = "/bookings/{id}/no-show", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "Recorded", body = Positioned<BookingView>),
        (status = 409, description = "`too_early`, `too_late`, `not_now`"),
    ))]
pub async fn no_show(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    CommandRequest { asked, .. }: CommandRequest<Visitors, Nothing>,
) -> Result<Accepted<BookingView>, Problem> {
    accepted(bookings::no_show(app.services(), &asked, booking_id).await)
}

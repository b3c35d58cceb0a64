//! What cancelling would cost now.

use axum::Json;
use axum::extract::State;
use commands::policy::MayReadBooking;
use commands::{CommandMetadata, bookings};
use domain::ids::kind;
use http::Extensions;

use crate::app::App;
use crate::extract::head::{At, QueryParams};
use crate::extract::request::Caller;
use crate::problem::Problem;
use crate::representation::quote::{QuoteView, WindowsView};
use crate::representation::timestamp::shown;
use crate::trace::TraceId;

/// Quote the cancellation fee
///
/// The exact fee if the caller cancelled now, from the booking's own terms; and when each step of the visit may be taken.
/// For its patient, its doctor, clinics and
/// admins.
#[utoipa::path(get, path = "/bookings/{id}/cancellation-quote", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid)),
    responses(
        (status = 200, description = "The fee", body = QuoteView),
        (status = 409, description = "`too_late`, `not_now`"),
    ))]
pub async fn quote(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadBooking>,
    extensions: Extensions,
) -> Result<Json<QuoteView>, Problem> {
    let trace_id = extensions
        .get::<TraceId>()
        .map(TraceId::to_string)
        .unwrap_or_default();
    let metadata = CommandMetadata::from_account(caller.id(), caller.role(), String::new(), trace_id);
    let quoted_at = shown(app.now());
    let done = bookings::quote(app.services(), &metadata, booking_id).await?;
    Ok(Json(QuoteView {
        booking_id: booking_id.uuid(),
        amount: done.answer.fee.decimal(),
        currency: done.answer.fee.currency.code(),
        change_to_accept: done.answer.change_to_accept.is_some(),
        windows: WindowsView::of(&done.answer),
        quoted_at,
        position: done.position,
        version: done.version,
    }))
}

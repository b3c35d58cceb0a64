//! What happens to one booking, as it happens.

use axum::extract::State;
use axum::response::Response;
use commands::policy::MayReadBooking;
use domain::ids::kind;
use projections::Model;

use crate::app::App;
use crate::extract::head::{At, LastEventId, QueryParams, ReadAfter};
use crate::extract::watcher::{StreamQuery, Watcher};
use crate::problem::Problem;
use crate::read_consistency;
use crate::routes::bookings::show::found;
use crate::routes::live::{Watched, follow};

/// Follow a booking live
///
/// Server-sent events for every fact of the booking and its payments, in the order of the log. Each event's id is its
/// position: `Last-Event-ID` continues without a gap. Events carry no rows; read them with `Read-After`. The stream
/// ends with its access token or its session. `GET /me/events` tells of all bookings in one.
#[utoipa::path(get, path = "/bookings/{id}/events", tag = "bookings", security(("bearer" = [])),
    params(("id" = String, Path, description = "The booking", format = Uuid), StreamQuery,
        ("Last-Event-ID" = Option<i64>, Header, description = "The position of the last event seen")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
        example = "id: 42\nevent: BookingSecured\ndata: {\"position\":42,\"type\":\"BookingSecured\"}\n\n")))]
pub async fn events(
    State(app): State<App>,
    At(booking_id): At<kind::Booking>,
    QueryParams(query): QueryParams<StreamQuery>,
    last: LastEventId,
    watcher: Watcher<MayReadBooking>,
) -> Result<Response, Problem> {
    let (caller, session) = watcher.admit(&app, &query, &Watched::Booking(booking_id)).await?;
    let key = booking_id.to_string();
    let state = read_consistency::wait_for_key(&app, Model::Bookings, &key, ReadAfter(None)).await?;
    found(&app, &caller, state, booking_id).await?;
    follow(app, session, Some(booking_id), query.last_seen(last)).await
}

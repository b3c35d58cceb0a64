//! A ticket for a live stream, for browsers whose `EventSource` sends no header.

use axum::Json;
use axum::extract::State;
use commands::policy::MayAskForTicket;
use domain::ids::BookingId;
use domain::people::Role;
use identity::TokenRefusal;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base_path::BASE;
use crate::extract::body::{Fields, FromBody};
use crate::extract::read::id;
use crate::extract::request::AuthenticatedRequest;
use crate::problem::Problem;
use crate::representation::timestamp::shown;
use crate::routes::live::Watched;

/// Which stream the ticket is to open.
#[derive(Clone, Debug, ToSchema)]
#[schema(example = json!({}))]
pub struct StreamTicketBody {
    /// That of this booking, `GET /bookings/{id}/events`; without it your own, `GET /me/events`, or for admins the log,
    /// `GET /admin/events/live`.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub booking_id: Option<BookingId>,
}

impl FromBody for StreamTicketBody {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let booking_id = fields.optional("booking_id", id);
        Some(Self {
            booking_id: booking_id?,
        })
    }
}

/// A ticket, and where it is shown.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "ticket": "totk_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs",
    "expires_at": "2026-12-01T09:31:00Z",
    "url": "/api/v1/me/events?ticket=totk_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs"
}))]
pub struct StreamTicketView {
    /// The ticket. It opens the stream once.
    pub ticket: String,
    /// When it opens nothing any more.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
    /// The stream with the ticket, for `new EventSource(url)`.
    pub url: String,
}

/// Ask for a ticket of a live stream
///
/// For browsers, whose `EventSource` sends no access token: open the answer's `url` within a minute. A ticket opens one stream, once, and
/// ends with its session. To come back ask for a new one, and add `last_event_id`, the id of the last event seen.
#[utoipa::path(post, path = "/auth/stream-tickets", tag = "auth", security(("bearer" = [])), request_body = StreamTicketBody,
    responses((status = 200, description = "The ticket", body = StreamTicketView)))]
pub async fn stream_ticket(
    State(app): State<App>,
    AuthenticatedRequest { caller, body }: AuthenticatedRequest<MayAskForTicket, StreamTicketBody>,
) -> Result<Json<StreamTicketView>, Problem> {
    let stream = match (body.booking_id, caller.role()) {
        (Some(booking_id), _) => Watched::Booking(booking_id),
        (None, Role::Admin) => Watched::Everything,
        (None, Role::Patient | Role::Doctor | Role::Clinic | Role::Analyst) => Watched::Own,
    };
    let issued = app
        .people()
        .issue_stream_ticket(&caller.access, &stream.key(), app.now())
        .await?
        .ok_or(TokenRefusal::Revoked)?;
    let ticket = issued.ticket.expose();
    Ok(Json(StreamTicketView {
        ticket: ticket.to_owned(),
        expires_at: shown(issued.expires_at),
        url: format!("{BASE}{}?ticket={ticket}", stream.path()),
    }))
}

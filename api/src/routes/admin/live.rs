//! The whole log, as it grows.

use axum::extract::State;
use axum::response::Response;

use crate::app::App;
use crate::extract::caller::AsAdmin;
use crate::extract::conditions::LastEventId;
use crate::extract::session::Session;
use crate::problem::Problem;
use crate::routes::live::{Watched, follow};

/// Follow the log live
///
/// For admins: server-sent events for every fact. Each event's id is its position: `Last-Event-ID` continues without a
/// gap; without it the stream begins now. It ends with its access token, and within two seconds of its session. An
/// account has at most ten live streams; some places are left to admins when everybody else is refused.
#[utoipa::path(get, path = "/admin/events/live", tag = "admin", security(("bearer" = [])),
    params(("Last-Event-ID" = Option<i64>, Header, description = "The position of the last event seen")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
        example = "id: 42\nevent: BookingRequested\ndata: {\"position\":42,\"type\":\"BookingRequested\"}\n\n")))]
pub async fn live(
    State(app): State<App>,
    _caller: AsAdmin,
    session: Session,
    last: LastEventId,
) -> Result<Response, Problem> {
    follow(app, session, Watched::Everything, last).await
}

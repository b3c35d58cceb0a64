//! The log itself: page by page, as it grows, and one stream as of a moment.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use commands::policy::MayOperate;
use domain::any_event::known_types;
use event_store::Position;
use projections::Limit;
use utoipa::IntoParams;

use crate::app::App;
use crate::extract::head::{FromQuery, LastEventId, Parameters, QueryParams};
use crate::extract::request::Caller;
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::read_consistency;
use crate::representation::fact::{FactView, FactsView};
use crate::routes::bookings::history::AsOfQuery;
use crate::routes::live::{Session, Watched, follow};

/// Which facts.
#[derive(Clone, Copy, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FactsQuery {
    /// Facts behind this position; from the beginning if absent.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub after: Position,
    /// How many at most, 1 to 200; 50 if absent.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200)]
    pub limit: Limit,
}

impl FromQuery for FactsQuery {
    fn read(parameters: &mut Parameters<'_>) -> Option<Self> {
        let after = parameters.optional("after", |text| {
            let position = text.parse::<Position>().ok().filter(|position| *position >= 0);
            position.ok_or_else(|| FieldProblem::new("not_a_position", "must be a position, such as 42"))
        });
        let limit = parameters.limit();
        Some(Self {
            after: after?.unwrap_or(0),
            limit: limit?,
        })
    }
}

/// Read the log
///
/// For admins: every fact in the order of positions, complete and final.
#[utoipa::path(get, path = "/admin/events", tag = "admin", security(("bearer" = [])), params(FactsQuery),
    responses((status = 200, description = "A page of the log", body = FactsView)))]
pub async fn events(
    State(app): State<App>,
    QueryParams(question): QueryParams<FactsQuery>,
    _caller: Caller<MayOperate>,
) -> Result<Json<FactsView>, Problem> {
    read_consistency::require_known(&app, question.after).await?;
    let facts = app
        .log()
        .read_after(question.after, u32::from(question.limit.rows()))
        .await?;
    let last = facts.last().map(|fact| fact.position);
    let head = app.log().head().await?;
    let next = last.filter(|last| *last < head).map(|last| last.to_string());
    Ok(Json(FactsView {
        items: facts.into_iter().map(FactView::from).collect(),
        next,
        head,
    }))
}

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
    _caller: Caller<MayOperate>,
    session: Session,
    last: LastEventId,
) -> Result<Response, Problem> {
    follow(app, session, Watched::Everything, last).await
}

/// The longest stream id, in bytes; a doctor's day is the longest we make.
const STREAM_ID_BYTES_MAX: usize = 128;

/// Read a stream
///
/// For admins: the facts of one stream, as of a version or an instant if asked. Types are `booking`, `doctor_day`,
/// `payment` and `wallet`.
#[utoipa::path(get, path = "/admin/streams/{type}/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("type" = String, Path, description = "The kind of stream", example = "booking"),
        ("id" = String, Path, description = "The stream"),
        AsOfQuery,
    ),
    responses((status = 200, description = "The facts, oldest first", body = FactsView)))]
pub async fn stream(
    State(app): State<App>,
    Path((kind, id)): Path<(String, String)>,
    QueryParams(question): QueryParams<AsOfQuery>,
    _caller: Caller<MayOperate>,
) -> Result<Json<FactsView>, Problem> {
    let known = known_types().any(|(aggregate, ..)| aggregate == kind);
    if !known || id.len() > STREAM_ID_BYTES_MAX || id.contains('\0') {
        return Err(Problem::plain(Code::NotFound));
    }
    let facts = app.log().read_stream(&kind, &id, question.as_of).await?;
    if facts.is_empty() {
        return Err(Problem::plain(Code::NotFound));
    }
    let head = facts.last().map_or(0, |fact| fact.position);
    Ok(Json(FactsView {
        items: facts.into_iter().map(FactView::from).collect(),
        next: None,
        head,
    }))
}

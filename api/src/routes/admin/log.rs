//! The log itself: page by page, as it grows, and one stream as of a moment.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::Response;
use commands::policy::MayOperate;
use commands::processes::acting_names;
use domain::any_event::known_types;
use event_store::{FactFilter, Position};
use history::State as StreamState;
use jiff::Timestamp;
use projections::Limit;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::extract::head::{FromQuery, LastEventId, Parameters, QueryParams};
use crate::extract::read::{Parsed, not_an_id};
use crate::extract::request::Caller;
use crate::extract::watcher::{StreamQuery, Watcher};
use crate::problem::field_error::FieldProblem;
use crate::problem::{Code, Problem};
use crate::read_consistency;
use crate::representation::fact::{FactView, FactsView, StreamView};
use crate::routes::admin::history::not_then;
use crate::routes::bookings::history::AsOfQuery;
use crate::routes::live::{Watched, follow};

/// Which facts.
#[derive(Clone, Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FactsQuery {
    /// Facts behind this position; from the beginning if absent.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub after: Position,
    /// Only facts of this type.
    #[param(example = "BookingCancelled")]
    pub r#type: Option<String>,
    /// Only of this stream: its type, a slash and its id, as in `GET /admin/streams/{type}/{id}`.
    #[param(value_type = Option<String>, example = "booking/019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69")]
    pub stream: Option<(String, String)>,
    /// Only by this account, or this process by name.
    #[param(example = "settlement")]
    pub actor: Option<String>,
    /// Only what follows from this command, as `metadata.correlation_id` has it.
    pub correlation: Option<String>,
    /// Only what was recorded from this instant on.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Timestamp>,
    /// Only what was recorded before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    pub to: Option<Timestamp>,
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
        let event_type = parameters.optional("type", event_type_in);
        let stream = parameters.optional("stream", stream_in);
        let actor = parameters.optional("actor", actor_in);
        let correlation = parameters.optional("correlation", correlation_in);
        let span = parameters.span();
        let limit = parameters.limit();
        Some(Self {
            after: after?.unwrap_or(0),
            r#type: event_type?,
            stream: stream?,
            actor: actor?,
            correlation: correlation?,
            from: span?.0,
            to: span?.1,
            limit: limit?,
        })
    }
}

/// Who commands and answers: an account, or a process by name.
fn actor_in(text: &str) -> Parsed<String> {
    if let Ok(account) = text.parse::<Uuid>() {
        return Ok(account.to_string());
    }
    let known = acting_names().any(|name| name == text);
    known.then(|| text.to_owned()).ok_or_else(|| {
        let names = acting_names().collect::<Vec<_>>().join(", ");
        let wrong = format!("must be an account's id or the name of a process: {names}");
        FieldProblem::new("not_an_actor", wrong)
    })
}

/// A command's id, as facts have it.
fn correlation_in(text: &str) -> Parsed<String> {
    let command = text.parse::<Uuid>().map_err(|_| not_an_id())?;
    Ok(command.to_string())
}

/// A type of event that there is.
fn event_type_in(text: &str) -> Parsed<String> {
    let known = known_types().any(|(_, name, _)| name == text);
    let wrong = || FieldProblem::new("not_allowed", "must be a type of fact, such as BookingCancelled");
    known.then(|| text.to_owned()).ok_or_else(wrong)
}

/// A stream's type and id, with a slash between.
fn stream_in(text: &str) -> Parsed<(String, String)> {
    let wrong = || {
        FieldProblem::new(
            "not_a_stream",
            "must be a type, a slash and an id, such as wallet/…_000001",
        )
    };
    let (kind, id) = text.split_once('/').ok_or_else(wrong)?;
    if is_stream(kind, id) {
        Ok((kind.to_owned(), id.to_owned()))
    } else {
        Err(wrong())
    }
}

/// Whether a stream may be called so.
fn is_stream(kind: &str, id: &str) -> bool {
    let known = known_types().any(|(aggregate, ..)| aggregate == kind);
    known && !id.is_empty() && id.chars().count() <= STREAM_ID_CHARS_MAX && !id.contains(char::is_control)
}

/// Tells how streams are called.
fn no_such_stream() -> Problem {
    let mut kinds: Vec<&str> = known_types().map(|(aggregate, ..)| aggregate).collect();
    kinds.dedup();
    let kinds = kinds.join(", ");
    let ids = "<doctor>_2026-12-01 (doctor_day), <owner>_000001 (wallet), platform (price_list)";
    Problem::new(
        Code::NotFound,
        format!("streams are of {kinds}; ids are UUIDs, {ids}"),
    )
    .in_russian(format!("потоки бывают {kinds}; идентификаторы — UUID, {ids}"))
}

/// Read the log
///
/// For admins: facts in the order of positions, complete and final. A page looks at ten thousand facts at most, or five hundred commands
/// of an actor or a correlation: it may be short or empty and still have a `next`.
#[utoipa::path(get, path = "/admin/events", tag = "admin", security(("bearer" = [])), params(FactsQuery),
    responses((status = 200, description = "A page of the log", body = FactsView)))]
pub async fn events(
    State(app): State<App>,
    QueryParams(question): QueryParams<FactsQuery>,
    _caller: Caller<MayOperate>,
) -> Result<Json<FactsView>, Problem> {
    read_consistency::require_known(&app, question.after).await?;
    let limit = u32::from(question.limit.rows());
    let filter = filter_of(&app, question).await?;
    let page = app.log().find_facts(&filter, limit).await?;
    let head = app.log().head().await?;
    Ok(Json(FactsView {
        items: page.facts.into_iter().map(FactView::from).collect(),
        next: page.next.filter(|next| *next < head).map(|next| next.to_string()),
        head,
    }))
}

/// The question in the log's words: times become positions.
async fn filter_of(app: &App, question: FactsQuery) -> Result<FactFilter, Problem> {
    let mut after = question.after;
    if let Some(from) = question.from {
        after = after.max(app.log().position_at(from).await?.saturating_sub(1));
    }
    let before = match question.to {
        Some(to) => Some(app.log().position_at(to).await?),
        None => None,
    };
    Ok(FactFilter {
        event_type: question.r#type,
        stream: question.stream,
        actor: question.actor,
        correlation: question.correlation,
        after,
        before,
    })
}

/// Follow the log live
///
/// For admins: server-sent events for every fact. Each event's id is its position: `Last-Event-ID` continues without a
/// gap; without it the stream begins now. It ends with its access token, and within two seconds of its session.
#[utoipa::path(get, path = "/admin/events/live", tag = "admin", security(("bearer" = [])),
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The position of the last event seen")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
        example = "id: 42\nevent: BookingRequested\ndata: {\"position\":42,\"type\":\"BookingRequested\"}\n\n")))]
pub async fn live(
    State(app): State<App>,
    QueryParams(query): QueryParams<StreamQuery>,
    last: LastEventId,
    watcher: Watcher<MayOperate>,
) -> Result<Response, Problem> {
    let (_, session) = watcher.admit(&app, &query, &Watched::Everything).await?;
    follow(app, session, None, query.last_seen(last)).await
}

/// The longest stream id, in characters; a doctor's day is the longest we make.
pub const STREAM_ID_CHARS_MAX: usize = 128;

/// Read a stream
///
/// For admins: the facts of one stream and what they come to, as of a version, a position or an instant if asked.
///
/// The id of a `booking`, `payment`, `payout` or `account` is its own; a `doctor_day` is `019a8f0e-…_2026-12-01` (doctor, local date), a
/// `wallet` `019a8f0e-…_000001` (owner, statement period), the `price_list` `platform`.
///
/// `GET /admin/search` finds the streams of a booking, payment, payout or person.
#[utoipa::path(get, path = "/admin/streams/{type}/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("type" = String, Path, description = "The kind of stream", example = "booking"),
        ("id" = String, Path, description = "The stream"),
        AsOfQuery,
    ),
    responses((status = 200, description = "The facts, oldest first, and the state they come to", body = StreamView)))]
pub async fn stream(
    State(app): State<App>,
    Path((kind, id)): Path<(String, String)>,
    QueryParams(question): QueryParams<AsOfQuery>,
    _caller: Caller<MayOperate>,
) -> Result<Json<StreamView>, Problem> {
    if !is_stream(&kind, &id) {
        return Err(no_such_stream());
    }
    let facts = app.log().read_stream(&kind, &id, question.as_of).await?;
    if facts.is_empty() {
        return Err(not_then(&app, &kind, &id).await?);
    }
    let head = facts.last().map_or(0, |fact| fact.position);
    Ok(Json(StreamView {
        state: StreamState::after(&facts).map(|state| state.json()),
        items: facts.into_iter().map(FactView::from).collect(),
        next: None,
        head,
    }))
}

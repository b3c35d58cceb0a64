//! What happens to everything of one's own, as it happens: one stream for each person.

use std::collections::VecDeque;
use std::convert::Infallible;

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::{Event, Sse};
use commands::policy::MayFollow;
use domain::booking::status::BookingStatus;
use domain::people::Role;
use event_store::Position;
use futures::{Stream, stream};
use jiff::SignedDuration;
use projections::bookings::query::lists;
use projections::bookings::{BookingSummary, LineFilter};
use projections::{LIMIT_MAX, Limit, Model};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::extract::head::{LastEventId, QueryParams};
use crate::extract::request::Caller;
use crate::extract::watcher::{StreamQuery, Watcher};
use crate::feed::{Listener, LiveEvent, Lookup};
use crate::problem::Problem;
use crate::read_consistency::{self, ReadState};
use crate::representation::booking::BookingView;
use crate::routes::bookings::names;
use crate::routes::live::{ALIVE_EVERY, OpenStream, SESSION_EVERY, STREAM_LASTS, Session, Watched, answer};

/// Pages of bookings that a state holds at most, of two hundred each.
const PAGES_MAX: usize = 5;
/// A doctor's visit that was to begin longer ago, and was not ended, is an operator's matter and in no state.
const BEGAN_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The statuses of bookings that something is still to happen to.
const OPEN: [BookingStatus; 5] = [
    BookingStatus::Pending,
    BookingStatus::Assigned,
    BookingStatus::EnRoute,
    BookingStatus::Arrived,
    BookingStatus::InProgress,
];

/// Follow your own bookings live
///
/// For patients: all of their bookings; for doctors: the visits they have, and their days; for clinics: the bookings of their doctors.
/// Server-sent events, each with its position as `id`: `snapshot` (the state, in place of all that was told before), `booking`,
/// `booking_gone` (it is another's now), `day` (a doctor's own), `account` (a new bank account was named). The guide has their data.
///
/// Without `Last-Event-ID` the stream begins with a `snapshot`. With it what happened since is told, each fact once and in order, or, where
/// that is too long ago, a `snapshot`: never a gap. It ends with its access token, and within two seconds of its session; an account has
/// at most ten live streams.
#[utoipa::path(get, path = "/me/events", tag = "bookings", security(("bearer" = [])),
    params(StreamQuery, ("Last-Event-ID" = Option<i64>, Header, description = "The position of the last event seen")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
        example = "id: 42\nevent: booking\ndata: {\"position\":42,\"type\":\"BookingAssigned\",\"status\":\"assigned\"}\n\n")))]
pub async fn own_events(
    State(app): State<App>,
    QueryParams(query): QueryParams<StreamQuery>,
    last: LastEventId,
    watcher: Watcher<MayFollow>,
) -> Result<Response, Problem> {
    let (caller, session) = watcher.admit(&app, &query, &Watched::Own).await?;
    let place = app.places().take(caller.id(), caller.role())?;
    // Listening from before the state is read: what comes meanwhile is told behind it.
    let listener = app.listen(caller.id().uuid());
    app.feed().ready().await?;
    let reached = match query.last_seen(last) {
        Some(position) => {
            read_consistency::require_known(&app, position).await?;
            Some(position)
        }
        None => None,
    };
    let mut own = Own {
        after: reached.unwrap_or(0),
        app,
        caller,
        session,
        listener,
        waiting: VecDeque::new(),
        alive_at: Instant::now() + ALIVE_EVERY,
        ends_at: Instant::now() + STREAM_LASTS,
        _open: OpenStream::in_place(place),
    };
    let first = match reached {
        None => Some(own.snapshot(Reason::Connected).await?),
        Some(_) => match own.lookup() {
            Lookup::Forgotten => Some(own.snapshot(Reason::TooFarBehind).await?),
            Lookup::Events(..) | Lookup::Over => None,
        },
    };
    Ok(answer(Sse::new(events(own, first))))
}

/// Why the whole state is told.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The stream begins.
    Connected,
    /// What happened since the last event is no longer remembered here.
    TooFarBehind,
}

/// The state as it is told.
#[derive(Serialize)]
struct Snapshot {
    position: Position,
    reason: Reason,
    bookings: Vec<BookingView>,
    complete: bool,
}

/// One person's stream.
struct Own {
    app: App,
    caller: Caller<MayFollow>,
    session: Session,
    listener: Listener,
    /// All that happened up to here was told.
    after: Position,
    waiting: VecDeque<LiveEvent>,
    alive_at: Instant,
    ends_at: Instant,
    _open: OpenStream,
}

/// What a wait comes to.
enum Wake {
    /// There may be news.
    News,
    /// Nothing was told for a while.
    Silence,
    /// The stream is over.
    Over,
}

fn events(own: Own, first: Option<Event>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((own, first), |(mut own, first)| async move {
        let event = match first {
            Some(first) => Some(first),
            None => own.next().await,
        };
        own.alive_at = Instant::now() + ALIVE_EVERY;
        event.map(|event| (Ok(event), (own, None)))
    })
}

impl Own {
    /// The next event; nothing when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.session.stands(&self.app) {
                return None;
            }
            if let Some(told) = self.waiting.pop_front() {
                self.after = told.position;
                let event = Event::default().id(told.position.to_string());
                return Some(event.event(told.kind.as_str()).data(&*told.data));
            }
            match self.lookup() {
                Lookup::Events(told, reached) if told.is_empty() => self.after = reached.max(self.after),
                Lookup::Events(told, _) => {
                    self.waiting.extend(told);
                    continue;
                }
                // A client so slow that it was overtaken; should its state not be had, it comes again.
                Lookup::Forgotten => return self.snapshot(Reason::TooFarBehind).await.ok(),
                Lookup::Over => return None,
            }
            match self.wait().await {
                Wake::News => {}
                Wake::Silence => return Some(Event::default().id(self.after.to_string())),
                Wake::Over => return None,
            }
        }
    }

    fn lookup(&self) -> Lookup {
        self.app.feed().lookup(self.caller.id(), self.after)
    }

    async fn wait(&self) -> Wake {
        let stopping = self.app.stopping();
        while self.session.stands(&self.app) {
            let session_at = Instant::now() + SESSION_EVERY;
            tokio::select! {
                () = stopping.cancelled() => return Wake::Over,
                () = sleep_until(self.ends_at) => return Wake::Over,
                () = self.listener.notified() => return Wake::News,
                () = sleep_until(self.alive_at) => return Wake::Silence,
                () = sleep_until(session_at) => {}
            }
        }
        Wake::Over
    }

    /// The present state. All that had happened when it was asked for is in it; some of what happens meanwhile may be, too, and is told
    /// behind it all the same.
    async fn snapshot(&mut self, reason: Reason) -> Result<Event, Problem> {
        let (position, state) = read_consistency::wait_for_all(&self.app, Model::Bookings).await?;
        let (lines, complete) = open_bookings(&self.app, &self.caller).await?;
        let bookings = shown(&self.app, &self.caller, lines, state).await?;
        metrics::counter!("tot_live_snapshots_total").increment(1);
        self.after = position;
        let snapshot = Snapshot {
            position,
            reason,
            bookings,
            complete,
        };
        // Ids, words and numbers always serialise.
        let data = serde_json::to_string(&snapshot).unwrap_or_default();
        Ok(Event::default()
            .id(position.to_string())
            .event("snapshot")
            .data(data))
    }
}

/// The caller's bookings that have not ended, and whether that is all of them.
async fn open_bookings(
    app: &App,
    caller: &Caller<MayFollow>,
) -> Result<(Vec<BookingSummary>, bool), Problem> {
    let pool = &app.models().pool;
    let limit = Limit::new(LIMIT_MAX).unwrap_or_default();
    let filter = LineFilter {
        statuses: OPEN.to_vec(),
        from: match caller.role() {
            Role::Doctor => app.now().checked_sub(BEGAN_WITHIN).ok(),
            Role::Patient | Role::Clinic | Role::Admin | Role::Analyst => None,
        },
        ..LineFilter::default()
    };
    let (mut lines, mut cursor) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let filter = filter.clone();
        let page = match caller.role() {
            Role::Patient => lists::for_patient(pool, caller.patient_id(), filter, cursor, limit).await?,
            Role::Doctor => lists::for_doctor(pool, caller.doctor_id(), filter, cursor, limit).await?,
            Role::Clinic => lists::for_staff(pool, Some(caller.clinic_id()), filter, cursor, limit).await?,
            Role::Admin | Role::Analyst => return Ok((Vec::new(), true)),
        };
        lines.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok((lines, true));
        }
    }
    Ok((lines, false))
}

/// As lists show them.
async fn shown(
    app: &App,
    caller: &Caller<MayFollow>,
    lines: Vec<BookingSummary>,
    state: ReadState,
) -> Result<Vec<BookingView>, Problem> {
    let names = names::in_bookings(app, caller, &lines, Some(state)).await?;
    let view = |line: &BookingSummary| {
        BookingView::of_line(line)
            .with_doctor(names.doctor(line))
            .with_patient(names.patient(line))
    };
    Ok(lines.iter().map(view).collect())
}

//! Live streams: the log in position order as server-sent events, to whoever may still see it; a reconnect misses
//! nothing. What everybody's own stream has in common with them stands here, too: who opens one, and when it ends.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use commands::{CommandMetadata, bookings};
use domain::ids::BookingId;
use event_store::{Fact, LogError, Position, shard_of};
use futures::{Stream, stream};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use identity::{Access, Principal};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::App;
use crate::extract::bearer::bearer;
use crate::feed::Listener;
use crate::places::Place;
use crate::problem::Problem;
use crate::read_consistency;

/// Facts read at once.
const BATCH: u32 = 200;
/// How long a stream lasts: as long as an access token.
pub const STREAM_LASTS: Duration = Duration::from_secs(15 * 60);
/// How often the log is looked at though nobody said it grew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the facts of a booking are looked at though the feed said nothing of them.
const LOOK_EVERY_AT_A_BOOKING: Duration = Duration::from_secs(5);
/// How often the watcher's session is looked at. With the second in which a process learns what others ended, a stream
/// ends within two seconds of its session.
pub const SESSION_EVERY: Duration = Duration::from_millis(500);
/// How long facts that wait for a slow reader may be shown on the same look at whose booking it is.
const RELATION_HOLDS: Duration = Duration::from_secs(1);
/// How long that look may take before the stream ends instead.
const RELATION_WITHIN: Duration = Duration::from_secs(1);
/// How often a silent stream says that it lives.
pub const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a stream shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The whole log.
    Everything,
    /// The facts of a booking and its payments.
    Booking(BookingId),
    /// What concerns the watcher.
    Own,
}

impl Watched {
    /// What tickets for it are kept under.
    pub fn key(&self) -> String {
        match self {
            Self::Everything => "log".to_owned(),
            Self::Booking(id) => format!("booking:{id}"),
            Self::Own => "me".to_owned(),
        }
    }

    /// Where it is served, below the base path.
    pub fn path(&self) -> String {
        match self {
            Self::Everything => "/admin/events/live".to_owned(),
            Self::Booking(id) => format!("/bookings/{id}/events"),
            Self::Own => "/me/events".to_owned(),
        }
    }
}

/// What an event tells: that something happened, and where to look.
#[derive(Serialize)]
struct Signal<'a> {
    position: Position,
    r#type: &'a str,
    stream_type: &'a str,
    stream_id: &'a str,
    version: i64,
    recorded_at: jiff::Timestamp,
}

/// The session behind a request, for answers that go on after the moment it was checked in.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// Who it is.
    pub principal: Principal,
    access: Access,
}

impl Session {
    /// Whether a request with its token would be let in now: it has not expired, and the session has not ended.
    /// Costs no look at the database.
    pub fn stands(&self, app: &App) -> bool {
        app.people().standing(&self.access, app.now()).is_ok()
    }
}

impl From<Access> for Session {
    fn from(access: Access) -> Self {
        Self {
            principal: access.principal,
            access,
        }
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(app.people().access(bearer(parts)?, app.now())?.into())
    }
}

/// A stream that is open, in a place of its account.
pub struct OpenStream {
    _place: Place,
}

impl OpenStream {
    /// In this place, until it is dropped.
    pub fn in_place(place: Place) -> Self {
        metrics::gauge!("tot_live_streams").increment(1.0);
        Self { _place: place }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        metrics::gauge!("tot_live_streams").decrement(1.0);
    }
}

/// Tells nginx, and what understands it, to pass events on as they come.
const NO_BUFFERING: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

/// An answer of these events, that no proxy should hold back.
pub fn answer<S>(events: Sse<S>) -> Response
where
    Sse<S>: IntoResponse,
{
    ([NO_BUFFERING], events).into_response()
}

/// The facts of the whole log or of a booking from behind the last event the client saw, or from now on; for as long as the session
/// stands and the booking is the caller's.
///
/// # Errors
/// `unknown_position`; `too_many_streams` and `unavailable` when there is no place.
pub async fn follow(
    app: App,
    session: Session,
    booking: Option<BookingId>,
    last: Option<Position>,
) -> Result<Response, Problem> {
    let place = app
        .places()
        .take(session.principal.account_id, session.principal.role)?;
    let after = match last {
        Some(position) => {
            read_consistency::require_known(&app, position).await?;
            position
        }
        None => app.log().head().await?,
    };
    let tail = Tail {
        appends: app.log().subscribe_appends(),
        listener: booking.map(|booking| app.listen(booking.uuid())),
        app,
        session,
        booking,
        after,
        waiting: VecDeque::new(),
        theirs_until: None,
        ends_at: Instant::now() + STREAM_LASTS,
        _open: OpenStream::in_place(place),
    };
    Ok(answer(
        Sse::new(events(tail)).keep_alive(KeepAlive::new().interval(ALIVE_EVERY)),
    ))
}

struct Tail {
    app: App,
    session: Session,
    appends: watch::Receiver<Position>,
    /// Notified when something happens to the booking.
    listener: Option<Listener>,
    /// The booking whose facts are shown; the whole log without one.
    booking: Option<BookingId>,
    after: Position,
    waiting: VecDeque<Fact>,
    /// Until when what waits may be shown without another look at whose it is.
    theirs_until: Option<Instant>,
    ends_at: Instant,
    _open: OpenStream,
}

fn events(tail: Tail) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(tail, |mut tail| async move {
        loop {
            if !tail.session.stands(&tail.app) {
                return None;
            }
            if !tail.waiting.is_empty() {
                if !tail.is_theirs().await {
                    return None;
                }
                let fact = tail.waiting.pop_front()?;
                return event_of(&fact).map(|event| (Ok(event), tail));
            }
            // Marked as seen before reading, so that what comes meanwhile wakes us again.
            tail.appends.borrow_and_update();
            match tail.read().await {
                Ok(true) => {}
                Ok(false) => {
                    if !tail.wait().await {
                        return None;
                    }
                }
                // The client reconnects with the last id it saw.
                Err(_) => return None,
            }
        }
    })
}

impl Tail {
    /// Reads on; whether there was anything to read.
    async fn read(&mut self) -> Result<bool, LogError> {
        let log = self.app.log();
        let (facts, key) = match &self.booking {
            None => (log.read_after(self.after, BATCH).await?, None),
            Some(id) => {
                let key = id.to_string();
                let facts = log.read_shard_after(shard_of(&key), self.after, BATCH).await?;
                (facts, Some(key))
            }
        };
        let Some(last) = facts.last() else {
            return Ok(false);
        };
        self.after = last.position;
        self.theirs_until = None;
        self.waiting.extend(
            facts
                .into_iter()
                .filter(|fact| key.as_ref().is_none_or(|key| fact.partition_key == *key)),
        );
        Ok(true)
    }

    /// Whether what waits may be shown. Only a booking's facts change whose it is, so it is asked when some have come,
    /// and of the log: a read model may be behind the very fact that took the booking away.
    async fn is_theirs(&mut self) -> bool {
        let Some(booking_id) = self.booking else {
            return true;
        };
        if self.theirs_until.is_some_and(|until| Instant::now() < until) {
            return true;
        }
        let caller = &self.session.principal;
        let metadata =
            CommandMetadata::from_account(caller.account_id, caller.role, String::new(), String::new());
        let looked = bookings::concerns(self.app.services(), &metadata, booking_id);
        let theirs = matches!(timeout(RELATION_WITHIN, looked).await, Ok(Ok(())));
        self.theirs_until = theirs.then(|| Instant::now() + RELATION_HOLDS);
        theirs
    }

    /// Waits for the log to grow, or for something to happen to the booking; `false` when the stream is over.
    async fn wait(&mut self) -> bool {
        let stopping = self.app.stopping();
        let look_every = match self.listener {
            Some(_) => LOOK_EVERY_AT_A_BOOKING,
            None => LOOK_EVERY,
        };
        let look_at = Instant::now() + look_every;
        while self.session.stands(&self.app) {
            let session_at = Instant::now() + SESSION_EVERY;
            let grown = async {
                match &self.listener {
                    Some(listener) => {
                        listener.notified().await;
                        true
                    }
                    None => self.appends.changed().await.is_ok(),
                }
            };
            tokio::select! {
                () = stopping.cancelled() => return false,
                () = sleep_until(self.ends_at) => return false,
                grown = grown => return grown,
                () = sleep_until(look_at) => return true,
                () = sleep_until(session_at) => {}
            }
        }
        false
    }
}

fn event_of(fact: &Fact) -> Option<Event> {
    let signal = Signal {
        position: fact.position,
        r#type: &fact.event_type,
        stream_type: &fact.aggregate_type,
        stream_id: &fact.aggregate_id,
        version: fact.sequence,
        recorded_at: fact.recorded_at,
    };
    let data = serde_json::to_string(&signal).ok()?;
    Some(
        Event::default()
            .id(fact.position.to_string())
            .event(&fact.event_type)
            .data(data),
    )
}

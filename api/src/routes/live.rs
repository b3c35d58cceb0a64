//! Live streams: the log in position order as server-sent events, to whoever may still see it; a reconnect misses
//! nothing.

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
use identity::Principal;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use crate::app::App;
use crate::extract::head::LastEventId;
use crate::extract::request::bearer;
use crate::places::Place;
use crate::problem::Problem;
use crate::read_consistency;

/// Facts read at once.
const BATCH: u32 = 200;
/// How long a stream lasts: as long as an access token.
const STREAM_LASTS: Duration = Duration::from_secs(15 * 60);
/// How often the log is looked at though nobody said it grew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the watcher's session is looked at. With the second in which a process learns what others ended, a stream
/// ends within two seconds of its session.
const SESSION_EVERY: Duration = Duration::from_millis(500);
/// How long facts that wait for a slow reader may be shown on the same look at whose booking it is.
const RELATION_HOLDS: Duration = Duration::from_secs(1);
/// How long that look may take before the stream ends instead.
const RELATION_WITHIN: Duration = Duration::from_secs(1);
/// How often a silent stream says that it lives.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a stream shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The whole log.
    Everything,
    /// The facts of a booking and its payments.
    Booking(BookingId),
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
#[derive(Debug)]
pub struct Session {
    /// Who it is, from the token.
    pub principal: Principal,
    token: SecretString,
}

impl Session {
    /// Whether a request with this token would be let in now: it has not expired, and the session has not ended.
    /// Costs no look at the database.
    pub fn stands(&self, app: &App) -> bool {
        app.people().verify(self.token.expose_secret(), app.now()).is_ok()
    }
}

impl FromRequestParts<App> for Session {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts)?;
        Ok(Self {
            principal: app.people().verify(token, app.now())?,
            token: SecretString::from(token),
        })
    }
}

/// The facts of `watched` from behind the last event the client saw, or from now on; for as long as the session stands
/// and the booking is the caller's.
///
/// # Errors
/// `unknown_position`; `too_many_streams` and `unavailable` when there is no place.
pub async fn follow(
    app: App,
    session: Session,
    watched: Watched,
    LastEventId(last): LastEventId,
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
        app,
        session,
        watched,
        after,
        waiting: VecDeque::new(),
        theirs_until: None,
        ends_at: Instant::now() + STREAM_LASTS,
        _place: place,
    };
    Ok(Sse::new(events(tail))
        .keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
        .into_response())
}

struct Tail {
    app: App,
    session: Session,
    appends: watch::Receiver<Position>,
    watched: Watched,
    after: Position,
    waiting: VecDeque<Fact>,
    /// Until when what waits may be shown without another look at whose it is.
    theirs_until: Option<Instant>,
    ends_at: Instant,
    _place: Place,
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
        let (facts, key) = match &self.watched {
            Watched::Everything => (log.read_after(self.after, BATCH).await?, None),
            Watched::Booking(id) => {
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
        let Watched::Booking(booking_id) = self.watched else {
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

    /// Waits for the log to grow; `false` when the stream is over.
    async fn wait(&mut self) -> bool {
        let stopping = self.app.stopping();
        let look_at = Instant::now() + LOOK_EVERY;
        while self.session.stands(&self.app) {
            let session_at = Instant::now() + SESSION_EVERY;
            tokio::select! {
                () = stopping.cancelled() => return false,
                () = sleep_until(self.ends_at) => return false,
                changed = self.appends.changed() => return changed.is_ok(),
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

//! Live streams: the log in position order as server-sent events; a reconnect misses nothing.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use event_store::{EventLog, Fact, LogFault, Position, shard_of};
use futures::{Stream, stream};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::extract::conditions::LastEventId;
use crate::fresh;
use crate::problem::Problem;
use crate::problem::code::Code;

/// Facts read at once.
const BATCH: u32 = 200;
/// How long a stream lasts: as long as an access token.
const STREAM_LASTS: Duration = Duration::from_secs(15 * 60);
/// How often the log is looked at though nobody said it grew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a silent stream says that it lives.
const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// What a stream shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The whole log.
    Everything,
    /// The facts of one partition key: a booking with its payments.
    Key(String),
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

/// The facts of `watched` from behind the last event the client saw, or from now on.
///
/// # Errors
/// `unknown_position`; `busy` when too many streams are open.
pub async fn follow(
    app: &App,
    watched: Watched,
    LastEventId(last): LastEventId,
) -> Result<Response, Problem> {
    let permit = app
        .live()
        .try_acquire_owned()
        .map_err(|_| Problem::plain(Code::Busy))?;
    let after = match last {
        Some(position) => {
            fresh::known(app, position).await?;
            position
        }
        None => app.log().head().await?,
    };
    let tail = Tail {
        log: app.log().clone(),
        appends: app.log().subscribe_appends(),
        watched,
        after,
        waiting: VecDeque::new(),
        ends_at: Instant::now() + STREAM_LASTS,
        stopping: app.stopping(),
        _permit: permit,
    };
    Ok(Sse::new(events(tail))
        .keep_alive(KeepAlive::new().interval(ALIVE_EVERY))
        .into_response())
}

struct Tail {
    log: EventLog,
    appends: watch::Receiver<Position>,
    watched: Watched,
    after: Position,
    waiting: VecDeque<Fact>,
    ends_at: Instant,
    stopping: CancellationToken,
    _permit: OwnedSemaphorePermit,
}

fn events(tail: Tail) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(tail, |mut tail| async move {
        loop {
            if let Some(fact) = tail.waiting.pop_front() {
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
    async fn read(&mut self) -> Result<bool, LogFault> {
        let facts = match &self.watched {
            Watched::Everything => self.log.read_after(self.after, BATCH).await?,
            Watched::Key(key) => {
                self.log
                    .read_shard_after(shard_of(key), self.after, BATCH)
                    .await?
            }
        };
        let Some(last) = facts.last() else {
            return Ok(false);
        };
        self.after = last.position;
        let watched = &self.watched;
        self.waiting
            .extend(facts.into_iter().filter(|fact| match watched {
                Watched::Everything => true,
                Watched::Key(key) => fact.partition_key == *key,
            }));
        Ok(true)
    }

    /// Waits for the log to grow; `false` when the stream's time is over.
    async fn wait(&mut self) -> bool {
        tokio::select! {
            () = self.stopping.cancelled() => false,
            () = tokio::time::sleep_until(self.ends_at) => false,
            changed = self.appends.changed() => changed.is_ok(),
            () = tokio::time::sleep(LOOK_EVERY) => true,
        }
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

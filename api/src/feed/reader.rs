//! The one reader of the log behind all live streams of a process; it rests while nobody watches.

use std::time::Duration;

use event_store::{EventLog, Fact, LogError, Position};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::bookings::{BOOKING, KnownBookings, Unreadable, booking_of};
use super::{Feed, State};

/// Facts read at once.
const BATCH: u32 = 500;
/// So many facts before the end of the log it begins, that whoever was cut off by a restart of this process finds what they missed.
const BEGINS_BEFORE_END: Position = 4_096;
/// How often the log is read at most: what comes within is read at once.
const READ_EVERY: Duration = Duration::from_millis(5);
/// How often the log is looked at though nobody said it grew, and while it cannot be read.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Reads until `stop`.
pub(super) async fn run(feed: Feed, log: EventLog, stop: CancellationToken) {
    let over = Over(feed.clone());
    let mut reader = Reader {
        feed,
        log,
        known: KnownBookings::default(),
        position: None,
    };
    let reading = async {
        loop {
            reader.feed.0.listeners.joined().await;
            reader.follow().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = reading => {}
    }
    drop(over);
}

/// Tells, however the reader ends, that nothing more will be told.
struct Over(Feed);

impl Drop for Over {
    fn drop(&mut self) {
        if *self.0.0.state.borrow() != State::NeedsNewerCode {
            self.0.enter(State::Over);
        }
    }
}

struct Reader {
    feed: Feed,
    log: EventLog,
    known: KnownBookings,
    /// How far it has read; nowhere yet before the first time.
    position: Option<Position>,
}

/// Why the reader stops for good, or tries again.
enum Trouble {
    Log(LogError),
    Unreadable,
}

impl Reader {
    /// Follows the log as long as anybody listens; a log that cannot be read is tried again.
    async fn follow(&mut self) {
        while !self.feed.0.listeners.is_empty() {
            match self.follow_on().await {
                Ok(()) => {}
                Err(Trouble::Unreadable) => {
                    tracing::error!("Live streams end: the log holds facts of newer code");
                    self.feed.enter(State::NeedsNewerCode);
                    std::future::pending::<()>().await;
                }
                Err(Trouble::Log(error)) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "Live streams wait for the log"
                    );
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
            if self.log.is_another_log() {
                self.feed.enter(State::Over);
                std::future::pending::<()>().await;
            }
        }
        self.feed.enter(State::Behind);
    }

    async fn follow_on(&mut self) -> Result<(), Trouble> {
        let mut appends = self.log.subscribe_appends();
        let head = self.log.head().await.map_err(Trouble::Log)?;
        let mut position = self.begin(head);
        while !self.feed.0.listeners.is_empty() {
            if position >= head {
                self.feed.enter(State::Following);
            }
            // Marked as seen before reading, so that what comes meanwhile wakes us again.
            appends.borrow_and_update();
            let next = Instant::now() + READ_EVERY;
            let facts = self.log.read_after(position, BATCH).await.map_err(Trouble::Log)?;
            if facts.is_empty() {
                let look_at = Instant::now() + LOOK_EVERY;
                tokio::select! {
                    changed = appends.changed() => if changed.is_err() { return Ok(()) },
                    () = sleep_until(look_at) => {}
                }
                sleep_until(next).await;
            } else {
                position = self.take(&facts).await?;
                self.position = Some(position);
            }
            if self.log.is_another_log() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Where it goes on: where it was, unless it was never anywhere or has missed too much.
    fn begin(&mut self, head: Position) -> Position {
        let going_on = self
            .position
            .filter(|position| head - position <= BEGINS_BEFORE_END);
        let position = going_on.unwrap_or_else(|| {
            let position = (head - BEGINS_BEFORE_END).max(0);
            self.known = KnownBookings::default();
            self.feed.begin_behind(position);
            position
        });
        self.position = Some(position);
        position
    }

    /// Works out what these facts change and for whom; answers how far they go.
    async fn take(&mut self, facts: &[Fact]) -> Result<Position, Trouble> {
        let (Some(first), Some(last)) = (facts.first(), facts.last()) else {
            return Ok(self.position.unwrap_or(0));
        };
        let missing: Vec<String> = self
            .known
            .missing(facts)
            .iter()
            .map(ToString::to_string)
            .collect();
        if !missing.is_empty() {
            let earlier = self
                .log
                .read_streams(BOOKING, &missing, first.position - 1)
                .await
                .map_err(Trouble::Log)?;
            self.known.learn(&earlier)?;
        }
        let mut changes = Vec::new();
        for fact in facts {
            changes.extend(self.known.apply(fact)?);
        }
        let bookings = facts
            .iter()
            .filter_map(|fact| booking_of(fact))
            .map(|id| id.uuid());
        self.feed.publish(
            last.position,
            changes,
            bookings.collect::<Vec<Uuid>>().into_iter(),
        );
        Ok(last.position)
    }
}

impl From<Unreadable> for Trouble {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

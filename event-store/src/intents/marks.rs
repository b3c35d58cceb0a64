//! Where in each lane claims begin to look: at the earliest intent that is open, not at the beginning. What was closed before it may
//! have to be kept for whoever holds an old snapshot, and every claim would walk over it.
//!
//! A mark only says where to look first. What comes to stand before it all the same, because its transaction took long, is found by
//! looks that begin further back, and once a minute at the beginning; the mark then waits for it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// So many intents are claimed on one mark; then it is moved.
const CLAIMED_MAX: usize = 256;
/// How far before now a claim looks at least: an intent is put in and committed within that time, as a rule.
pub(super) const MARGIN: Duration = Duration::from_secs(2);
/// How far before now the looks of [`Marks::keep`] begin, and how often there is one while intents are claimed.
const FAR_MARGIN: Duration = Duration::from_secs(60);
const FAR_EVERY: Duration = Duration::from_secs(5);
/// How often one begins at the beginning; not as often where it takes long.
const WHOLE_EVERY: Duration = Duration::from_secs(60);
/// At most this part of the time is spent on them.
const WHOLE_PART: u32 = 20;

/// Before everything, as Postgres writes it.
const BEGINNING: &str = "-infinity";

/// The marks of one worker. It begins without any, and then looks everywhere.
#[derive(Debug, Default)]
pub struct Marks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Lane → the instant as Postgres writes it.
    of_lane: HashMap<&'static str, String>,
    /// How many were claimed since the marks were moved, and since the last look.
    claimed: usize,
    claimed_since_look: usize,
    looks: u64,
}

impl Marks {
    /// Looks further back than claims do, again and again until stopped.
    pub async fn keep(&self, pool: &PgPool, stop: &CancellationToken) {
        let mut whole_at = Instant::now() + WHOLE_EVERY;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(FAR_EVERY) => {}
            }
            let begun = Instant::now();
            let whole = begun >= whole_at;
            if !whole && std::mem::take(&mut self.state().claimed_since_look) == 0 {
                continue;
            }
            if let Err(error) = self.look(pool, whole).await {
                tracing::warn!(error = %error, "where the earliest open intents stand cannot be told");
            }
            if whole {
                whole_at = Instant::now() + WHOLE_EVERY.max(begun.elapsed() * WHOLE_PART);
            }
        }
    }

    /// Moves each lane's mark to its earliest open intent, looked for from a minute ago on, or from the beginning.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn look(&self, pool: &PgPool, whole: bool) -> Result<(), sqlx::Error> {
        let (lanes, mut from) = self.all();
        if whole {
            from.fill(BEGINNING.to_owned());
        }
        let found = earliest(pool, &lanes, &from, FAR_MARGIN).await?;
        let mut state = self.state();
        state.looks += 1;
        state.of_lane.extend(lanes.into_iter().zip(found));
        Ok(())
    }

    /// Counts what was claimed in these lanes, and moves their marks when it was much.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub(super) async fn claimed(
        &self,
        pool: &PgPool,
        lanes: &[&'static str],
        claimed: usize,
    ) -> Result<(), sqlx::Error> {
        let looks = {
            let mut state = self.state();
            state.claimed += claimed;
            state.claimed_since_look += claimed;
            if state.claimed < CLAIMED_MAX {
                return Ok(());
            }
            state.claimed = 0;
            state.looks
        };
        let found = earliest(pool, lanes, &self.of(lanes), Duration::ZERO).await?;
        let mut state = self.state();
        // A look that ended meanwhile may know of something earlier.
        if state.looks == looks {
            state.of_lane.extend(lanes.iter().copied().zip(found));
        }
        Ok(())
    }

    /// The marks of these lanes.
    pub(super) fn of(&self, lanes: &[&'static str]) -> Vec<String> {
        let mut state = self.state();
        let mark = |lane| {
            state
                .of_lane
                .entry(lane)
                .or_insert_with(|| BEGINNING.to_owned())
                .clone()
        };
        lanes.iter().copied().map(mark).collect()
    }

    fn all(&self) -> (Vec<&'static str>, Vec<String>) {
        let state = self.state();
        state
            .of_lane
            .iter()
            .map(|(lane, mark)| (*lane, mark.clone()))
            .unzip()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Since when the earliest open intent of each lane has been ready.
async fn earliest(
    pool: &PgPool,
    lanes: &[&'static str],
    from: &[String],
    margin: Duration,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("select marks_of_intents($1, $2::timestamptz[], $3)::text[]")
        .bind(lanes)
        .bind(from)
        .bind(milliseconds(margin))
        .fetch_one(pool)
        .await
}

/// A span as the functions of the queue take it.
pub(super) fn milliseconds(span: Duration) -> i32 {
    i32::try_from(span.as_millis()).unwrap_or(i32::MAX)
}

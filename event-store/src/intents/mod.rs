//! The durable queue of intents: what processes want done, each carried out once, in order within its partition key.

mod closed;
mod marks;
mod operate;
mod queue;
mod related;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::value::RawValue;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use crate::Position;

pub use closed::{ClosedOptions, keep_closed, prune, sweep, unblock_freed};
pub use marks::Marks;
pub use operate::{Counts, IntentFilter, counts, find, give_up, list, retry};
pub use queue::{
    Claim, Ended, LaneClaim, Wait, claim, close, extend, fail, insert, move_to_lane, put_back, wait_for_work,
};
pub use related::{RelatedIntents, related};

/// Named limits of the queue.
#[derive(Clone, Debug)]
pub struct IntentOptions {
    /// How long a claim lasts; whoever has not closed it by then has lost it.
    pub lease: Duration,
    /// How many times an intent is tried before it is poisoned, and its key with it.
    pub tries_max: i32,
    /// The wait after the first failure; it doubles each time.
    pub backoff: Duration,
    /// The longest wait between two tries.
    pub backoff_max: Duration,
    /// The longest wait of one that was put back without a try.
    pub wait_max: Duration,
    /// How often a worker looks by itself.
    pub poll: Duration,
    /// How often after [`IntentOptions::idle_after`] without anything to do.
    pub idle_poll: Duration,
    /// After how long without anything to do a worker looks more rarely.
    pub idle_after: Duration,
}

impl Default for IntentOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            tries_max: 10,
            backoff: Duration::from_millis(100),
            backoff_max: Duration::from_secs(60),
            wait_max: Duration::from_secs(15),
            poll: Duration::from_millis(100),
            idle_poll: Duration::from_secs(1),
            idle_after: Duration::from_secs(5),
        }
    }
}

/// An intent, as a process makes it.
#[derive(Clone, Debug)]
pub struct NewIntent {
    /// [`NewIntent::id_of`]: also the id of the command it becomes.
    pub id: Uuid,
    /// Which process wants it.
    pub process: &'static str,
    /// What it waits for; each lane has places of its own.
    pub lane: &'static str,
    /// One at a time per key, in order.
    pub partition_key: String,
    /// Its number among those of the same process and fact.
    pub ordinal: i32,
    /// What is to be done.
    pub body: Box<RawValue>,
    /// Not before this instant of database time.
    pub due_at: Timestamp,
    /// The fact that led to it.
    pub caused_by: Position,
}

impl NewIntent {
    /// The id of the `ordinal`-th intent of this process for the fact at this position: the same for ever.
    pub fn id_of(process: &str, position: Position, ordinal: i32) -> Uuid {
        /// The namespace of intent ids; never changes.
        const NAMESPACE: Uuid = Uuid::from_u128(0x7a1c_5b1e_9d3f_4e55_8f0a_6c2d_4b7e_9013);
        Uuid::new_v5(&NAMESPACE, format!("{process}/{position}/{ordinal}").as_bytes())
    }
}

/// How an intent stands.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentState {
    /// To be done when due.
    Open,
    Done,
    /// Refused by a rule; the refusal is a fact.
    Refused,
    /// Failed too often: it stops its key until somebody retries it or gives it up.
    Poisoned,
    /// Given up by somebody; that is a fact too.
    GivenUp,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Done,
        Self::Refused,
        Self::Poisoned,
        Self::GivenUp,
    ];

    /// Its stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Poisoned => "poisoned",
            Self::GivenUp => "given_up",
        }
    }

    /// What still waits: for its time, or for somebody to mend it.
    pub const WAITING: [Self; 2] = [Self::Open, Self::Poisoned];
    /// The words that [`Self::named`] knows.
    pub const NAMES: &str = "waiting, all, open, done, refused, poisoned, given_up";

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The states of that name: one, or `waiting`, or `all`.
    pub fn named(text: &str) -> Option<Vec<Self>> {
        match text {
            "waiting" => Some(Self::WAITING.to_vec()),
            "all" => Some(Self::ALL.to_vec()),
            one => Self::parse(one).map(|state| vec![state]),
        }
    }
}

/// An intent in the queue.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug)]
pub struct QueuedIntent {
    /// Its id, and that of its command.
    pub id: Uuid,
    /// Which process of the rule book stated it.
    pub process: String,
    /// What it waits for.
    pub lane: String,
    pub partition_key: String,
    /// Its number among those of the same process and fact.
    pub ordinal: i32,
    /// The fact that led to it.
    pub caused_by: Position,
    /// What is to be done.
    pub body: serde_json::Value,
    /// Not before this instant of database time.
    pub due_at: Timestamp,
    pub state: IntentState,
    /// How many times it was tried.
    pub attempts: i32,
    /// How often in a row it was put back without a try.
    pub waits: i32,
    /// What it was put back for.
    pub waits_for: Option<String>,
    /// What the last try met, without personal data.
    pub last_error: Option<String>,
    /// How it ended, e.g. a refusal's code.
    pub outcome: Option<String>,
    /// Which claim this is: a later one takes it away.
    pub claim: i64,
}

impl QueuedIntent {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let state: &str = row.try_get("state")?;
        let unknown = || sqlx::Error::Decode(format!("an intent cannot be {state}").into());
        Ok(Self {
            id: row.try_get("id")?,
            process: row.try_get("process")?,
            lane: row.try_get("lane")?,
            partition_key: row.try_get("partition_key")?,
            ordinal: row.try_get("ordinal")?,
            caused_by: row.try_get("caused_by")?,
            body: row.try_get("body")?,
            due_at: row.try_get::<jiff_sqlx::Timestamp, _>("due_at")?.to_jiff(),
            state: IntentState::parse(state).ok_or_else(unknown)?,
            attempts: row.try_get("attempts")?,
            waits: row.try_get("waits")?,
            waits_for: row.try_get("waits_for")?,
            last_error: row.try_get("last_error")?,
            outcome: row.try_get("outcome")?,
            claim: row.try_get("claim")?,
        })
    }
}

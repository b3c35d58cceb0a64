//! The log's heartbeat in a process: asks the database, a few times a second, for the time, the head and whether it is
//! still the same log.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use sqlx::{PgPool, Row};
use tokio::time::timeout;
use uuid::Uuid;

use crate::Position;
use crate::clock::ClockSample;
use crate::error::LogError;
use crate::identity::LogIdentity;
use crate::log::EventLog;
use crate::outage::Outage;

/// One beat: everything in one round trip.
const HEARTBEAT: &str = "select house_now(), clock_timestamp(), (select coalesce(max(position), 0) from events), \
                    (select log_id from log_identity), left(pg_walfile_name(pg_current_wal_lsn()), 8)";

/// What a process learns when it opens the log.
pub(crate) struct OpenedLog {
    pub identity: LogIdentity,
    pub sample: ClockSample,
    pub head: Position,
}

struct HeartbeatSample {
    sample: ClockSample,
    head: Position,
    log_id: Uuid,
    timeline: String,
}

/// The first beat.
pub(crate) async fn first(pool: &PgPool) -> Result<OpenedLog, LogError> {
    let failed = |error| LogError::from_sqlx("opening the log", error);
    let read = LogIdentity::read(&mut *pool.acquire().await.map_err(failed)?).await;
    let identity = match read {
        Err(sqlx::Error::RowNotFound) => return Err(LogError::NoIdentity),
        read => read.map_err(failed)?,
    };
    let beat = sample(pool).await.map_err(failed)?;
    Ok(OpenedLog {
        identity,
        sample: beat.sample,
        head: beat.head,
    })
}

/// Keeps beating until the last clone of `log` is gone; a beat that finds the database away is noted as an outage.
pub(crate) fn spawn(log: &EventLog, outage: Outage) {
    let weak = log.downgrade();
    let options = log.options();
    let every = options.sample_every;
    let every_when_idle = options.sample_every_when_idle.max(every);
    let wait_max = options.connect_wait_max;
    let activity = Arc::clone(log.activity());
    let pool = log.reading().clone();
    #[expect(
        clippy::disallowed_methods,
        reason = "it ends by itself when the log is dropped"
    )]
    tokio::spawn(async move {
        loop {
            activity.rest(every, every_when_idle).await;
            if weak.upgrade().is_none() {
                return;
            }
            let answer = timeout(wait_max, sample(&pool)).await;
            let Some(log) = weak.upgrade() else { return };
            match answer {
                Ok(Ok(beat)) => note(&log, &beat),
                Ok(Err(error)) => {
                    outage.note(&error);
                    tracing::debug!(error = %error, "The log's pulse missed a beat");
                }
                Err(_) => tracing::debug!("The log's pulse missed a beat: no answer"),
            }
        }
    });
}

impl EventLog {
    /// Asks the database for the time and the head now, rather than at the next beat: for tests that set the clock and
    /// for a freshness wait that wants the head as of its arrival.
    ///
    /// # Errors
    /// [`LogError`] when the database does not answer.
    pub async fn sample(&self) -> Result<Position, LogError> {
        let beat = sample(self.reading())
            .await
            .map_err(|error| LogError::from_sqlx("sampling the log", error))?;
        note(self, &beat);
        Ok(beat.head)
    }
}

fn note(log: &EventLog, beat: &HeartbeatSample) {
    log.clock().take(beat.sample);
    if log.identity().is_still(beat.log_id, &beat.timeline) {
        if beat.head > log.known_head() {
            log.activity().note();
        }
        log.appended_hint(beat.head);
    } else if !log.is_another_log() {
        log.now_another_log();
        tracing::error!("The database has become another log since this process started; it appends no more");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this machine's clock is compared with the database's"
)]
async fn sample(pool: &PgPool) -> Result<HeartbeatSample, sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let sent_at = Instant::now();
    let row = sqlx::query(HEARTBEAT).fetch_one(&mut *connection).await?;
    let answered_at = Instant::now();
    let own_wall = SystemTime::now() - answered_at.saturating_duration_since(sent_at) / 2;
    Ok(HeartbeatSample {
        sample: ClockSample {
            database: row.try_get::<jiff_sqlx::Timestamp, _>(0)?.to_jiff(),
            wall: row.try_get::<jiff_sqlx::Timestamp, _>(1)?.to_jiff(),
            sent_at,
            answered_at,
            own_wall,
        },
        head: row.try_get(2)?,
        log_id: row.try_get(3)?,
        timeline: row.try_get(4)?,
    })
}

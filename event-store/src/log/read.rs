//! Reading facts: by position, shard by shard, and streams as of a moment. What is read is complete and final.

use crate::Position;
use crate::error::LogError;
use crate::fact::Fact;
use crate::log::{AsOf, EventLog};
use crate::recent_changes::{MISSED_MAX, News};
use crate::shard::stream_hash;
use crate::store::retried;
use uuid::Uuid;

/// Every read of facts begins so; `before` follows, then the rest in the order of [`Fact`]'s fields.
pub(super) const COLUMNS: &str = "e.shard, e.partition_key, e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, \
                       e.event_version, e.payload, e.metadata, e.recorded_at, e.command_id";

/// Which streams have changed since a position: from the last fact seen on, that one included; were it not there, this would be
/// another log.
const NEWS: &str = "select position, aggregate_type, aggregate_id, sequence from events \
                    where position >= $1 order by position limit $2";

/// The position before each fact in its shard, looked up fact by fact.
pub(super) const BEFORE_EACH: &str = "coalesce((select max(b.position) from events b \
                           where b.shard = e.shard and b.position < e.position), 0)";

impl EventLog {
    /// The last position; 0 while the log is empty.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn head(&self) -> Result<Position, LogError> {
        retried(|| async {
            sqlx::query_scalar("select coalesce(max(position), 0) from events")
                .fetch_one(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// The last position, once every fact up to there is known to this process; one question does for all who ask at once.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub(crate) async fn catch_up(&self) -> Result<Position, LogError> {
        self.recent_changes().catch_up(|seen| self.news_since(seen)).await
    }

    async fn news_since(&self, seen: Position) -> Result<News, LogError> {
        let limit = i64::try_from(MISSED_MAX).unwrap_or(i64::MAX);
        let rows: Vec<(Position, String, String, i64)> = retried(|| async {
            sqlx::query_as(NEWS)
                .bind(seen)
                .bind(limit)
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await?;
        if seen > 0 && rows.first().is_none_or(|row| row.0 != seen) {
            return Err(LogError::AnotherLog);
        }
        if rows.len() >= MISSED_MAX {
            return self.head().await.map(|head| News::TooMany { head });
        }
        let facts = rows.into_iter();
        Ok(News::Facts(
            facts
                .map(|(position, aggregate, id, version)| (position, stream_hash(&aggregate, &id), version))
                .collect(),
        ))
    }

    /// The facts after a position, in order, at most `limit` of them. What is returned is complete and final: no fact
    /// will ever appear between, or before.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_after(&self, after: Position, limit: u32) -> Result<Vec<Fact>, LogError> {
        let sql = format!(
            "select e.position, coalesce(lag(e.position) over (partition by e.shard order by e.position), \
                    (select max(b.position) from events b where b.shard = e.shard and b.position <= $1), 0), {COLUMNS} \
             from (select * from events where position > $1 order by position limit $2) e order by e.position"
        );
        retried(|| async {
            sqlx::query_as(&sql)
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// The facts of one shard after a position, in order, at most `limit` of them; complete and final.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_shard_after(
        &self,
        shard: i16,
        after: Position,
        limit: u32,
    ) -> Result<Vec<Fact>, LogError> {
        let sql = format!(
            "select e.position, coalesce(lag(e.position) over (order by e.position), \
                    (select max(b.position) from events b where b.shard = $1 and b.position <= $2), 0), {COLUMNS} \
             from (select * from events where shard = $1 and position > $2 order by position limit $3) e \
             order by e.position"
        );
        retried(|| async {
            sqlx::query_as(&sql)
                .bind(shard)
                .bind(after)
                .bind(i64::from(limit))
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// One stream's facts as of a moment, in order.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_stream(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        as_of: AsOf,
    ) -> Result<Vec<Fact>, LogError> {
        let (version, instant, position) = match as_of {
            AsOf::Head => (None, None, None),
            AsOf::Version(version) => (Some(version), None, None),
            AsOf::Instant(instant) => (None, Some(instant), None),
            AsOf::Position(position) => (None, None, Some(position)),
        };
        let sql = format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events e \
             where e.aggregate_type = $1 and e.aggregate_id = $2 \
               and ($3::bigint is null or e.sequence <= $3) \
               and ($4::bigint is null or e.position <= $4) \
             order by e.sequence"
        );
        let mut facts: Vec<Fact> = retried(|| async {
            sqlx::query_as(&sql)
                .bind(aggregate_type)
                .bind(aggregate_id)
                .bind(version)
                .bind(position)
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await?;
        if let Some(instant) = instant {
            // Streams are short, and decisions of two processes may be dated in another order than they stand in.
            let last = facts.iter().rposition(|fact| fact.happened_by(instant));
            facts.truncate(last.map_or(0, |last| last + 1));
        }
        Ok(facts)
    }

    /// The facts of these streams of one type up to a position, stream by stream, each in order.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_streams(
        &self,
        aggregate_type: &str,
        aggregate_ids: &[String],
        upto: Position,
    ) -> Result<Vec<Fact>, LogError> {
        let sql = format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from unnest($2::text[]) as s(id) \
             cross join lateral (select * from events f where f.aggregate_type = $1 and f.aggregate_id = s.id \
                                   and f.position <= $3 order by f.sequence) e \
             order by e.aggregate_id, e.sequence"
        );
        retried(|| async {
            sqlx::query_as(&sql)
                .bind(aggregate_type)
                .bind(aggregate_ids)
                .bind(upto)
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// The partition key of a stream, which its first fact names; nothing while there is none.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn partition_of(
        &self,
        aggregate_type: &'static str,
        id: Uuid,
    ) -> Result<Option<String>, LogError> {
        if let Some(known) = self.cache().partition(aggregate_type, id) {
            return Ok(Some(known));
        }
        let found: Option<String> = retried(|| async {
            sqlx::query_scalar(
                "select partition_key from events where aggregate_type = $1 and aggregate_id = $2 and sequence = 1",
            )
            .bind(aggregate_type)
            .bind(id.to_string())
            .fetch_optional(self.reading())
            .await
            .map_err(reading_failed)
        })
        .await?;
        if let Some(partition) = &found {
            self.cache()
                .remember_partition(aggregate_type, id, partition.clone());
        }
        Ok(found)
    }

    /// Whether a stream may have other facts than those read, the last of them at `position` and of this version. Cheaper than
    /// reading it again: one question to the database does for all who ask at once.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn may_have_changed(
        &self,
        (aggregate_type, aggregate_id): (&str, &str),
        version: i64,
        position: Position,
    ) -> Result<bool, LogError> {
        self.catch_up().await?;
        let stream = stream_hash(aggregate_type, aggregate_id);
        Ok(!self.recent_changes().is_current(stream, version, position))
    }

    /// One stream's facts behind its first so many, in order: what is new to whoever has read those.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn read_stream_after(
        &self,
        aggregate_type: &str,
        aggregate_id: &str,
        after_version: i64,
    ) -> Result<Vec<Fact>, LogError> {
        let sql = format!(
            "select e.position, {BEFORE_EACH}, {COLUMNS} from events e \
             where e.aggregate_type = $1 and e.aggregate_id = $2 and e.sequence > $3 order by e.sequence"
        );
        retried(|| async {
            sqlx::query_as(&sql)
                .bind(aggregate_type)
                .bind(aggregate_id)
                .bind(after_version)
                .fetch_all(self.reading())
                .await
                .map_err(reading_failed)
        })
        .await
    }

    /// The greatest id, byte by byte, of a stream of this type that begins with `id_prefix`. A hint: a newer one may
    /// appear at any moment, and only the versions in an append decide.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn last_stream_id(
        &self,
        aggregate_type: &str,
        id_prefix: &str,
    ) -> Result<Option<String>, LogError> {
        let beyond = format!("{id_prefix}{}", char::MAX);
        retried(|| async {
            sqlx::query_scalar(
                "select aggregate_id from events \
                 where aggregate_type = $1 and aggregate_id >= $2 and aggregate_id < $3 \
                 order by aggregate_id desc limit 1",
            )
            .bind(aggregate_type)
            .bind(id_prefix)
            .bind(&beyond)
            .fetch_optional(self.reading())
            .await
            .map_err(reading_failed)
        })
        .await
    }
}

pub(super) fn reading_failed(error: sqlx::Error) -> LogError {
    LogError::from_sqlx("reading the log", error)
}

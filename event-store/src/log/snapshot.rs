//! The log as it was at one moment, read in pieces for as long as it takes; nothing can be written through it.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{Postgres, Transaction};

use super::read::{COLUMNS, reading_failed};
use crate::Position;
use crate::error::LogError;
use crate::fact::Fact;
use crate::log::EventLog;

/// How many positions one question of [`LogSnapshot::of_type`] looks at.
const SCANNED_MAX: i64 = 2_000;

/// One moment of the log.
pub struct LogSnapshot {
    transaction: Transaction<'static, Postgres>,
}

/// Some of the facts of one type.
#[derive(Clone, Debug)]
pub struct TypePage {
    /// In the order of positions.
    pub facts: Vec<Fact>,
    /// Everything up to here was looked at.
    pub reached: Position,
}

impl EventLog {
    /// Holds this moment of the log, on a connection of its own, in a transaction that can only read.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn snapshot(&self) -> Result<LogSnapshot, LogError> {
        let mut transaction = self.reading().begin().await.map_err(reading_failed)?;
        sqlx::query("set transaction isolation level repeatable read, read only")
            .execute(&mut *transaction)
            .await
            .map_err(reading_failed)?;
        Ok(LogSnapshot { transaction })
    }
}

impl LogSnapshot {
    /// The last position; 0 while the log is empty.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn head(&mut self) -> Result<Position, LogError> {
        sqlx::query_scalar("select coalesce(max(position), 0) from events")
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(reading_failed)
    }

    /// As [`EventLog::position_at`].
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn position_at(&mut self, instant: Timestamp) -> Result<Position, LogError> {
        sqlx::query_scalar("select position_at($1)")
            .bind(instant.to_sqlx())
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(reading_failed)
    }

    /// The next facts of a type behind a position, none behind `upto`. A page may be empty: it looked at as many positions as one
    /// may.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn of_type(
        &mut self,
        event_type: &str,
        after: Position,
        upto: Position,
    ) -> Result<TypePage, LogError> {
        let reached = after.saturating_add(SCANNED_MAX).min(upto);
        let sql = format!(
            "select e.position, 0::bigint, {COLUMNS} from events e \
             where e.position > $1 and e.position <= $2 and e.event_type = $3 order by e.position"
        );
        let facts = sqlx::query_as(&sql)
            .bind(after)
            .bind(reached)
            .bind(event_type)
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(reading_failed)?;
        Ok(TypePage { facts, reached })
    }

    /// The facts of every stream of these partitions in the order of positions, of each stream at most its first `limit`.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub async fn partitions(&mut self, keys: &[String], limit: u32) -> Result<Vec<Fact>, LogError> {
        let sql = format!(
            "select e.position, 0::bigint, {COLUMNS} from events s cross join lateral (\
                 select * from events f where f.aggregate_type = s.aggregate_type and f.aggregate_id = s.aggregate_id \
                 order by f.sequence limit $2) e \
             where s.sequence = 1 and s.partition_key = any($1) order by e.position"
        );
        sqlx::query_as(&sql)
            .bind(keys)
            .bind(i64::from(limit))
            .fetch_all(&mut *self.transaction)
            .await
            .map_err(reading_failed)
    }
}

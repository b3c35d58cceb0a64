//! Stored facts as their bytes: every column of `events` as it lies there, unparsed, for whoever hashes it.

use std::ops::Range;

use notary::EventRow;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::copy::{CopyOut, Tuple};

/// Every column, in the order of the table, then the position of the fact before it in its stream, and that of another fact with its
/// number there.
const COLUMNS: usize = 14;
const COLUMN_NAMES: [&str; COLUMNS] = [
    "aggregate_type",
    "aggregate_id",
    "sequence",
    "event_type",
    "event_version",
    "payload",
    "metadata",
    "position",
    "shard",
    "partition_key",
    "recorded_at",
    "command_id",
    "previous",
    "elsewhere",
];
const TABLE: &str = "select e.aggregate_type, e.aggregate_id, e.sequence, e.event_type, e.event_version, e.payload, e.metadata, \
                     e.position, e.shard, e.partition_key, e.recorded_at, e.command_id, ";
const ALONE: &str = "null::bigint, null::bigint from events e";
/// What stands around it in its stream is looked for only by whoever needs it: a probe of an index for each fact. Whoever has dropped
/// the primary key can put a number there twice: the one before is the last that stands before it. A fact without a position counts as
/// one at 0. Below number 1 nothing is looked for: the smallest number has none before it.
const AROUND: &str = "b.previous, b.elsewhere from events e cross join lateral ( \
     select max(p.position) filter (where p.sequence < e.sequence and p.position < e.position) as previous, \
            max(coalesce(p.position, 0)) filter (where p.sequence = e.sequence and (p.tableoid, p.ctid) <> (e.tableoid, e.ctid)) \
                as elsewhere \
     from events p \
     where p.aggregate_type = e.aggregate_type and p.aggregate_id = e.aggregate_id \
       and p.sequence between greatest(e.sequence, 1) - 1 and greatest(e.sequence, 1)) b";
/// 2000-01-01T00:00:00Z, from which Postgres counts, in microseconds after the Unix epoch.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

/// One stored fact.
#[derive(Clone, Debug)]
pub struct StoredRow(Tuple<COLUMNS>);

/// Why a row is no fact: somebody loosened the table and changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The column is null.
    #[error("its {0} is null")]
    Null(&'static str),
    /// The column's bytes are not of its type.
    #[error("its {0} is not of its type")]
    Type(&'static str),
}

impl StoredRow {
    /// Its columns, as the notary hashes them.
    ///
    /// # Errors
    /// When the row is no fact.
    pub fn columns(&self) -> Result<EventRow<'_>, RowError> {
        self.columns_at(self.number(7).map(i64::from_be_bytes)?)
    }

    /// The same, as if it stood at this position.
    ///
    /// # Errors
    /// When something beside the position is none.
    pub fn columns_at(&self, position: i64) -> Result<EventRow<'_>, RowError> {
        Ok(EventRow {
            aggregate_type: self.text(0)?,
            aggregate_id: self.text(1)?,
            sequence: self.number(2).map(i64::from_be_bytes)?,
            event_type: self.text(3)?,
            event_version: self.text(4)?,
            payload: self.text(5)?,
            metadata: self.text(6)?,
            position,
            shard: self.number(8).map(i16::from_be_bytes)?,
            partition_key: self.text(9)?,
            // An infinite time stays one that no fact has.
            recorded_at_us: i64::from_be_bytes(self.number(10)?).wrapping_add(POSTGRES_EPOCH_US),
            command_id: match self.0.field(11) {
                None => None,
                Some(_) => Some(Uuid::from_bytes(self.number(11)?)),
            },
        })
    }

    /// Its position, were all else unreadable; none where even that is.
    pub fn position(&self) -> Option<i64> {
        self.number(7).map(i64::from_be_bytes).ok()
    }

    /// The position of the fact before it in its stream, where it was asked for and there is one.
    pub fn previous(&self) -> Option<i64> {
        self.number(12).map(i64::from_be_bytes).ok()
    }

    /// The position of another fact with its number in its stream, where it was asked for and there is one; 0 for one without a position.
    pub fn elsewhere(&self) -> Option<i64> {
        self.number(13).map(i64::from_be_bytes).ok()
    }

    fn bytes(&self, column: usize) -> Result<&[u8], RowError> {
        self.0.field(column).ok_or(RowError::Null(name(column)))
    }

    fn text(&self, column: usize) -> Result<&str, RowError> {
        std::str::from_utf8(self.bytes(column)?).map_err(|_| RowError::Type(name(column)))
    }

    fn number<const BYTES: usize>(&self, column: usize) -> Result<[u8; BYTES], RowError> {
        self.bytes(column)?
            .try_into()
            .map_err(|_| RowError::Type(name(column)))
    }
}

fn name(column: usize) -> &'static str {
    COLUMN_NAMES.get(column).copied().unwrap_or_default()
}

/// The facts of a range of positions, in order, one at a time.
pub struct Rows<'c>(CopyOut<'c, COLUMNS>);

impl<'c> Rows<'c> {
    /// The facts at these positions, without what stands around them in their streams.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn between(connection: &'c mut PgConnection, positions: Range<i64>) -> sqlx::Result<Self> {
        let condition = within(&positions);
        Self::of(connection, &format!("{TABLE}{ALONE} {condition}")).await
    }

    /// Rows without a position: no fact, but whoever loads their stream believes them.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn without_position(connection: &'c mut PgConnection) -> sqlx::Result<Self> {
        Self::of(connection, &format!("{TABLE}{ALONE} where e.position is null")).await
    }

    /// At most `limit` facts at these positions, each with what stands around it in its stream.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn with_previous(
        connection: &'c mut PgConnection,
        positions: Range<i64>,
        limit: u32,
    ) -> sqlx::Result<Self> {
        let condition = within(&positions);
        let query = format!("{TABLE}{AROUND} {condition} limit {limit}");
        Self::of(connection, &query).await
    }

    /// The facts of one partition key in a shard.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn of_partition(
        connection: &'c mut PgConnection,
        shard: i16,
        partition: Uuid,
    ) -> sqlx::Result<Self> {
        let condition =
            format!("where e.shard = {shard} and e.partition_key = '{partition}' order by e.position");
        let query = format!("{TABLE}{AROUND} {condition}");
        Self::of(connection, &query).await
    }

    async fn of(connection: &'c mut PgConnection, query: &str) -> sqlx::Result<Self> {
        CopyOut::of(connection, query).await.map(Self)
    }

    /// The next fact; none behind the last.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn next(&mut self) -> sqlx::Result<Option<StoredRow>> {
        Ok(self.0.next().await?.map(StoredRow))
    }

    /// All that are left.
    ///
    /// # Errors
    /// What Postgres answers.
    pub async fn collect(mut self) -> sqlx::Result<Vec<StoredRow>> {
        let mut rows = Vec::new();
        while let Some(row) = self.next().await? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// COPY takes no parameters; numbers need no quoting.
fn within(positions: &Range<i64>) -> String {
    let Range { start, end } = positions;
    format!("where e.position >= {start} and e.position < {end} order by e.position")
}

//! One stored event, with the exact text of its payload and metadata.

use jiff::Timestamp;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::Position;
use crate::metadata::Metadata;

/// One stored event. Its text is what was written, byte for byte.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Where it stands in the log: dense, from 1, in commit order.
    pub position: Position,
    /// The position before it in its shard; 0 when it is the first there.
    pub before: Position,
    /// The shard of its partition key.
    pub shard: i16,
    /// What it is partitioned by.
    pub partition_key: String,
    /// The stored type of its aggregate.
    pub aggregate_type: String,
    /// Which one of them.
    pub aggregate_id: String,
    /// Its number within its stream, from 1.
    pub sequence: i64,
    /// What kind of fact it is.
    pub event_type: String,
    /// In which version of that kind.
    pub event_version: String,
    /// The event.
    pub payload: Box<RawValue>,
    /// Who asked for it and why: see [`Fact::metadata`].
    pub metadata: Box<RawValue>,
    /// House time of the commit's batch; never earlier than that of the position before.
    pub recorded_at: Timestamp,
    /// The command, on its first fact only.
    pub command_id: Option<Uuid>,
}

impl Fact {
    /// Who asked for it, why, and under which key.
    ///
    /// # Errors
    /// When the stored metadata was not written by this crate.
    pub fn metadata(&self) -> Result<Metadata, serde_json::Error> {
        serde_json::from_str(self.metadata.get())
    }
}

/// Columns are taken by place, in the order of the struct's fields: the log is read too often to look names up.
impl FromRow<'_, PgRow> for Fact {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            position: row.try_get(0)?,
            before: row.try_get(1)?,
            shard: row.try_get(2)?,
            partition_key: row.try_get(3)?,
            aggregate_type: row.try_get(4)?,
            aggregate_id: row.try_get(5)?,
            sequence: row.try_get(6)?,
            event_type: row.try_get(7)?,
            event_version: row.try_get(8)?,
            payload: exact(row, 9)?,
            metadata: exact(row, 10)?,
            recorded_at: row.try_get::<jiff_sqlx::Timestamp, _>(11)?.to_jiff(),
            command_id: row.try_get(12)?,
        })
    }
}

/// The text of a json column as it is stored. Postgres checked that it is JSON; it is checked once more here because a
/// raw value can be had no other way, and not parsed further.
fn exact(row: &PgRow, column: usize) -> Result<Box<RawValue>, sqlx::Error> {
    let text: &str = row.try_get_unchecked(column)?;
    RawValue::from_string(text.to_owned()).map_err(|fault| sqlx::Error::Decode(Box::new(fault)))
}

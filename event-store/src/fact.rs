//! One stored event, with the exact text of its payload and metadata, shared by all who read it in one process.

use std::any::Any;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::Position;
use crate::metadata::Metadata;

/// One stored event. Cheap to clone: all clones share its text, and what was once read from it.
#[derive(Clone, Debug)]
pub struct Fact(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    stored: StoredFact,
    /// What the first reader made of it; every later one of this process gets it for nothing.
    reading: OnceLock<Arc<dyn Any + Send + Sync>>,
}

/// What a [`Fact`] holds. Its text is what was written, byte for byte.
#[derive(Debug)]
pub struct StoredFact {
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
    /// Who asked for it and why: see [`StoredFact::metadata`].
    pub metadata: Box<RawValue>,
    /// Database time of the commit's batch; never earlier than that of the position before.
    pub recorded_at: Timestamp,
    /// The command, on its first fact only.
    pub command_id: Option<Uuid>,
}

impl Fact {
    /// What `read` makes of it. Several consumers of one process follow the same facts, so it is read once for all who
    /// ask for the same `T`; a failure is not kept.
    ///
    /// # Errors
    /// Whatever `read` says.
    pub fn read_as<T, E>(&self, read: impl FnOnce(&StoredFact) -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Send + Sync + 'static,
    {
        let known = self.0.reading.get().cloned();
        if let Some(Ok(known)) = known.map(Arc::downcast::<T>) {
            return Ok(known);
        }
        let reading = Arc::new(read(&self.0.stored)?);
        // If somebody was faster, or reads it as something else, that reading stays.
        let _ = self.0.reading.set(Arc::<T>::clone(&reading));
        Ok(reading)
    }
}

impl Deref for Fact {
    type Target = StoredFact;

    fn deref(&self) -> &StoredFact {
        &self.0.stored
    }
}

impl From<StoredFact> for Fact {
    fn from(stored: StoredFact) -> Self {
        Self(Arc::new(Shared {
            stored,
            reading: OnceLock::new(),
        }))
    }
}

impl StoredFact {
    /// Who asked for it, why, and under which key.
    ///
    /// # Errors
    /// When the stored metadata was not written by this crate.
    pub fn metadata(&self) -> Result<Metadata, serde_json::Error> {
        serde_json::from_str(self.metadata.get())
    }

    /// Whether it is there at `instant` by a time that is shown for it: when it was recorded, or when it was decided, a
    /// moment apart. Facts say the latter to the nanosecond, read models keep it to the microsecond.
    pub fn happened_by(&self, instant: Timestamp) -> bool {
        let decided_by = |metadata: Metadata| metadata.at.as_microsecond() <= instant.as_microsecond();
        self.recorded_at <= instant || self.metadata().is_ok_and(decided_by)
    }
}

/// Columns are taken by place, in the order of the struct's fields: the log is read too often to look names up.
impl FromRow<'_, PgRow> for Fact {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self::from(StoredFact {
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
        }))
    }
}

/// The text of a json column as it is stored. Postgres checked that it is JSON; it is checked once more here because a
/// raw value can be had no other way, and not parsed further.
fn exact(row: &PgRow, column: usize) -> Result<Box<RawValue>, sqlx::Error> {
    let text: &str = row.try_get_unchecked(column)?;
    RawValue::from_string(text.to_owned()).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact() -> Fact {
        Fact::from(StoredFact {
            position: 1,
            before: 0,
            shard: 0,
            partition_key: "key".to_owned(),
            aggregate_type: "toy".to_owned(),
            aggregate_id: "toy_1".to_owned(),
            sequence: 1,
            event_type: "Made".to_owned(),
            event_version: "1".to_owned(),
            payload: RawValue::from_string("7".to_owned()).unwrap(),
            metadata: RawValue::from_string("{}".to_owned()).unwrap(),
            recorded_at: Timestamp::UNIX_EPOCH,
            command_id: None,
        })
    }

    #[test]
    fn a_fact_is_there_by_any_time_that_is_shown_for_it() {
        let decided_at = |at: &str, recorded_at: &str| {
            let metadata = format!(
                r#"{{"command_digest":"","actor_id":"","actor_role":"","correlation_id":"","causation":"","trace_id":"",
                "app_version":"","at":"{at}"}}"#
            );
            StoredFact {
                metadata: RawValue::from_string(metadata).unwrap(),
                recorded_at: recorded_at.parse().unwrap(),
                payload: RawValue::from_string("7".to_owned()).unwrap(),
                event_type: "Made".to_owned(),
                event_version: "1".to_owned(),
                partition_key: "key".to_owned(),
                aggregate_type: "toy".to_owned(),
                aggregate_id: "toy_1".to_owned(),
                command_id: None,
                position: 1,
                before: 0,
                shard: 0,
                sequence: 1,
            }
        };
        let (decided, shown, recorded) = (
            "2026-12-01T09:30:00.000001999Z",
            "2026-12-01T09:30:00.000001Z",
            "2026-12-01T09:30:00.004Z",
        );
        let before = "2026-12-01T09:30:00.000000999Z";
        let usual = decided_at(decided, recorded);
        // A process whose clock is ahead decides later than the database records.
        let ahead = decided_at(recorded, shown);
        for fact in [usual, ahead] {
            for instant in [shown, decided, recorded] {
                assert!(fact.happened_by(instant.parse().unwrap()), "{instant}");
            }
            assert!(!fact.happened_by(before.parse().unwrap()));
        }
    }

    #[test]
    fn what_one_reader_made_of_it_serves_all_clones() {
        let (fact, mut read) = (fact(), 0);
        for reader in [fact.clone(), fact] {
            let seven = reader.read_as(|stored| {
                read += 1;
                serde_json::from_str::<u32>(stored.payload.get())
            });
            assert_eq!(*seven.unwrap(), 7);
        }
        assert_eq!(read, 1);
    }

    #[test]
    fn a_failure_is_not_kept_and_another_kind_of_reading_is_made_anew() {
        let fact = fact();
        assert!(fact.read_as(|_| Err::<u32, _>("no")).is_err());
        assert_eq!(*fact.read_as(|_| Ok::<u32, ()>(7)).unwrap(), 7);
        assert_eq!(*fact.read_as(|_| Ok::<&str, ()>("seven")).unwrap(), "seven");
        assert_eq!(*fact.read_as(|_| Ok::<u32, ()>(8)).unwrap(), 7);
    }
}

//! The name of a stream: which aggregate, which one of them, and the key by which its facts are partitioned.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, SerializedEvent};
use futures::FutureExt;
use futures::future::BoxFuture;
use postgres_es::PostgresEventRepository;
use smol_str::{SmolStr, ToSmolStr};

use crate::shard::{shard_of, stream_hash};

/// How a stream is read through postgres-es, whose reading is generic over the aggregate.
pub(crate) type Load = for<'a> fn(
    &'a PostgresEventRepository,
    &'a str,
) -> BoxFuture<'a, Result<Vec<SerializedEvent>, PersistenceError>>;

/// A stream's name. Two names are the same when aggregate and id are: the partition key follows from them.
#[derive(Clone)]
pub struct StreamName {
    /// The aggregate's stored type.
    pub aggregate: &'static str,
    /// Which one.
    pub id: SmolStr,
    /// The key that decides the shard of every fact of this stream; always the same for the same stream.
    pub partition_key: SmolStr,
    load: Load,
}

impl StreamName {
    /// The stream of the aggregate `A` with this id, partitioned by this key.
    pub fn of<A: Aggregate + 'static>(id: impl fmt::Display, partition_key: impl fmt::Display) -> Self {
        Self {
            aggregate: A::TYPE,
            id: id.to_smolstr(),
            partition_key: partition_key.to_smolstr(),
            load: |repository, id| repository.get_events::<A>(id).boxed(),
        }
    }

    /// The shard of this stream's facts.
    pub fn shard(&self) -> i16 {
        shard_of(&self.partition_key)
    }

    /// All stored events of the stream, in order.
    pub(crate) fn load<'a>(
        &'a self,
        repository: &'a PostgresEventRepository,
    ) -> BoxFuture<'a, Result<Vec<SerializedEvent>, PersistenceError>> {
        (self.load)(repository, &self.id)
    }

    /// A hash for turns and batches; not stored.
    pub(crate) fn bookkeeping_hash(&self) -> u64 {
        stream_hash(self.aggregate, &self.id)
    }
}

impl PartialEq for StreamName {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.aggregate == other.aggregate
    }
}

impl Eq for StreamName {}

impl Hash for StreamName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.aggregate.hash(state);
        self.id.hash(state);
    }
}

impl Ord for StreamName {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.aggregate, &self.id).cmp(&(other.aggregate, &other.id))
    }
}

impl PartialOrd for StreamName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate, self.id)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate, self.id)
    }
}

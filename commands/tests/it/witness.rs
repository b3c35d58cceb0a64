//! A read model that remembers the whole world, and notices every fact that is lost, repeated or out of order.

use std::collections::BTreeMap;
use std::sync::Mutex;

use event_store::{ApplyError, BoxFuture, Consumer, Fact, PgConnection, Position, StartAt};

use crate::checks::World;

/// The rows of one generation.
#[derive(Default)]
struct ObservedRows {
    world: World,
    /// The last position in each shard.
    heads: BTreeMap<i16, Position>,
    /// The last fact of each stream.
    sequences: BTreeMap<(String, String), i64>,
}

/// Its rows are in memory, its generations, checkpoints and leases in the database.
#[derive(Default)]
pub struct Witness(Mutex<BTreeMap<i32, ObservedRows>>);

impl Witness {
    /// Looks at a generation as a reader would.
    pub fn look<T>(&self, generation: i32, look: impl FnOnce(&World) -> T) -> T {
        look(&self.0.lock().unwrap().entry(generation).or_default().world)
    }
}

impl ObservedRows {
    fn see(&mut self, fact: &Fact) {
        let before = self.heads.insert(fact.shard, fact.position).unwrap_or_default();
        assert_eq!(
            before, fact.before,
            "the facts of shard {} come one after another: {fact:?}",
            fact.shard
        );
        let stream = (fact.aggregate_type.clone(), fact.aggregate_id.clone());
        let last = self.sequences.insert(stream, fact.sequence).unwrap_or_default();
        assert_eq!(
            last + 1,
            fact.sequence,
            "a stream's facts come in order: {fact:?}"
        );
        self.world.tell(fact);
    }
}

impl Consumer for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn schema_version(&self) -> i32 {
        1
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn apply<'a>(
        &'a self,
        _tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            let mut generations = self.0.lock().unwrap();
            let seen = generations.entry(generation).or_default();
            facts.iter().for_each(|fact| seen.see(fact));
            Ok(())
        })
    }
}

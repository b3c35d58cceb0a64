//! A toy read model that notices every lost, repeated or reordered fact, and can be told to fail.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use event_store::{ApplyError, BoxFuture, Consumer, Fact, Position, StartAt};
use sqlx::{PgConnection, PgPool};

/// Key → (how many facts, a number that depends on all their positions in order).
pub type Rows = BTreeMap<String, (i64, i64)>;

/// Facts of this key mean nothing to the toy, though it counts them like all others.
pub const DULL: &str = "dull";

/// What the toy's tables look like: partitioned by generation, like every read model's. It refuses one key by a constraint.
pub const TABLES: &str = "
    create table toy (
        generation integer not null,
        key text not null check (key <> 'refused'),
        facts bigint not null,
        trail bigint not null,
        primary key (generation, key)
    ) partition by list (generation);
";

pub struct Toy {
    pub name: &'static str,
    pub schema_version: i32,
    /// The highest event version it knows.
    pub knows: u32,
    /// The positions it chokes on.
    pub poison: Mutex<HashSet<Position>>,
}

impl Toy {
    pub fn new() -> Self {
        Self {
            name: "toy",
            schema_version: 1,
            knows: 1,
            poison: Mutex::default(),
        }
    }

    pub fn choke_on(&self, position: Position) {
        self.poison.lock().unwrap().insert(position);
    }

    pub fn recover(&self) {
        self.poison.lock().unwrap().clear();
    }

    fn judge(&self, facts: &[Fact]) -> Result<(), ApplyError> {
        let poison = self.poison.lock().unwrap();
        for fact in facts {
            let position = fact.position;
            if fact.event_version.parse::<u32>().unwrap() > self.knows {
                return Err(ApplyError::NeedsNewerCode { position });
            }
            if poison.contains(&position) {
                return Err(ApplyError::Poison {
                    position,
                    reason: "it chokes".to_owned(),
                });
            }
        }
        Ok(())
    }
}

impl Consumer for Toy {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema_version(&self) -> i32 {
        self.schema_version
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn wants(&self, fact: &Fact) -> bool {
        fact.partition_key != DULL
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyError>> {
        Box::pin(async move {
            self.judge(facts)?;
            let mut fresh: BTreeMap<&str, Vec<Position>> = BTreeMap::new();
            for fact in facts {
                fresh.entry(&fact.partition_key).or_default().push(fact.position);
            }
            for (key, positions) in fresh {
                let before: Option<(i64, i64)> =
                    sqlx::query_as("select facts, trail from toy where generation = $1 and key = $2")
                        .bind(generation)
                        .bind(key)
                        .fetch_optional(&mut *tx)
                        .await?;
                let (facts, trail) = positions.iter().fold(before.unwrap_or_default(), follow);
                sqlx::query(
                    "insert into toy (generation, key, facts, trail) values ($1, $2, $3, $4)
                     on conflict (generation, key) do update set facts = excluded.facts, trail = excluded.trail",
                )
                .bind(generation)
                .bind(key)
                .bind(facts)
                .bind(trail)
                .execute(&mut *tx)
                .await?;
            }
            Ok(())
        })
    }
}

fn follow((facts, trail): (i64, i64), position: &Position) -> (i64, i64) {
    (facts + 1, (trail * 31 + position) % 1_000_000_007)
}

/// What the toy's rows must be, from the log itself.
pub async fn expected(pool: &PgPool) -> Rows {
    let facts: Vec<(String, Position)> =
        sqlx::query_as("select partition_key, position from events order by position")
            .fetch_all(pool)
            .await
            .unwrap();
    let mut rows = Rows::new();
    for (key, position) in facts {
        let row = rows.entry(key).or_default();
        *row = follow(*row, &position);
    }
    rows
}

/// What they are, in one generation.
pub async fn rows(pool: &PgPool, generation: i32) -> Rows {
    let rows: Vec<(String, i64, i64)> =
        sqlx::query_as("select key, facts, trail from toy where generation = $1")
            .bind(generation)
            .fetch_all(pool)
            .await
            .unwrap();
    rows.into_iter()
        .map(|(key, facts, trail)| (key, (facts, trail)))
        .collect()
}

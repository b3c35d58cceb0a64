//! What tests of read models share: histories of facts, a database of their own, and ways to apply and compare.

pub(crate) mod bookings;
pub(crate) mod days;
pub(crate) mod deposits;
pub(crate) mod history;
pub(crate) mod payouts;
pub(crate) mod prices;
pub(crate) mod test_log;
pub(crate) mod visits;

use dev_stack::TestDatabase;
use event_store::{ApplyError, Fact};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::test_runner::{Config, TestRunner};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::runtime::Runtime;

use crate::Model;

/// A migrated database, as the application sees it.
pub(crate) struct Database {
    pub(crate) pool: PgPool,
    pub(crate) test: TestDatabase,
}

impl Database {
    pub(crate) async fn create() -> Self {
        let test = TestDatabase::create()
            .await
            .expect("a database; run through dev-stack exec");
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .connect(test.app_url())
            .await
            .expect("a connection");
        Self { pool, test }
    }

    /// A generation of a model that no other case of the test uses.
    pub(crate) async fn generation(&self, model: &str, number: i32) -> i32 {
        sqlx::query("select create_generation($1, $2)")
            .bind(model)
            .bind(number)
            .execute(&self.pool)
            .await
            .expect("a generation");
        number
    }

    /// Applies a batch in one transaction, as a worker does.
    pub(crate) async fn try_apply(
        &self,
        model: Model,
        generation: i32,
        facts: &[Fact],
    ) -> Result<(), ApplyError> {
        let mut tx = self.pool.begin().await?;
        model.consumer().apply(&mut tx, generation, facts).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The same, where nothing may go wrong.
    pub(crate) async fn apply(&self, model: Model, generation: i32, facts: &[Fact]) {
        self.try_apply(model, generation, facts)
            .await
            .expect("facts are applied");
    }

    /// Applies the facts cut into batches of these lengths, over and over.
    pub(crate) async fn apply_cut(&self, model: Model, generation: i32, facts: &[Fact], cuts: &[usize]) {
        let mut rest = facts;
        for length in cuts.iter().copied().cycle() {
            if rest.is_empty() {
                return;
            }
            let (batch, later) = rest.split_at(length.clamp(1, rest.len()));
            self.apply(model, generation, batch).await;
            rest = later;
        }
    }

    /// Every row of a table's generation, without the generation's number, in one order.
    pub(crate) async fn rows(&self, table: &str, generation: i32) -> Vec<String> {
        let sql = format!(
            "select (to_jsonb(t) - 'generation')::text from {table} t where generation = $1 order by 1"
        );
        sqlx::query_scalar(&sql)
            .bind(generation)
            .fetch_all(&self.pool)
            .await
            .expect("rows")
    }
}

/// Runs a property over a database: each case gets a number of its own, for its generations.
pub(crate) fn property<S: Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(&Runtime, &Database, i32, S::Value),
) {
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::create());
    let number = std::cell::Cell::new(1);
    let mut runner = TestRunner::new(Config {
        cases,
        max_shrink_iters: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(strategy, |input| {
        number.set(number.get() + 1);
        test(&runtime, &database, number.get(), input);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// A model's tables hold the same whether random lives come at once, cut into any batches, or with their shards in any
/// order besides; and there are rows to compare.
pub(crate) fn any_cut_and_any_order_give_the_same_tables<S: Strategy>(
    model: Model,
    tables: &[&str],
    lives: S,
    facts: impl Fn(&S::Value) -> Vec<Fact>,
) {
    let input = (lives, vec(1..40_usize, 1..6), vec(any::<u8>(), 8..40));
    let compared = std::cell::Cell::new(0);
    property(16, &input, |runtime, database, number, (lives, cuts, choices)| {
        let facts = facts(&lives);
        runtime.block_on(async {
            let [at_once, cut, anew] = [0, 1, 2].map(|way| number * 3 + way);
            for generation in [at_once, cut, anew] {
                database.generation(model.name(), generation).await;
            }
            database.apply(model, at_once, &facts).await;
            database.apply_cut(model, cut, &facts, &cuts).await;
            let shuffled = interleaved(&facts, &choices);
            database.apply_cut(model, anew, &shuffled, &cuts).await;
            for table in tables {
                let rows = database.rows(table, at_once).await;
                assert_eq!(database.rows(table, cut).await, rows, "{table}");
                assert_eq!(database.rows(table, anew).await, rows, "{table}");
                compared.set(compared.get() + rows.len());
            }
        });
    });
    assert!(compared.get() > 0, "no life left a row");
}

/// The facts with their shards interleaved anew; within each shard the order stays.
pub(crate) fn interleaved(facts: &[Fact], choices: &[u8]) -> Vec<Fact> {
    let mut shards: Vec<std::collections::VecDeque<Fact>> = Vec::new();
    shards.resize_with(usize::from(event_store::SHARDS.unsigned_abs()), Default::default);
    for fact in facts {
        shards[usize::from(fact.shard.unsigned_abs())].push_back(fact.clone());
    }
    let mut order = Vec::with_capacity(facts.len());
    let mut choices = choices.iter().cycle();
    while order.len() < facts.len() {
        let choice = usize::from(*choices.next().expect("choices repeat"));
        let waiting: Vec<usize> = (0..shards.len())
            .filter(|shard| !shards[*shard].is_empty())
            .collect();
        let shard = waiting[(choice + order.len() * 7) % waiting.len()];
        order.extend(shards[shard].pop_front());
    }
    order
}

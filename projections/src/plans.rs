//! What is planned while a generation is empty serves as well once it is full.

use event_store::WorkerOptions;
use sqlx::postgres::PgPoolOptions;
use tokio::task::yield_now;

use crate::kit::bookings::Bookings;
use crate::kit::days::Days;
use crate::kit::payouts::PayoutsLived;
use crate::kit::test_log::{TestLog, stopped};
use crate::rebuild::tests::steps;
use crate::{Model, runner};

/// So many facts at once, so that a generation is much larger than a batch.
const BATCH: usize = 16;
/// So many rows of its tables a batch may read for each of its facts: a few rows are a fact's, looked for more than once.
const READ_PER_FACT_MAX: i64 = 12;

/// What sessions that have ended read of the tables of a model, in rows and index entries; none before they have said so.
async fn read_of(log: &TestLog, model: Model) -> Option<i64> {
    let (read, told, stored): (i64, i64, i64) = sqlx::query_as(&format!(
        "select (select coalesce(sum(s.seq_tup_read), 0) + coalesce(sum(i.read), 0)
                 from pg_stat_user_tables s
                 left join lateral (select sum(idx_tup_read) as read from pg_stat_user_indexes i where i.relid = s.relid) i on true
                 join model_tables t on s.relname = t.table_name || '_g1' where t.model = $1)::bigint,
                (select n_tup_ins from pg_stat_user_tables where relname = $1 || '_g1'),
                (select count(*) from {})",
        model.name()
    ))
    .bind(model.name())
    .fetch_one(&log.models.pool)
    .await
    .unwrap();
    (told >= stored).then_some(read)
}

#[tokio::test]
async fn batches_read_their_own_rows_of_a_generation_without_statistics() {
    let log = TestLog::open().await;
    let owner = PgPoolOptions::new()
        .connect(log.database.test.owner_url())
        .await
        .unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name || '_g1' from model_tables t
             where exists (select from read_models r where r.model = t.model and r.live_generation = 1)",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    for table in tables {
        sqlx::query(&format!("alter table {table} set (autovacuum_enabled = off)"))
            .execute(&owner)
            .await
            .unwrap();
    }
    log.append(&Bookings::lived(&steps(900)).history.facts).await;
    log.append(&Days::lived(&steps(300)).history.facts).await;
    log.append(&PayoutsLived::lived(&steps(300)).history.facts).await;

    let options = WorkerOptions {
        batch_max: BATCH,
        ..WorkerOptions::default()
    };
    for (model, mut worker) in Model::ALL
        .into_iter()
        .zip(runner::workers(log.log(), None, &options))
    {
        let mut facts = 0;
        loop {
            let step = worker.step().await.unwrap();
            facts += step.applied;
            if step.quiet {
                break;
            }
        }
        worker.run(stopped()).await;
        let read = loop {
            match read_of(&log, model).await {
                Some(read) => break read,
                None => yield_now().await,
            }
        };
        let facts = i64::try_from(facts).unwrap();
        assert!(facts > 500, "{} took only {facts} facts", model.name());
        assert!(
            read <= facts * READ_PER_FACT_MAX,
            "{}: {read} rows read for {facts} facts",
            model.name()
        );
    }
}

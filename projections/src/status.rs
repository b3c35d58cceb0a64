//! How each read model stands: for operators, `tot projections` and the admin's page.

use std::time::Duration;

use event_store::lag::{Meter, ShardLag};
use event_store::{Position, generations, parking};
use sqlx::PgPool;

use crate::{Model, QueryError};

/// How long [`overview`] watches to tell a rate.
pub const RATE_WINDOW: Duration = Duration::from_millis(250);

/// How one generation of a read model stands.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ModelState {
    pub model: &'static str,
    pub generation: i32,
    pub schema_version: i32,
    /// `building`, `live` or `retired`.
    pub state: String,
    /// Every fact up to this position is shown.
    pub position: Position,
    /// The last position of the log.
    pub head: Position,
    /// Facts in the log that are not shown yet; counted up to 100 000 per shard.
    pub lag: i64,
    /// How long the first of them has waited, in milliseconds.
    pub lag_ms: i64,
    /// Facts a second.
    pub rate: i64,
    /// Partition keys that wait behind a fact that cannot be applied.
    pub parked: i64,
    /// Shards that a worker holds.
    pub held_shards: i64,
}

/// A generation that readers have left stands where it was left.
const RETIRED: &str = "retired";

/// Watches the read models; the rate is that between two looks.
#[derive(Debug, Default)]
pub struct Watch {
    meter: Meter,
}

impl Watch {
    /// Every generation of every model, now.
    pub async fn look(&mut self, pool: &PgPool) -> Result<Vec<ModelState>, QueryError> {
        let lags = self.meter.sample(pool).await?;
        let parked = parking::list(pool, None).await?;
        let head = lags.iter().map(|lag| lag.head).max().unwrap_or(0);
        let mut states = Vec::new();
        for generation in generations::list(pool).await? {
            let Some(model) = Model::parse(&generation.model) else {
                continue;
            };
            let of_this =
                |consumer: &str, number: i32| consumer == model.name() && number == generation.generation;
            let shards: Vec<&ShardLag> = lags
                .iter()
                .filter(|lag| of_this(&lag.consumer, lag.generation))
                .collect();
            let keys = parked
                .iter()
                .filter(|key| of_this(&key.consumer, key.generation))
                .count();
            // Nobody reads it and nobody fills it: that it falls behind is no news.
            let retired = generation.state == RETIRED;
            states.push(ModelState {
                model: model.name(),
                generation: generation.generation,
                schema_version: generation.schema_version,
                position: match retired {
                    true => shards.iter().map(|lag| lag.position).max().unwrap_or(0),
                    false => shown_up_to(&shards, head),
                },
                state: generation.state,
                head,
                lag: match retired {
                    true => 0,
                    false => shards.iter().map(|lag| lag.behind).sum(),
                },
                lag_ms: match retired {
                    true => 0,
                    false => shards.iter().map(|lag| lag.waiting_ms).max().unwrap_or(0),
                },
                rate: shards.iter().map(|lag| lag.per_second).sum(),
                parked: i64::try_from(keys).unwrap_or(i64::MAX),
                held_shards: i64::try_from(shards.iter().filter(|lag| lag.held).count()).unwrap_or(i64::MAX),
            });
        }
        Ok(states)
    }
}

/// Every generation of every model, with the rate over [`RATE_WINDOW`].
pub async fn overview(pool: &PgPool) -> Result<Vec<ModelState>, QueryError> {
    let mut watch = Watch::default();
    watch.look(pool).await?;
    tokio::time::sleep(RATE_WINDOW).await;
    watch.look(pool).await
}

/// The position before the first fact that waits; a shard without one does not hold the model back.
fn shown_up_to(shards: &[&ShardLag], head: Position) -> Position {
    shards
        .iter()
        .filter(|lag| lag.behind > 0)
        .map(|lag| lag.position)
        .min()
        .unwrap_or(head)
}

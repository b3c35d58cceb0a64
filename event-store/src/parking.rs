//! Parked partition keys: what a consumer cannot get past, and how it is tried again.

use jiff::Timestamp;
use sqlx::{PgPool, Row};

use crate::Position;

/// A partition key whose facts wait, in one generation of one consumer.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Parked {
    /// The read model or process.
    pub consumer: String,
    pub generation: i32,
    pub partition_key: String,
    pub shard: i16,
    /// The first fact that waits.
    pub from_position: Position,
    /// Why, as the consumer said it.
    pub reason: String,
    pub parked_at: Timestamp,
    /// Somebody asked to try again, and the lease holder has not answered yet.
    pub unpark_requested: bool,
}

/// How many rows are listed at most.
const LISTED_MAX: i64 = 1_000;

/// The parked keys, oldest first, of one consumer or of all.
///
/// # Errors
/// When the database cannot be used.
pub async fn list(pool: &PgPool, consumer: Option<&str>) -> Result<Vec<Parked>, sqlx::Error> {
    let rows = sqlx::query(
        "select consumer, generation, partition_key, shard, from_position, reason, parked_at,
                unpark_requested_at is not null as unpark_requested
         from parked where $1::text is null or consumer = $1
         order by parked_at limit $2",
    )
    .bind(consumer)
    .bind(LISTED_MAX)
    .fetch_all(pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Parked {
                consumer: row.try_get("consumer")?,
                generation: row.try_get("generation")?,
                partition_key: row.try_get("partition_key")?,
                shard: row.try_get("shard")?,
                from_position: row.try_get("from_position")?,
                reason: row.try_get("reason")?,
                parked_at: row.try_get::<jiff_sqlx::Timestamp, _>("parked_at")?.to_jiff(),
                unpark_requested: row.try_get("unpark_requested")?,
            })
        })
        .collect()
}

/// Asks for a key (or, without one, all keys) of a consumer to be tried again; answers how many. The worker that holds
/// the shard does it within its next renewal: applied facts free the key, a refusal leaves it parked with a new reason.
///
/// # Errors
/// When the database cannot be used.
pub async fn unpark(pool: &PgPool, consumer: &str, partition_key: Option<&str>) -> Result<u64, sqlx::Error> {
    let requested = sqlx::query(
        "update parked set unpark_requested_at = clock_timestamp()
         where consumer = $1 and ($2::text is null or partition_key = $2)",
    )
    .bind(consumer)
    .bind(partition_key)
    .execute(pool)
    .await?;
    Ok(requested.rows_affected())
}

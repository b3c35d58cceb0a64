//! Intents by what they concern: the keys of a chain of facts, and the commands they became.

use std::collections::BTreeMap;

use sqlx::PgPool;
use uuid::Uuid;

use super::QueuedIntent;
use super::operate::{AS_CLOSED, AS_QUEUED};

/// The intents of these partition keys and those with these ids, open, and closed as long as they are kept; at most `limit` of
/// each kind, in the order in which they were caused.
///
/// # Errors
/// When the database cannot be used.
pub async fn related(
    pool: &PgPool,
    keys: &[String],
    ids: &[Uuid],
    limit: i64,
) -> Result<Vec<QueuedIntent>, sqlx::Error> {
    let sql = format!(
        "(select {AS_QUEUED} from intents where partition_key = any($1) and state in ('open', 'poisoned') limit $3)
         union all (select {AS_QUEUED} from intents where id = any($2) limit $3)
         union all (select {AS_CLOSED} from closed_intents where partition_key = any($1) limit $3)
         union all (select {AS_CLOSED} from closed_intents where id = any($2) limit $3)"
    );
    let rows = sqlx::query(&sql)
        .persistent(false)
        .bind(keys)
        .bind(ids)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    // One may be found by its key and by its id, and be closed between the two questions.
    let mut found = BTreeMap::new();
    for row in &rows {
        let intent = QueuedIntent::from_row(row)?;
        found.insert(
            (
                intent.caused_by,
                intent.process.clone(),
                intent.ordinal,
                intent.id,
            ),
            intent,
        );
    }
    Ok(found.into_values().collect())
}

//! Intents by what they concern: the keys of a chain of facts, and the commands they became.

use std::collections::BTreeMap;

use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::QueuedIntent;
use super::operate::{AS_CLOSED, AS_QUEUED};

/// Intents that concern the same thing.
#[derive(Clone, Debug)]
pub struct RelatedIntents {
    /// In the order in which they were caused.
    pub intents: Vec<QueuedIntent>,
    /// Whether there are more of a kind than were asked for: the later ones are missing.
    pub is_cut: bool,
}

/// The intents of these partition keys and those with these ids, open, and closed as long as they are kept; at most `limit` of
/// each kind, those that were caused first.
///
/// # Errors
/// When the database cannot be used.
pub async fn related(
    pool: &PgPool,
    keys: &[String],
    ids: &[Uuid],
    limit: u32,
) -> Result<RelatedIntents, sqlx::Error> {
    // One more of each kind than is answered tells that there are more.
    let kind = |number: i32, columns: &str, from: &str| {
        format!(
            "(select {number} as kind, {columns} from {from} order by caused_by, process, ordinal limit $3)"
        )
    };
    let sql = [
        kind(
            0,
            AS_QUEUED,
            "intents where partition_key = any($1) and state in ('open', 'poisoned')",
        ),
        kind(1, AS_QUEUED, "intents where id = any($2)"),
        kind(2, AS_CLOSED, "closed_intents where partition_key = any($1)"),
        kind(3, AS_CLOSED, "closed_intents where id = any($2)"),
    ]
    .join(" union all ");
    let rows = sqlx::query(&sql)
        .persistent(false)
        .bind(keys)
        .bind(ids)
        .bind(i64::from(limit) + 1)
        .fetch_all(pool)
        .await?;
    // One may be found by its key and by its id, and be closed between the two questions.
    let mut found = BTreeMap::new();
    let mut of_kind: BTreeMap<i32, u32> = BTreeMap::new();
    let mut is_cut = false;
    for row in &rows {
        let of_kind = of_kind.entry(row.try_get("kind")?).or_default();
        *of_kind += 1;
        if *of_kind > limit {
            is_cut = true;
            continue;
        }
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
    Ok(RelatedIntents {
        intents: found.into_values().collect(),
        is_cut,
    })
}

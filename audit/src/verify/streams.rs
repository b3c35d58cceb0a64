//! What the positions do not show: rows without one, and the same number of a stream twice. Decisions load streams, so they believe
//! both.

use sqlx::PgConnection;

use super::finding::{Finding, Kind, StreamPlace};
use super::range::{SUSPECTS_MAX, Suspects, keep};
use crate::row::Rows;

/// Whether the database itself refuses a second fact of the same number: by an index over the whole table, which a table that inherits
/// from it would not be in.
const NUMBERS_ARE_UNIQUE: &str = "select exists (
        select from pg_index i
        where i.indrelid = 'events'::regclass and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
          and (select array_agg(a.attname::text order by a.attname) from pg_attribute a
               where a.attrelid = i.indrelid and a.attnum = any ((i.indkey::int2[])[0 : i.indnkeyatts - 1]))
              = array['aggregate_id', 'aggregate_type', 'sequence']
    ) and not exists (select from pg_inherits where inhparent = 'events'::regclass)";
/// Each number that stands more than once, with the first and the last of its positions.
const TWICE: &str = "select aggregate_type, aggregate_id, sequence, min(position), max(position) from events \
     where sequence is not null group by 1, 2, 3 having count(*) > 1 order by 4 limit $1";

type Twice = (Option<String>, Option<String>, i64, Option<i64>, Option<i64>);

/// Looks for the rows without a position.
///
/// # Errors
/// What Postgres answers.
pub async fn find_unplaced(connection: &mut PgConnection, suspects: &mut Suspects) -> sqlx::Result<()> {
    let mut rows = Rows::without_position(connection).await?;
    while let Some(row) = rows.next().await? {
        keep(&mut suspects.unplaced, row, &mut suspects.more);
    }
    Ok(())
}

/// Looks for numbers that stand twice, where the database would take them.
///
/// # Errors
/// What Postgres answers.
pub async fn find_twice(connection: &mut PgConnection) -> sqlx::Result<Vec<Finding>> {
    let unique: bool = sqlx::query_scalar(NUMBERS_ARE_UNIQUE)
        .fetch_one(&mut *connection)
        .await?;
    if unique {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(SUSPECTS_MAX).unwrap_or(i64::MAX);
    let rows: Vec<Twice> = sqlx::query_as(TWICE).bind(limit).fetch_all(connection).await?;
    Ok(rows.into_iter().map(twice).collect())
}

fn twice((aggregate_type, aggregate_id, sequence, first, last): Twice) -> Finding {
    let both = match (first, last) {
        (Some(first), Some(last)) if first < last => format!("at the positions {first} and {last}"),
        (Some(first), Some(_)) => format!("at position {first} and, again, there or nowhere"),
        _ => "without a position".to_owned(),
    };
    Finding {
        kind: Kind::Duplicate,
        position: last,
        other: first.filter(|first| last != Some(*first)),
        stream: Some(StreamPlace {
            aggregate_type: aggregate_type.unwrap_or_default(),
            aggregate_id: aggregate_id.unwrap_or_default(),
            sequence,
        }),
        detail: format!("this number of its stream stands {both}: decisions may believe either"),
    }
}

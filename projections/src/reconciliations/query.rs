//! The questions about comparisons: which there were, what one of them found, and what the latest came to.

use sqlx::{FromRow as _, PgPool, Row};
use uuid::Uuid;

use crate::QueryError;
use crate::page::{Cursor, Limit, List, NEWEST_FIRST, Page};
use crate::reconciliations::{ReconciliationOutcome, ReconciliationRow, State, StoredReconciliation};

/// What is read of a row that is shown without its report.
pub(super) const COLUMNS: &str = "id, origin, asked_by, asked_at, due_at, from_at, to_at, state, started_at, \
     finished_at, result, differences, mended, gaps";

/// Which comparisons.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReconciliationFilter {
    /// Only those that have come so far.
    pub state: Option<State>,
    /// Only those that came to this.
    pub result: Option<ReconciliationOutcome>,
}

/// A page of comparisons, the latest asked for first.
pub async fn list(
    pool: &PgPool,
    filter: ReconciliationFilter,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<ReconciliationRow>, QueryError> {
    let (before, id) = Cursor::time_place(cursor, List::Reconciliations, NEWEST_FIRST)?;
    let sql = format!(
        "select {COLUMNS} from reconciliations
         where (asked_at, id) < ($1, $2) and ($3::text is null or state = $3) and ($4::text is null or result = $4)
         order by asked_at desc, id desc limit $5"
    );
    let query = sqlx::query_as(&sql)
        .bind(before)
        .bind(id)
        .bind(filter.state.map(State::as_str))
        .bind(filter.result.map(ReconciliationOutcome::as_str));
    let place = |row: &ReconciliationRow| Cursor::at(List::Reconciliations, row.asked_at, row.id);
    Page::fetch(pool, query, limit, place).await
}

/// One comparison, with its report once it is over.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<StoredReconciliation>, QueryError> {
    let found = sqlx::query("select * from reconciliations where id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await?;
    let kept = found.map(|row| {
        Ok::<_, sqlx::Error>(StoredReconciliation {
            row: ReconciliationRow::from_row(&row)?,
            report: row.try_get("report")?,
        })
    });
    Ok(kept.transpose()?)
}

/// The comparison that was over last, if there was one.
pub async fn latest(pool: &PgPool) -> Result<Option<ReconciliationRow>, QueryError> {
    let sql = format!(
        "select {COLUMNS} from reconciliations where state = 'done' order by finished_at desc, id desc limit 1"
    );
    Ok(sqlx::query_as(&sql).fetch_optional(pool).await?)
}

//! The questions about anomalies; for admins.

use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::anomalies::AnomalyRow;
use crate::page::{Cursor, Limit, List, Page};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// A page of anomalies, the latest first: all, or those that still wait for an operator.
pub async fn page(
    pool: &PgPool,
    open_only: bool,
    cursor: Option<Cursor>,
    limit: Limit,
) -> Result<Page<AnomalyRow>, QueryError> {
    let (before, id) = match cursor {
        Some(cursor) => cursor.place(List::Anomalies)?,
        None => (i64::MAX, Uuid::max()),
    };
    let sql = format!(
        "select * from anomalies
         where {LIVE} and (position, subject_id) < ($3, $4) and (not $5 or resolution is null)
         order by position desc, subject_id desc limit $6"
    );
    let query = sql_types::live_as(Model::Anomalies, &sql)
        .bind(before)
        .bind(id)
        .bind(open_only);
    let place = |row: &AnomalyRow| Cursor::new(List::Anomalies, row.position, row.subject.uuid());
    Page::fetch(pool, query, limit, place).await
}

/// How many wait for an operator.
pub async fn open(pool: &PgPool) -> Result<i64, QueryError> {
    let sql = format!("select count(*) from anomalies where {LIVE} and resolution is null");
    Ok(sql_types::live(Model::Anomalies, &sql)
        .fetch_one(pool)
        .await?
        .try_get(0)?)
}

//! The questions about anomalies; for admins.

use domain::payment::anomaly::AnomalyKind;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::anomalies::AnomalyRow;
use crate::page::{Cursor, Limit, List, Page};
use crate::sql_types::{self, LIVE};
use crate::{Model, QueryError};

/// Which anomalies.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnomalyFilter {
    /// Only those that still wait for an operator.
    pub open_only: bool,
    /// Only of this kind.
    pub kind: Option<AnomalyKind>,
    /// Only of this payment or payout.
    pub subject_id: Option<Uuid>,
}

/// A page of anomalies, the latest first.
pub async fn page(
    pool: &PgPool,
    filter: AnomalyFilter,
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
             and ($6::text is null or kind = $6) and ($7::uuid is null or subject_id = $7)
         order by position desc, subject_id desc limit $8"
    );
    let query = sql_types::live_as(Model::Anomalies, &sql)
        .bind(before)
        .bind(id)
        .bind(filter.open_only)
        .bind(filter.kind.map(AnomalyKind::as_str))
        .bind(filter.subject_id);
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

//! Endpoints as their owners see them.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx as _};
use sqlx::postgres::PgRow;
use sqlx::{PgExecutor, PgPool, Row as _};
use uuid::Uuid;

use super::{DisabledReason, Endpoint, EndpointError, EndpointRefusal, EndpointScope, EndpointState};
use crate::error::WebhookError;

/// The columns that [`read`] reads, of `webhooks.endpoints e`.
const COLUMNS: &str = "e.id, e.owner_id, e.clinic_id, e.created_at, e.url, e.event_types, e.state, e.disabled_reason, e.disabled_at, \
     coalesce(e.position, (select c.position from webhooks.cursor c)) as position, \
     case when e.previous_until > house_now() then e.previous_until end as previous_until, \
     (select count(*) from (select from webhooks.deliveries d where d.endpoint_id = e.id and d.state = 'waiting' limit 1000) w) as waiting, \
     e.failing_since, e.last_delivered_at, e.last_failure";

/// Which endpoints.
#[derive(Clone, Copy, Debug)]
pub struct EndpointsFilter {
    /// Whose.
    pub scope: EndpointScope,
    /// Where the page before ended: when it was made, and which.
    pub after: Option<(Timestamp, Uuid)>,
    /// How many at most.
    pub rows: i64,
}

/// One endpoint.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], and faults.
pub async fn show(
    executor: impl PgExecutor<'_>,
    scope: EndpointScope,
    id: Uuid,
) -> Result<Endpoint, EndpointError> {
    let query = format!(
        "select {COLUMNS} from webhooks.endpoints e \
         where e.id = $1 and e.state <> 'deleted' and ($2::uuid is null or e.owner_id = $2)"
    );
    let row = sqlx::query(&query)
        .bind(id)
        .bind(scope.owner())
        .fetch_optional(executor)
        .await?;
    Ok(read(&row.ok_or(EndpointRefusal::NotFound)?)?)
}

/// A page of them, the oldest first.
///
/// # Errors
/// When the database cannot be used.
pub async fn list(pool: &PgPool, filter: &EndpointsFilter) -> Result<Vec<Endpoint>, WebhookError> {
    let (at, id) = filter.after.unwrap_or((Timestamp::UNIX_EPOCH, Uuid::nil()));
    let query = format!(
        "select {COLUMNS} from webhooks.endpoints e \
         where e.state <> 'deleted' and ($1::uuid is null or e.owner_id = $1) and (e.created_at, e.id) > ($2, $3) \
         order by e.created_at, e.id limit $4"
    );
    let rows = sqlx::query(&query)
        .bind(filter.scope.owner())
        .bind(at.to_sqlx())
        .bind(id)
        .bind(filter.rows)
        .fetch_all(pool)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<Endpoint, WebhookError> {
    let reason: Option<String> = row.try_get("disabled_reason")?;
    Ok(Endpoint {
        id: row.try_get("id")?,
        owner_id: row.try_get("owner_id")?,
        clinic_id: row.try_get("clinic_id")?,
        created_at: row.try_get::<SqlTimestamp, _>("created_at")?.to_jiff(),
        url: row.try_get("url")?,
        event_types: row.try_get("event_types")?,
        state: EndpointState::stored(row.try_get("state")?)?,
        disabled_reason: reason.as_deref().map(DisabledReason::stored).transpose()?,
        disabled_at: instant(row, "disabled_at")?,
        position: row.try_get("position")?,
        previous_secret_until: instant(row, "previous_until")?,
        waiting: row.try_get("waiting")?,
        failing_since: instant(row, "failing_since")?,
        last_delivered_at: instant(row, "last_delivered_at")?,
        last_failure: row.try_get("last_failure")?,
    })
}

pub(super) fn instant(row: &PgRow, column: &str) -> Result<Option<Timestamp>, sqlx::Error> {
    let found: Option<SqlTimestamp> = row.try_get(column)?;
    Ok(found.map(SqlTimestamp::to_jiff))
}

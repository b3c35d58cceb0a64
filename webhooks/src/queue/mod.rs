//! The queues of the endpoints: filled by whoever tells the log, emptied by whoever delivers.

pub(crate) mod turns;

use std::time::Duration;

use event_store::Position;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::event::Event;

/// One event for one endpoint.
pub struct Queued {
    /// For whom.
    pub endpoint_id: Uuid,
    /// Which of the events.
    pub event: usize,
}

/// Locks the cursor until the transaction ends; answers where it is and how many changes of endpoints there were. Whoever changes an
/// endpoint, or tells the log, takes this lock first.
pub async fn lock_cursor(connection: &mut PgConnection) -> Result<(Position, i64), sqlx::Error> {
    sqlx::query_as("select position, changes from webhooks.cursor for update")
        .fetch_one(connection)
        .await
}

/// Where the cursor is, how many changes of endpoints there were, and the log's head, without a lock.
pub(crate) async fn cursor_and_head(
    connection: &mut PgConnection,
) -> Result<(Position, i64, Position), sqlx::Error> {
    sqlx::query_as(
        "select position, changes, (select coalesce(max(e.position), 0) from events e) from webhooks.cursor",
    )
    .fetch_one(connection)
    .await
}

/// Locks the cursor for whoever is about to change an endpoint: it counts as changed.
pub async fn lock_for_change(connection: &mut PgConnection) -> Result<Position, sqlx::Error> {
    sqlx::query_scalar("update webhooks.cursor set changes = changes + 1 returning position")
        .fetch_one(connection)
        .await
}

/// Moves the cursor, which the caller has locked.
pub(crate) async fn move_cursor(connection: &mut PgConnection, to: Position) -> Result<(), sqlx::Error> {
    sqlx::query("update webhooks.cursor set position = $1 where position < $1")
        .bind(to)
        .execute(connection)
        .await
        .map(drop)
}

/// Endpoints that the cursor has reached follow it from now on; answers how many.
pub(crate) async fn join_cursor(
    connection: &mut PgConnection,
    from: Position,
    to: Position,
) -> Result<u64, sqlx::Error> {
    let joined = sqlx::query(
        "update webhooks.endpoints set position = null where state = 'active' and position >= $1 and position <= $2",
    )
    .bind(from)
    .bind(to)
    .execute(connection)
    .await?;
    Ok(joined.rows_affected())
}

/// Endpoints that were behind are told up to a position; those that have come to the cursor follow it from now on.
pub(crate) async fn move_endpoints(
    connection: &mut PgConnection,
    endpoints: &[Uuid],
    to: Position,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhooks.endpoints set position = case when $2 >= (select c.position from webhooks.cursor c) then null else $2 end \
         where id = any($1) and position is not null",
    )
    .bind(endpoints)
    .bind(to)
    .execute(connection)
    .await
    .map(drop)
}

/// Nothing is told to the endpoints of an account that was deactivated; should somebody want it again, it goes on from there.
pub(crate) async fn end_owner(
    connection: &mut PgConnection,
    owner_id: Uuid,
    at: Position,
) -> Result<(), sqlx::Error> {
    sqlx::query("update webhooks.cursor set changes = changes + 1")
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "update webhooks.endpoints set state = 'disabled', disabled_reason = 'owner_deactivated', disabled_at = house_now(), \
                position = coalesce(position, $2) \
         where owner_id = $1 and state = 'active'",
    )
    .bind(owner_id)
    .bind(at)
    .execute(connection)
    .await
    .map(drop)
}

/// Puts events into queues. One that an endpoint has had already is sent again: it is being told of the log anew.
pub(crate) async fn fill(
    connection: &mut PgConnection,
    events: &[Event],
    queued: &[Queued],
) -> Result<(), sqlx::Error> {
    if queued.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into webhooks.events (position, id, event_type, partition_key, payload) \
         select * from unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[]) \
         on conflict (position) do update set told_at = house_now()",
    )
    .bind(events.iter().map(|event| event.position).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
    .bind(
        events
            .iter()
            .map(|event| event.event_type.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        events
            .iter()
            .map(|event| event.partition_key.as_str())
            .collect::<Vec<_>>(),
    )
    .bind(
        events
            .iter()
            .map(|event| event.payload.as_str())
            .collect::<Vec<_>>(),
    )
    .execute(&mut *connection)
    .await?;
    let endpoints: Vec<Uuid> = queued.iter().map(|one| one.endpoint_id).collect();
    let positions: Vec<Option<Position>> = queued
        .iter()
        .map(|one| events.get(one.event).map(|event| event.position))
        .collect();
    // The endpoint first: whoever empties its queue does so, too.
    let mut each = endpoints.clone();
    each.sort_unstable();
    each.dedup();
    wake(connection, &each).await?;
    sqlx::query(
        "insert into webhooks.deliveries (endpoint_id, position, partition_key, event_type) \
         select q.endpoint_id, q.position, e.partition_key, e.event_type \
         from unnest($1::uuid[], $2::bigint[]) q (endpoint_id, position) join webhooks.events e on e.position = q.position \
         on conflict (endpoint_id, position) do update \
             set state = 'waiting', queued_at = house_now(), due_at = house_now(), attempts = 0, http_status = null, failure = null, \
                 took_ms = null, delivered_at = null \
             where deliveries.state <> 'waiting'",
    )
    .bind(endpoints)
    .bind(positions)
    .execute(connection)
    .await
    .map(drop)
}

/// There is something new in the queues of these endpoints; one that takes nothing at present is still left alone.
pub(crate) async fn wake(connection: &mut PgConnection, endpoints: &[Uuid]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhooks.endpoints set queue_version = queue_version + 1, \
                due_at = least(coalesce(due_at, 'infinity'), greatest(coalesce(paused_until, house_now()), house_now())) \
         where id = any($1)",
    )
    .bind(endpoints)
    .execute(connection)
    .await
    .map(drop)
}

/// As Postgres takes it.
pub(crate) fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

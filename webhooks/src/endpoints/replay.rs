//! What owners have sent on purpose: a test, one delivery once more, the log from a position on.

use event_store::Position;
use jiff::Timestamp;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{Endpoint, EndpointError, EndpointRefusal, EndpointScope, EndpointState, show};
use crate::catalogue::TEST;
use crate::error::WebhookError;
use crate::event::test_body;
use crate::queue::{lock_for_change, wake};

/// Tells an endpoint of the log anew, from behind this position on: what it wants now, in order, under the ids it had. What waits there is
/// told in its place, so the log is never told out of order. Answers the endpoint as it is then.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], [`EndpointRefusal::Disabled`], and faults.
pub async fn replay(
    pool: &PgPool,
    scope: EndpointScope,
    id: Uuid,
    after: Position,
) -> Result<Endpoint, EndpointError> {
    let mut transaction = pool.begin().await?;
    lock_for_change(&mut transaction).await?;
    active(&mut transaction, scope, id).await?;
    sqlx::query(
        "update webhooks.endpoints \
         set position = least($2, coalesce(position, $2), (select c.position from webhooks.cursor c)), queue_version = queue_version + 1 \
         where id = $1",
    )
    .bind(id)
    .bind(after)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "delete from webhooks.deliveries d using webhooks.endpoints e \
         where e.id = $1 and d.endpoint_id = e.id and d.state = 'waiting' and d.position > e.position",
    )
    .bind(id)
    .execute(&mut *transaction)
    .await?;
    let replayed = show(&mut *transaction, scope, id).await?;
    transaction.commit().await?;
    Ok(replayed)
}

/// Queues one delivery once more, whatever became of it, as if it were new. Answers whether there is such a delivery.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], [`EndpointRefusal::Disabled`], and faults.
pub async fn retry(
    pool: &PgPool,
    scope: EndpointScope,
    id: Uuid,
    message_id: Uuid,
) -> Result<(), EndpointError> {
    let mut transaction = pool.begin().await?;
    active(&mut transaction, scope, id).await?;
    at_once(&mut transaction, id).await?;
    let queued = sqlx::query(
        "update webhooks.deliveries d \
         set state = 'waiting', due_at = house_now(), attempts = 0, delivered_at = null \
         from webhooks.events e \
         where d.endpoint_id = $1 and e.id = $2 and d.position = e.position",
    )
    .bind(id)
    .bind(message_id)
    .execute(&mut *transaction)
    .await?;
    if queued.rows_affected() == 0 {
        return Err(EndpointRefusal::NotFound.into());
    }
    transaction.commit().await?;
    Ok(())
}

/// Queues a test under this id; the same id again is the same test.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], [`EndpointRefusal::Disabled`], and faults.
pub async fn send_test(
    pool: &PgPool,
    scope: EndpointScope,
    id: Uuid,
    (message_id, now): (Uuid, Timestamp),
) -> Result<(), EndpointError> {
    let payload = test_body(id, now).map_err(WebhookError::from)?;
    let mut transaction = pool.begin().await?;
    active(&mut transaction, scope, id).await?;
    at_once(&mut transaction, id).await?;
    sqlx::query(
        "with told as ( \
             insert into webhooks.events (position, id, event_type, partition_key, payload) \
             values (-nextval('webhooks.test_numbers'), $2, $3, $2::text, $4) on conflict (id) do nothing \
             returning position, partition_key, event_type \
         ) \
         insert into webhooks.deliveries (endpoint_id, position, partition_key, event_type) \
         select $1, position, partition_key, event_type from told",
    )
    .bind(id)
    .bind(message_id)
    .bind(TEST)
    .bind(payload)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Locks the endpoint, which must be one that things are sent to.
async fn active(connection: &mut PgConnection, scope: EndpointScope, id: Uuid) -> Result<(), EndpointError> {
    sqlx::query("select from webhooks.endpoints where id = $1 for update")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    match show(connection, scope, id).await?.state {
        EndpointState::Active => Ok(()),
        EndpointState::Disabled | EndpointState::Deleted => Err(EndpointRefusal::Disabled.into()),
    }
}

/// Somebody wants to see it now: an endpoint that is left alone for a while is tried at once.
async fn at_once(connection: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("update webhooks.endpoints set paused_until = null where id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    wake(connection, &[id]).await
}

//! Endpoints are made, changed and taken away. Each change counts up the cursor's changes, under its lock, so that it takes effect between
//! two facts.

use domain::ids::AccountId;
use event_store::Position;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::{
    DisabledReason, ENDPOINTS_MAX, Endpoint, EndpointError, EndpointRefusal, EndpointScope, ROTATION_HOURS,
    show,
};
use crate::address::EndpointUrl;
use crate::catalogue::EventType;
use crate::context::Webhooks;
use crate::error::WebhookError;
use crate::queue::lock_for_change;
use crate::secret::SigningSecret;

/// An endpoint that is to be.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Its id, derived from the command's where that can be repeated.
    pub id: Uuid,
    /// Whose it is.
    pub owner_id: AccountId,
    /// Told of this clinic's bookings alone.
    pub clinic_id: Option<Uuid>,
    /// Of the command.
    pub digest: String,
    /// Where it is.
    pub url: EndpointUrl,
    /// What it is told of.
    pub event_types: Vec<EventType>,
}

/// An endpoint and its secret, which is shown this once.
#[derive(Debug)]
pub struct Made {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What its messages are signed with.
    pub secret: SigningSecret,
}

/// What changes; nothing leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Where it is.
    pub url: Option<EndpointUrl>,
    /// What it is told of.
    pub event_types: Option<Vec<EventType>>,
    /// Whether it is told of anything.
    pub enabled: Option<bool>,
}

/// Makes an endpoint, which is told of everything from now on. The same command again finds the one it made.
///
/// # Errors
/// [`EndpointRefusal::TooMany`], [`EndpointRefusal::KeyReused`], and faults.
pub async fn create(webhooks: &Webhooks, new: &NewEndpoint) -> Result<Made, EndpointError> {
    let secret = SigningSecret::draw();
    let sealed = webhooks.keys.seal(new.id, &secret)?;
    let mut transaction = webhooks.pool.begin().await?;
    lock_for_change(&mut transaction).await?;
    let owned: i64 = sqlx::query_scalar(
        "select count(*) from webhooks.endpoints where owner_id = $1 and state <> 'deleted'",
    )
    .bind(new.owner_id.uuid())
    .fetch_one(&mut *transaction)
    .await?;
    let made = sqlx::query(
        "insert into webhooks.endpoints (id, owner_id, clinic_id, command_digest, url, event_types, secret, secret_command, position) \
         select $1, $2, $3, $4, $5, $6, $7, $1, (select coalesce(max(e.position), 0) from events e) where $8 \
         on conflict (id) do nothing",
    )
    .bind(new.id)
    .bind(new.owner_id.uuid())
    .bind(new.clinic_id)
    .bind(&new.digest)
    .bind(new.url.url().as_str())
    .bind(names(&new.event_types))
    .bind(&sealed)
    .bind(owned < ENDPOINTS_MAX)
    .execute(&mut *transaction)
    .await?;
    if made.rows_affected() == 0 {
        drop(transaction);
        return made_before(webhooks, new).await;
    }
    let endpoint = show(&mut *transaction, EndpointScope::Of(new.owner_id.uuid()), new.id).await?;
    transaction.commit().await?;
    Ok(Made { endpoint, secret })
}

/// What the same command made before, or that there are too many.
async fn made_before(webhooks: &Webhooks, new: &NewEndpoint) -> Result<Made, EndpointError> {
    let known: Option<String> =
        sqlx::query_scalar("select command_digest from webhooks.endpoints where id = $1")
            .bind(new.id)
            .fetch_optional(&webhooks.pool)
            .await?;
    match known {
        None => Err(EndpointRefusal::TooMany.into()),
        Some(digest) if digest != new.digest => Err(EndpointRefusal::KeyReused.into()),
        Some(_) => {
            let endpoint = show(&webhooks.pool, EndpointScope::Of(new.owner_id.uuid()), new.id).await?;
            let secret = present_secret(webhooks, new.id).await?;
            Ok(Made { endpoint, secret })
        }
    }
}

/// Changes an endpoint. One that is switched off stays where it is in the log, and goes on from there.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], and faults.
pub async fn edit(
    pool: &PgPool,
    scope: EndpointScope,
    id: Uuid,
    change: &Change,
) -> Result<Endpoint, EndpointError> {
    let mut transaction = pool.begin().await?;
    let cursor = lock_for_change(&mut transaction).await?;
    show(&mut *transaction, scope, id).await?;
    sqlx::query("update webhooks.endpoints set url = coalesce($2, url), event_types = coalesce($3, event_types) where id = $1")
        .bind(id)
        .bind(change.url.as_ref().map(|url| url.url().as_str()))
        .bind(change.event_types.as_deref().map(names))
        .execute(&mut *transaction)
        .await?;
    match change.enabled {
        Some(true) => enable(&mut transaction, id).await?,
        Some(false) => stop(&mut transaction, id, DisabledReason::ByOwner, cursor).await?,
        None => {}
    }
    let changed = show(&mut *transaction, scope, id).await?;
    transaction.commit().await?;
    Ok(changed)
}

async fn enable(connection: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhooks.endpoints \
         set state = 'active', disabled_reason = null, disabled_at = null, failures = 0, failing_since = null, paused_until = null, \
             troubled = false, queue_version = queue_version + 1, due_at = house_now() \
         where id = $1 and state = 'disabled'",
    )
    .bind(id)
    .execute(connection)
    .await
    .map(drop)
}

async fn stop(
    connection: &mut PgConnection,
    id: Uuid,
    reason: DisabledReason,
    cursor: Position,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhooks.endpoints \
         set state = 'disabled', disabled_reason = $2, disabled_at = house_now(), position = coalesce(position, $3) \
         where id = $1 and state = 'active'",
    )
    .bind(id)
    .bind(reason.as_str())
    .bind(cursor)
    .execute(connection)
    .await
    .map(drop)
}

/// The platform stops an endpoint.
///
/// # Errors
/// When the database cannot be used.
pub async fn disable(pool: &PgPool, id: Uuid, reason: DisabledReason) -> Result<(), WebhookError> {
    let mut transaction = pool.begin().await?;
    let cursor = lock_for_change(&mut transaction).await?;
    stop(&mut transaction, id, reason, cursor).await?;
    transaction.commit().await?;
    Ok(())
}

/// Takes an endpoint away: nothing is sent to it any more, its secrets are gone at once, its deliveries soon.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], and faults.
pub async fn remove(pool: &PgPool, scope: EndpointScope, id: Uuid) -> Result<Endpoint, EndpointError> {
    let mut transaction = pool.begin().await?;
    lock_for_change(&mut transaction).await?;
    let mut removed = show(&mut *transaction, scope, id).await?;
    sqlx::query(
        "update webhooks.endpoints \
         set state = 'deleted', disabled_reason = null, disabled_at = null, due_at = null, secret = '', previous_secret = null, \
             previous_until = null \
         where id = $1",
    )
    .bind(id)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    removed.state = super::EndpointState::Deleted;
    (removed.disabled_reason, removed.disabled_at) = (None, None);
    Ok(removed)
}

/// Draws a new secret; messages are signed with the one before, too, for [`ROTATION_HOURS`]. The same command again finds the secret it
/// drew.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], and faults.
pub async fn rotate_secret(
    webhooks: &Webhooks,
    scope: EndpointScope,
    id: Uuid,
    command_id: Uuid,
) -> Result<Made, EndpointError> {
    let sealed = webhooks.keys.seal(id, &SigningSecret::draw())?;
    let mut transaction = webhooks.pool.begin().await?;
    lock_for_change(&mut transaction).await?;
    show(&mut *transaction, scope, id).await?;
    sqlx::query(
        "update webhooks.endpoints \
         set previous_secret = secret, previous_until = house_now() + make_interval(hours => $4), secret = $2, secret_command = $3 \
         where id = $1 and secret_command <> $3",
    )
    .bind(id)
    .bind(&sealed)
    .bind(command_id)
    .bind(ROTATION_HOURS)
    .execute(&mut *transaction)
    .await?;
    let endpoint = show(&mut *transaction, scope, id).await?;
    transaction.commit().await?;
    let secret = present_secret(webhooks, id).await?;
    Ok(Made { endpoint, secret })
}

async fn present_secret(webhooks: &Webhooks, id: Uuid) -> Result<SigningSecret, EndpointError> {
    let sealed: Vec<u8> =
        sqlx::query_scalar("select secret from webhooks.endpoints where id = $1 and state <> 'deleted'")
            .bind(id)
            .fetch_optional(&webhooks.pool)
            .await?
            .ok_or(EndpointRefusal::NotFound)?;
    Ok(webhooks.keys.open(id, &sealed)?)
}

fn names(event_types: &[EventType]) -> Vec<&'static str> {
    event_types.iter().map(|one| one.as_str()).collect()
}

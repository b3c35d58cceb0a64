//! What an endpoint was sent, and what became of it.

use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx as _};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::read::instant;
use super::{EndpointError, EndpointScope, show};
use crate::error::WebhookError;

/// Where a delivery stands.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// To be sent, or sent again.
    Waiting,
    Delivered,
    /// Given up after the last attempt.
    Failed,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Failed];

    /// The stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One event at one endpoint.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `webhook-id`.
    pub message_id: Uuid,
    /// Of its fact; negative for a test.
    pub position: i64,
    pub event_type: String,
    pub state: DeliveryState,
    pub queued_at: Timestamp,
    /// When it is sent next; none when it is not.
    pub due_at: Option<Timestamp>,
    pub attempts: i32,
    pub last_attempt_at: Option<Timestamp>,
    /// What the last attempt was answered with.
    pub http_status: Option<i16>,
    /// Why the last attempt failed, as a word.
    pub failure: Option<String>,
    /// How long the last attempt took, in milliseconds.
    pub took_ms: Option<i32>,
    pub delivered_at: Option<Timestamp>,
}

/// Which deliveries.
#[derive(Clone, Copy, Debug)]
pub struct DeliveriesFilter<'a> {
    /// Only those that stand so.
    pub state: Option<DeliveryState>,
    /// Only events of this name.
    pub event_type: Option<&'a str>,
    /// Only those of this booking.
    pub booking_id: Option<Uuid>,
    /// Where the page before ended: when it was queued, and its position.
    pub after: Option<(Timestamp, i64)>,
    /// How many at most.
    pub rows: i64,
}

/// A page of an endpoint's deliveries, the latest first.
///
/// # Errors
/// [`super::EndpointRefusal::NotFound`], and faults.
pub async fn deliveries(
    pool: &PgPool,
    scope: EndpointScope,
    id: Uuid,
    filter: &DeliveriesFilter<'_>,
) -> Result<Vec<Delivery>, EndpointError> {
    show(pool, scope, id).await?;
    let (at, position) = filter.after.unwrap_or((Timestamp::MAX, i64::MAX));
    let rows = sqlx::query(
        "select e.id, d.position, d.event_type, d.state, d.queued_at, case when d.state = 'waiting' then d.due_at end as due_at, \
                d.attempts, d.last_attempt_at, d.http_status, d.failure, d.took_ms, d.delivered_at \
         from webhooks.deliveries d join webhooks.events e on e.position = d.position \
         where d.endpoint_id = $1 and (d.queued_at, d.position) < ($2, $3) \
           and ($4::text is null or d.state = $4) and ($5::text is null or d.event_type = $5) \
           and ($6::text is null or d.partition_key = $6) \
         order by d.queued_at desc, d.position desc limit $7",
    )
    .bind(id)
    .bind(at.to_sqlx())
    .bind(position)
    .bind(filter.state.map(DeliveryState::as_str))
    .bind(filter.event_type)
    .bind(filter.booking_id.map(|booking| booking.to_string()))
    .bind(filter.rows)
    .fetch_all(pool)
    .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &PgRow) -> Result<Delivery, WebhookError> {
    let state = DeliveryState::parse(row.try_get("state")?);
    Ok(Delivery {
        message_id: row.try_get("id")?,
        position: row.try_get("position")?,
        event_type: row.try_get("event_type")?,
        state: state.ok_or(WebhookError::Stored("state"))?,
        queued_at: row.try_get::<SqlTimestamp, _>("queued_at")?.to_jiff(),
        due_at: instant(row, "due_at")?,
        attempts: row.try_get("attempts")?,
        last_attempt_at: instant(row, "last_attempt_at")?,
        http_status: row.try_get("http_status")?,
        failure: row.try_get("failure")?,
        took_ms: row.try_get("took_ms")?,
        delivered_at: instant(row, "delivered_at")?,
    })
}

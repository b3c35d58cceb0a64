//! How far webhooks are behind: for operators and metrics.

use std::time::Duration;

use event_store::Position;
use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// What the gauges may cost: a twentieth of the time at most.
const REST_TIMES: u32 = 19;
/// So many waiting deliveries are counted at most.
const COUNTED_MAX: i64 = 100_000;

/// How webhooks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Facts that no endpoint was told of yet.
    pub behind: Position,
    /// Deliveries that wait at active endpoints, 100 000 at most.
    pub waiting: i64,
    /// How long the oldest due delivery of an endpoint that is not in trouble waits, in milliseconds.
    pub oldest_ms: i64,
    /// Active endpoints that took nothing last time.
    pub failing: i64,
    /// Endpoints that were switched off by the platform, not by their owners.
    pub disabled: i64,
}

/// So many facts may be told to nobody yet while everything goes well.
const BEHIND_MAX: Position = 1_000;

impl Standing {
    /// How it is, in words.
    ///
    /// # Errors
    /// What is not as it should be.
    pub fn judge(&self) -> Result<String, String> {
        let Self {
            behind,
            failing,
            disabled,
            ..
        } = self;
        match *behind > BEHIND_MAX {
            true => Err(format!(
                "{behind} facts are told to no endpoint yet: does a process of the role `webhooks` run?"
            )),
            false => Ok(format!(
                "endpoints: {failing} take nothing at present, {disabled} were switched off"
            )),
        }
    }
}

/// How webhooks stand now.
///
/// # Errors
/// When the database cannot be used.
pub async fn standing(pool: &PgPool) -> Result<Standing, sqlx::Error> {
    let (behind, waiting, oldest_ms, failing, disabled) = sqlx::query_as(
        "select (select greatest(coalesce((select max(position) from events), 0) - c.position, 0) from webhooks.cursor c), \
                (select count(*) from (select from webhooks.deliveries where state = 'waiting' limit $1) w), \
                coalesce((select (extract(epoch from house_now() - min(due_at)) * 1000)::bigint from webhooks.endpoints \
                          where due_at < house_now() and state = 'active' and not troubled), 0), \
                (select count(*) from webhooks.endpoints where state = 'active' and failures > 0), \
                (select count(*) from webhooks.endpoints where state = 'disabled' and disabled_reason in ('gone', 'failing'))",
    )
    .bind(COUNTED_MAX)
    .fetch_one(pool)
    .await?;
    Ok(Standing {
        behind,
        waiting,
        oldest_ms,
        failing,
        disabled,
    })
}

/// Sets the gauges every so often until stopped; less often where that takes long.
pub async fn keep_gauges(pool: PgPool, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let began = Instant::now();
        match standing(&pool).await {
            Ok(standing) => set(standing),
            Err(error) => warn!(error = %error, "the gauges of webhooks could not be set"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every.max(began.elapsed() * REST_TIMES)) => {}
        }
    }
}

fn set(standing: Standing) {
    let gauge = |name: &'static str, value: i64| {
        // A gauge takes a floating point number; counts up to 2^31 are exact in it.
        metrics::gauge!(name).set(f64::from(i32::try_from(value).unwrap_or(i32::MAX)));
    };
    gauge("tot_webhooks_behind_facts", standing.behind);
    gauge("tot_webhooks_waiting", standing.waiting);
    gauge("tot_webhooks_oldest_milliseconds", standing.oldest_ms);
    gauge("tot_webhook_endpoints_failing", standing.failing);
    gauge("tot_webhook_endpoints_disabled", standing.disabled);
}

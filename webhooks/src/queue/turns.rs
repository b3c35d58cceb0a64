//! How queues are emptied: endpoints are claimed, what is due at them read, what became of it recorded.

use std::time::Duration;

use event_store::Position;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::milliseconds;
use crate::options::DispatcherOptions;
use crate::transport::Attempt;

/// An endpoint that this process delivers to until its lease ends.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub id: Uuid,
    pub url: String,
    pub secret: Vec<u8>,
    /// While a secret rotates.
    pub previous_secret: Option<Vec<u8>>,
    pub queue_version: i64,
    /// Turns in a row in which it took nothing.
    pub failures: i32,
    pub troubled: bool,
    pub lease: Uuid,
}

/// One delivery that is due.
#[derive(Clone, Debug)]
pub(crate) struct Due {
    pub position: Position,
    pub partition_key: String,
    pub attempts: u32,
    pub message_id: Uuid,
    pub payload: String,
    /// The first that waits of the same booking.
    pub first_waiting: Position,
}

/// How many endpoints there is a place for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    /// Of those that answer well.
    pub well: usize,
    /// Of those in trouble.
    pub troubled: usize,
}

/// Claims endpoints that have something to send.
pub(crate) async fn claim(
    pool: &PgPool,
    lease: Uuid,
    places: Places,
    options: &DispatcherOptions,
) -> Result<Vec<Claimed>, sqlx::Error> {
    let due = |troubled: bool, places: &str| {
        format!(
            "select * from (select id from webhooks.endpoints \
                            where state = 'active' and due_at <= house_now() and troubled = {troubled} \
                              and (leased_until is null or leased_until < clock_timestamp()) \
                            order by due_at limit {places} for update skip locked) troubled_{troubled}"
        )
    };
    let (well, troubled) = (due(false, "$3"), due(true, "$4"));
    let claimed = format!(
        "update webhooks.endpoints e set lease = $1, leased_until = clock_timestamp() + $2::bigint * interval '1 millisecond' \
         from ({well} union all {troubled}) due \
         where e.id = due.id \
         returning e.id, e.url, e.secret, \
                   case when e.previous_until > house_now() then e.previous_secret end as previous_secret, e.queue_version, \
                   e.failures, e.troubled, e.lease"
    );
    let most = |places: usize| i64::try_from(places).unwrap_or(i64::MAX);
    sqlx::query_as(&claimed)
        .bind(lease)
        .bind(milliseconds(options.lease))
        .bind(most(places.well))
        .bind(most(places.troubled))
        .fetch_all(pool)
        .await
}

/// What is due at these endpoints, at most so many of each, in the order in which it became due.
pub(crate) async fn load(pool: &PgPool, endpoints: &[(Uuid, i64)]) -> Result<Vec<(Uuid, Due)>, sqlx::Error> {
    let (ids, limits): (Vec<Uuid>, Vec<i64>) = endpoints.iter().copied().unzip();
    let rows: Vec<(Uuid, Position, String, i32, Uuid, String, Position)> = sqlx::query_as(
        "select x.id, d.position, d.partition_key, d.attempts, e.id, e.payload, d.first_waiting \
         from unnest($1::uuid[], $2::bigint[]) x (id, most) \
         cross join lateral ( \
             select w.position, w.partition_key, w.attempts, w.due_at, \
                    (select min(f.position) from webhooks.deliveries f \
                     where f.endpoint_id = x.id and f.partition_key = w.partition_key and f.state = 'waiting') as first_waiting \
             from webhooks.deliveries w \
             where w.endpoint_id = x.id and w.state = 'waiting' and w.due_at <= house_now() \
             order by w.due_at, w.position limit x.most) d \
         join webhooks.events e on e.position = d.position \
         order by x.id, d.due_at, d.position",
    )
    .bind(ids)
    .bind(limits)
    .fetch_all(pool)
    .await?;
    let due = rows.into_iter().map(
        |(id, position, partition_key, attempts, message_id, payload, first_waiting)| {
            let attempts = u32::try_from(attempts).unwrap_or_default();
            let due = Due {
                position,
                partition_key,
                attempts,
                message_id,
                payload,
                first_waiting,
            };
            (id, due)
        },
    );
    Ok(due.collect())
}

/// What became of one attempt, to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub position: Position,
    pub partition_key: String,
    pub attempt: Attempt,
    pub took: Duration,
    /// When it is tried again; nothing if it was taken or is given up.
    pub again_in: Option<Duration>,
}

/// How a turn of an endpoint ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnEnd {
    pub sent: Vec<Sent>,
    /// Bookings whose first waiting event is not due: what waits behind it is not, either.
    pub blocked: Vec<String>,
    /// Turns in a row in which it took nothing, this one included.
    pub failures: i32,
    /// How long it is left alone.
    pub pause: Option<Duration>,
    pub slow: bool,
}

/// Records what was sent and lets the endpoint go. Answers since when, in seconds, it has taken nothing.
pub(crate) async fn finish(pool: &PgPool, claimed: &Claimed, end: &TurnEnd) -> Result<i64, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    record(&mut transaction, claimed.id, &end.sent).await?;
    let failed: Vec<&str> = end
        .sent
        .iter()
        .filter(|sent| sent.again_in.is_some())
        .map(|sent| sent.partition_key.as_str())
        .chain(end.blocked.iter().map(String::as_str))
        .collect();
    if !failed.is_empty() {
        wait_in_order(&mut transaction, claimed.id, &failed).await?;
    }
    let failing = release(&mut transaction, claimed, end).await?;
    transaction.commit().await?;
    Ok(failing)
}

async fn record(connection: &mut PgConnection, endpoint_id: Uuid, sent: &[Sent]) -> Result<(), sqlx::Error> {
    if sent.is_empty() {
        return Ok(());
    }
    let state = |one: &Sent| match (one.attempt.is_taken(), one.again_in) {
        (true, _) => "delivered",
        (false, Some(_)) => "waiting",
        (false, None) => "failed",
    };
    sqlx::query(
        "update webhooks.deliveries d \
         set state = s.state, attempts = d.attempts + 1, last_attempt_at = house_now(), http_status = s.http_status, failure = s.failure, \
             took_ms = s.took_ms, due_at = house_now() + s.again_ms * interval '1 millisecond', \
             delivered_at = case when s.state = 'delivered' then house_now() end \
         from unnest($2::bigint[], $3::text[], $4::smallint[], $5::text[], $6::int[], $7::bigint[]) \
              s (position, state, http_status, failure, took_ms, again_ms) \
         where d.endpoint_id = $1 and d.position = s.position and d.state = 'waiting'",
    )
    .bind(endpoint_id)
    .bind(sent.iter().map(|one| one.position).collect::<Vec<_>>())
    .bind(sent.iter().map(state).collect::<Vec<_>>())
    .bind(sent.iter().map(|one| one.attempt.status().and_then(|status| i16::try_from(status).ok())).collect::<Vec<_>>())
    .bind(sent.iter().map(|one| one.attempt.failure()).collect::<Vec<_>>())
    .bind(sent.iter().map(|one| i32::try_from(one.took.as_millis()).unwrap_or(i32::MAX)).collect::<Vec<_>>())
    .bind(sent.iter().map(|one| milliseconds(one.again_in.unwrap_or_default())).collect::<Vec<_>>())
    .execute(connection)
    .await
    .map(drop)
}

/// What waits behind an event of the same booking is due when that is.
async fn wait_in_order(
    connection: &mut PgConnection,
    endpoint_id: Uuid,
    partition_keys: &[&str],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "update webhooks.deliveries d set due_at = f.due_at \
         from (select distinct on (partition_key) partition_key, due_at from webhooks.deliveries \
               where endpoint_id = $1 and state = 'waiting' and partition_key = any($2) order by partition_key, position) f \
         where d.endpoint_id = $1 and d.state = 'waiting' and d.partition_key = f.partition_key and d.due_at < f.due_at",
    )
    .bind(endpoint_id)
    .bind(partition_keys)
    .execute(connection)
    .await
    .map(drop)
}

/// Lets the endpoint go until its next delivery is due. If something was put into its queue meanwhile, that is at once: what this statement
/// sees of the queue is older than that.
async fn release(
    connection: &mut PgConnection,
    claimed: &Claimed,
    end: &TurnEnd,
) -> Result<i64, sqlx::Error> {
    let due = |seen: &str| {
        format!(
            "update webhooks.endpoints e set lease = null, leased_until = null, troubled = $5, failures = $3, \
                    failing_since = case when $3 = 0 then null else coalesce(e.failing_since, house_now()) end, \
                    paused_until = house_now() + $4::bigint * interval '1 millisecond', \
                    due_at = {seen}, \
                    last_delivered_at = case when $6 then house_now() else e.last_delivered_at end, \
                    last_failure = case when $7::text is not null then $7 when $6 then null else e.last_failure end \
             where e.id = $1 and e.lease = $2"
        )
    };
    let waiting = "(select case when min(d.due_at) is not null \
                                then greatest(min(d.due_at), house_now() + $4::bigint * interval '1 millisecond') end \
                    from webhooks.deliveries d where d.endpoint_id = $1 and d.state = 'waiting')";
    let at_once = "greatest(house_now(), house_now() + $4::bigint * interval '1 millisecond')";
    let failing = "returning extract(epoch from house_now() - e.failing_since)::bigint";
    let exactly = format!("{} and e.queue_version = $8 {failing}", due(waiting));
    let in_any_case = format!("{} and e.queue_version <> $8 {failing}", due(at_once));
    for statement in [exactly, in_any_case] {
        let released: Option<Option<i64>> = sqlx::query_scalar(&statement)
            .bind(claimed.id)
            .bind(claimed.lease)
            .bind(end.failures)
            .bind(end.pause.map(milliseconds))
            .bind(end.failures > 0 || end.slow)
            .bind(end.sent.iter().any(|sent| sent.attempt.is_taken()))
            .bind(end.sent.iter().rev().find_map(|sent| sent.attempt.failure()))
            .bind(claimed.queue_version)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(failing_s) = released {
            return Ok(failing_s.unwrap_or_default());
        }
    }
    // Somebody else has it by now.
    Ok(0)
}

//! Does an append grow slower as the log grows longer? The same sequential appends after 10⁴ facts and after many more.

use std::time::Instant;

use domain::booking::Booking;
use domain::booking::events::{BookingEvent, CallType};
use domain::booking::refusal::BookingRefusal;
use domain::ids::{BookingId, PatientId};
use domain::money::Money;
use domain::policy::cancellation::CancellationTerms;
use event_store::{CommandContext, EventLog, LogOptions, StreamName, UnitOfWork, execute, shard_of};
use jiff::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use crate::grown::{self, Grown};
use crate::samples::Samples;
use crate::stats::Latencies;

/// The short log.
pub const SHORT_FACTS: i64 = 10_000;
/// Appends measured at each length, one after the other.
const APPENDS: usize = 2_000;
/// Facts copied in one statement while the log is filled.
const FILL_BATCH: i64 = 100_000;

/// What was measured at one length: the median append in milliseconds, and what readers and operators wait for.
struct AtLength {
    append_ms: f64,
    grown: Grown,
}

/// The same at [`SHORT_FACTS`] and at `long_facts`.
pub async fn run(
    app_url: &str,
    owner_url: &str,
    long_facts: i64,
    samples: &mut Samples,
) -> Result<(), String> {
    let known = domain::any_event::known;
    let log = EventLog::open(LogOptions::new(app_url, known))
        .await
        .map_err(|error| error.to_string())?;
    let owner = PgPool::connect(owner_url)
        .await
        .map_err(|error| error.to_string())?;
    append(&log).await?;
    let short = at_length(&log, &owner, SHORT_FACTS).await?;
    let long = at_length(&log, &owner, long_facts).await?;
    for (figure, value) in [
        ("append_short_ms", short.append_ms),
        ("append_long_ms", long.append_ms),
        ("fresh_read_short_ms", short.grown.fresh_read_ms),
        ("fresh_read_long_ms", long.grown.fresh_read_ms),
        ("read_again_short_ms", short.grown.read_again_ms),
        ("read_again_long_ms", long.grown.read_again_ms),
        ("rare_list_short_ms", short.grown.rare_list_ms),
        ("rare_list_long_ms", long.grown.rare_list_ms),
        ("statement_short_ms", short.grown.statement_ms),
        ("statement_long_ms", long.grown.statement_ms),
        ("unpark_short_ms", short.grown.unpark_ms),
        ("unpark_long_ms", long.grown.unpark_ms),
        ("rebuild_short_per_s", short.grown.rebuild_per_s),
        ("rebuild_long_per_s", long.grown.rebuild_per_s),
    ] {
        samples.add(figure, value);
    }
    samples.add("append_growth", long.append_ms / short.append_ms);
    samples.add(
        "fresh_read_growth",
        long.grown.fresh_read_ms / short.grown.fresh_read_ms,
    );
    samples.add(
        "read_again_growth",
        long.grown.read_again_ms / short.grown.read_again_ms,
    );
    samples.add("unpark_growth", long.grown.unpark_ms / short.grown.unpark_ms);
    samples.add(
        "rebuild_growth",
        short.grown.rebuild_per_s / long.grown.rebuild_per_s,
    );
    samples.add("append_long_facts", long_facts as f64);
    Ok(())
}

async fn at_length(log: &EventLog, owner: &PgPool, facts: i64) -> Result<AtLength, String> {
    fill(owner, facts).await?;
    let append_ms = append(log).await?.percentile_ms(50);
    let grown = grown::measure(log, owner).await?;
    Ok(AtLength { append_ms, grown })
}

async fn append(log: &EventLog) -> Result<Latencies, String> {
    let mut latencies = Latencies::default();
    for _ in 0..APPENDS {
        let (context, booking_id) = (context(), BookingId::from_uuid(Uuid::now_v7()));
        let name = StreamName::of::<Booking>(booking_id, booking_id);
        let asked = Instant::now();
        let decide = |streams: &mut UnitOfWork<'_, BookingRefusal>| {
            streams.assume_new::<Booking>(&name);
            streams.record::<Booking>(&name, vec![requested(booking_id, streams.now())])
        };
        execute(log, &context, std::slice::from_ref(&name), decide)
            .await
            .map_err(|error| error.to_string())?;
        latencies.add(asked.elapsed());
    }
    Ok(latencies)
}

/// Copies facts under new ids, in the order of time like ours, until the log holds `facts`; positions stay dense and every column
/// is filled as the append function fills it.
async fn fill(owner: &PgPool, facts: i64) -> Result<(), String> {
    let copy = "
        insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                            position, shard, partition_key, recorded_at, command_id)
        select aggregate_type, copy.id, 1, event_type, event_version,
               replace(payload::text, aggregate_id, copy.id)::json, metadata,
               head.position + copy.n, copy.shard, copy.id, head.recorded_at, uuidv7()
        from (select aggregate_type, aggregate_id, event_type, event_version, payload, metadata from events
              where sequence = 1 order by position limit 1) sample,
             (select position, recorded_at from events order by position desc limit 1) head,
             unnest($1::text[], $2::smallint[]) with ordinality copy (id, shard, n)";
    loop {
        let head: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from events")
            .fetch_one(owner)
            .await
            .map_err(|error| error.to_string())?;
        let missing = (facts - head).min(FILL_BATCH);
        if missing <= 0 {
            break;
        }
        let ids: Vec<String> = (0..missing).map(|_| Uuid::now_v7().to_string()).collect();
        let shards: Vec<i16> = ids.iter().map(|id| shard_of(id)).collect();
        sqlx::query(copy)
            .bind(ids)
            .bind(shards)
            .execute(owner)
            .await
            .map_err(|error| error.to_string())?;
    }
    // What autovacuum and the checkpointer would do in days of running is done before the clock starts.
    for upkeep in ["vacuum analyze events", "checkpoint"] {
        // The owner may not checkpoint on every server; the measurement does not depend on it.
        drop(sqlx::query(upkeep).execute(owner).await);
    }
    Ok(())
}

fn context() -> CommandContext {
    CommandContext {
        command_id: Uuid::now_v7(),
        repeatable: true,
        remembers_no_op: false,
        digest: "0".repeat(64),
        actor_id: Uuid::nil().to_string(),
        actor_role: "patient",
        correlation_id: Uuid::nil().to_string(),
        causation: None,
        trace_id: "0".repeat(32),
        channel: None,
        app_id: None,
        expected: None,
    }
}

fn requested(booking_id: BookingId, at: Timestamp) -> BookingEvent {
    BookingEvent::Requested {
        booking_id,
        patient_id: PatientId::from_uuid(Uuid::nil()),
        call_type: CallType::Urgent,
        appointment: None,
        price: Money::kopecks(150_000),
        tariff_version: 1,
        terms: CancellationTerms::ByDeparture {
            after_departure_percent: 30,
        },
        pay_by: at,
        details: None,
        at,
    }
}

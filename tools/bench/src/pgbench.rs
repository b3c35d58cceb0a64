//! The yardstick: pgbench's own client, one transaction per command (load; begin, insert, commit), no HTTP.

use std::path::Path;
use std::process::Command;

use sqlx::{Connection, PgConnection};

/// Clients, as in the design's own measurement.
const CLIENTS: &str = "32";

const TABLE: &str = "
create table if not exists bench_events (
    aggregate_type text not null, aggregate_id text not null, sequence bigint not null check (sequence >= 0),
    event_type text not null, event_version text not null, payload json not null, metadata json not null,
    primary key (aggregate_type, aggregate_id, sequence));";

/// A payload of the size of an urgent booking's fact. A colon before a word would name a variable of pgbench's: hence the
/// spaces.
const SCRIPT: &str = r#"\set a random(1, 2000000000)
\set b random(1, 2000000000)
select aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata from bench_events where aggregate_type = 'booking' and aggregate_id = :a::text || '-' || :b::text order by sequence;
begin;
insert into bench_events values ('booking', :a::text || '-' || :b::text, 1, 'BookingRequested', '1', '{"BookingRequested": {"booking_id": "5f0f1a52-6e0c-5c0e-9a53-3f0f5a7b8c9d","patient_id": "0190f5a5-7c3e-7a52-8a53-3f0f5a7b8c9d","call_type": "urgent","appointment": null,"price": {"minor": 150000,"currency": "RUB"},"tariff_version": 1,"terms": {"by_departure": {"after_departure_percent": 30}},"pay_by": "2026-11-22T19:15:00Z","details": {"id": "5f0f1a52-6e0c-5c0e-9a53-3f0f5a7b8c9e","digest": "0000000000000000000000000000000000000000000000000000000000000000"},"at": "2026-11-22T19:00:00Z"}}', '{"command_digest": "0000000000000000000000000000000000000000000000000000000000000000","actor_id": "0190f5a5-7c3e-7a52-8a53-3f0f5a7b8c9d","actor_role": "patient","correlation_id": "5f0f1a52-6e0c-5c0e-9a53-3f0f5a7b8c9d","trace_id": "00000000000000000000000000000000","app_version": "0.0.0","at": "2026-11-22T19:00:00Z"}') on conflict do nothing;
commit;
"#;

/// Makes the table.
pub async fn prepare(database_url: &str) -> Result<(), String> {
    let mut connection = PgConnection::connect(database_url)
        .await
        .map_err(|error| error.to_string())?;
    sqlx::raw_sql(TABLE)
        .execute(&mut connection)
        .await
        .map_err(|error| error.to_string())?;
    Ok(())
}

/// Transactions per second over `seconds`.
pub fn run(program: &Path, database_url: &str, folder: &Path, seconds: u64) -> Result<f64, String> {
    let script = folder.join("command.sql");
    std::fs::write(&script, SCRIPT).map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--client",
            CLIENTS,
            "--jobs",
            "2",
            "--time",
            &seconds.to_string(),
        ])
        .arg("--file")
        .arg(&script)
        .arg(database_url)
        .output()
        .map_err(|error| format!("pgbench does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text
        .lines()
        .find_map(|line| line.strip_prefix("tps = "))
        .and_then(|rest| rest.split(' ').next());
    rate.and_then(|rate| rate.parse().ok())
        .ok_or_else(|| format!("pgbench said: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

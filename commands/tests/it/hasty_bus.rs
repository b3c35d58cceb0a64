//! The way over NATS for a platform under test.

use std::time::Duration;

use event_store::{Bus, BusOptions, EventLog, MessageKeys};

/// A bus that soon notices when NATS goes or comes, and sends a few facts at a time.
pub async fn connect(nats_url: &str, log: &EventLog) -> Bus {
    let options = BusOptions {
        facts_per_message_max: 4,
        answer_max: Duration::from_millis(500),
        heartbeat: Duration::from_millis(200),
        reopen: Duration::from_millis(10),
        ..BusOptions::default()
    };
    Bus::connect_with(
        nats_url,
        log.identity(),
        Some(MessageKeys::new(&[1; 32], None)),
        options,
    )
    .await
    .unwrap()
}

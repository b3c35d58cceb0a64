//! How fast one core turns facts into a tree: the notary follows the log, so it must be faster than whatever writes it.
//!
//! The figure needs a build with optimisation: `cargo test --release -p notary --test throughput -- --nocapture`.

use std::time::Instant;

use notary::{EventRow, Frontier, Hash, leaf_hash};
use uuid::Uuid;

/// What a fact of a booking is stored in, columns and all: about 600 bytes.
const PAYLOAD_BYTES: usize = 300;
const METADATA_BYTES: usize = 200;
const FACTS_PER_SECOND_MIN: u128 = 400_000;

#[test]
fn facts_become_a_tree_faster_than_they_are_written() {
    let facts = if cfg!(debug_assertions) { 1_000 } else { 2_000_000 };
    let (payload, metadata) = ("p".repeat(PAYLOAD_BYTES), "m".repeat(METADATA_BYTES));
    let (mut frontier, mut previous, mut nodes) = (Frontier::default(), Hash::ZERO, 0_u64);
    let start = Instant::now();
    for position in 1..=facts {
        let row = EventRow {
            aggregate_type: "booking",
            aggregate_id: "booking_0192000000007000800000000000001",
            sequence: position,
            event_type: "BookingRequested",
            event_version: "2",
            payload: &payload,
            metadata: &metadata,
            position,
            shard: 7,
            partition_key: "01920000-0000-7000-8000-000000000001",
            recorded_at_us: 1_796_000_000_000_000,
            command_id: Some(Uuid::nil()),
        };
        previous = leaf_hash(&row, &previous);
        frontier.append(previous, |_, _| nodes += 1);
    }
    let elapsed = start.elapsed().as_micros().max(1);
    assert_eq!(frontier.size(), facts.unsigned_abs());
    assert_eq!(
        nodes,
        2 * frontier.size() - u64::from(frontier.size().count_ones())
    );
    let rate = u128::from(frontier.size()) * 1_000_000 / elapsed;
    println!("{rate} facts a second");
    assert!(
        cfg!(debug_assertions) || rate > FACTS_PER_SECOND_MIN,
        "{rate} facts a second"
    );
}

//! The script against the table of a process, which is itself held against buckets of tokens: at the same moments, the same answers.

use std::num::NonZeroU32;
use std::time::Duration;

use dev_stack::Valkey;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rate_limits::{Quota, Table};

/// The script, told the time instead of asking for it.
fn script() -> String {
    let clock = "redis.call('TIME')";
    let source = include_str!("../../src/shared/gcra.lua");
    assert!(source.contains(clock));
    source.replace(clock, "{ARGV[4], ARGV[5]}")
}

#[tokio::test]
async fn the_script_admits_what_a_process_would() {
    const BEGAN_S: u64 = 1_796_000_000;
    let valkey = Valkey::start().await.unwrap();
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let script = script();
    let steps = prop::collection::vec((0_u64..12, 0_u64..2_000_000), 100..300);
    let histories = (1_u32..60, 1_u32..8, steps);
    let mut runner = TestRunner::deterministic();
    for case in 0..30 {
        let (count, burst, steps) = histories.new_tree(&mut runner).unwrap().current();
        let of = |number| NonZeroU32::new(number).unwrap();
        let quota = Quota::new(of(count), Duration::from_mins(1), of(burst));
        let (interval_us, table, mut now_us) = (60_000_000 / u64::from(count), Table::default(), 1);
        for (key, later_us) in steps {
            now_us += later_us;
            // All keys of a case in one group, whose entries may look like pieces of each other.
            let tag = [
                0,
                0,
                u8::try_from(key % 3).unwrap(),
                0,
                0,
                u8::try_from(key).unwrap(),
            ];
            let mut command = redis::cmd("EVAL");
            command
                .arg(&script)
                .arg(1)
                .arg(format!("case {case}"))
                .arg(&tag[..]);
            command.arg(interval_us).arg(interval_us * u64::from(burst));
            command.arg(BEGAN_S + now_us / 1_000_000).arg(now_us % 1_000_000);
            let wait_us: u64 = command.query_async(&mut connection).await.unwrap();
            let hash = (key + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let expected = table.check(hash, &quota, now_us).err().unwrap_or(0);
            assert_eq!(wait_us, expected, "case {case}, key {key}, {count} of {burst}");
        }
    }
}

#[tokio::test]
async fn a_group_takes_so_many_keys_and_no_more() {
    let valkey = Valkey::start().await.unwrap();
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut admitted = 0;
    for key in 0..300_u16 {
        let [high, low] = key.to_be_bytes();
        let mut command = redis::cmd("EVAL");
        command
            .arg(include_str!("../../src/shared/gcra.lua"))
            .arg(1)
            .arg("group");
        command
            .arg(&[7, high, low, 7, 7, 7][..])
            .arg(3_600_000_000_u64)
            .arg(3_600_000_000_u64);
        let wait_us: u64 = command.query_async(&mut connection).await.unwrap();
        admitted += u16::from(wait_us == 0);
    }
    // Whoever comes later takes over what others have used.
    assert_eq!(admitted, 256);
    let bytes: usize = redis::cmd("STRLEN")
        .arg("group")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(bytes, 256 * 13);
}

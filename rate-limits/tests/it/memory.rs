//! What a million keys take in Redis.

use dev_stack::Valkey;

/// What was promised: 50 MiB.
const BYTES_MAX: u64 = 50 << 20;
const KEYS: usize = 1_000_000;
/// Questions sent together.
const BATCH: usize = 5_000;

#[tokio::test]
async fn a_million_keys_fit_into_fifty_mebibytes_of_redis() {
    let valkey = Valkey::start().await.unwrap();
    let client = redis::Client::open(valkey.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut load = redis::cmd("SCRIPT");
    let source = include_str!("../../src/shared/gcra.lua");
    let digest: String = load
        .arg("LOAD")
        .arg(source)
        .query_async(&mut connection)
        .await
        .unwrap();
    let empty = used(&mut connection).await;
    for _ in 0..KEYS / BATCH {
        let mut batch = redis::pipe();
        for _ in 0..BATCH {
            // As keyed hashes are spread.
            let group = format!("tot:{{limits}}:g{:04x}", rand::random::<u16>() % (1 << 14));
            let tag: [u8; 6] = rand::random();
            batch.cmd("EVALSHA").arg(&digest).arg(1).arg(group).arg(&tag[..]);
            batch.arg(600_000_000_u64).arg(6_000_000_000_u64).ignore();
        }
        batch.query_async::<()>(&mut connection).await.unwrap();
    }
    let taken = used(&mut connection).await - empty;
    println!("a million keys take {} KiB of Redis", taken >> 10);
    assert!(taken <= BYTES_MAX, "{taken}");
    // They are all there: 13 bytes each.
    assert!(taken > 13 * KEYS as u64, "{taken}");
}

async fn used(connection: &mut redis::aio::MultiplexedConnection) -> u64 {
    let told: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(connection)
        .await
        .unwrap();
    let used = told.lines().find_map(|line| line.strip_prefix("used_memory:"));
    used.unwrap().trim().parse().unwrap()
}

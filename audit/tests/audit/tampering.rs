//! One change of each kind: what is told of it.

use audit::verify::finding::{Kind, StreamPlace};

use crate::kit::{TestLog, booking_of, seen};

async fn hashed() -> TestLog {
    let mut log = TestLog::open().await;
    log.signed_until(100).await;
    log.signed_until(300).await;
    log.fill(305).await;
    log.loosen().await;
    log
}

#[tokio::test]
async fn an_untouched_log_is_as_it_was() {
    let (_, report) = hashed().await.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.facts, report.hashed, report.signed), (305, 300, 300));
    assert_eq!((report.heads, report.signatures_checked), (2, true));
}

#[tokio::test]
async fn a_changed_payload_is_named_with_its_stream() {
    let change = "update events set payload = overlay(payload::text placing ' ' from 2 for 0)::json where position = 121";
    let (_, report) = hashed().await.verify_after(&[change.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::Changed, Some(121), None)]);
    let (booking, kind) = booking_of(0);
    let place = StreamPlace {
        aggregate_type: kind.to_owned(),
        aggregate_id: booking.to_string(),
        sequence: 3,
    };
    assert_eq!(report.findings[0].stream, Some(place));
}

#[tokio::test]
async fn a_dropped_fact_is_named_with_the_stream_it_was_in() {
    let drop = "delete from events where position = 61";
    let (log, report) = hashed().await.verify_after(&[drop.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::Dropped, Some(61), None)]);
    assert_eq!(report.findings[0].stream.as_ref().unwrap().sequence, 2);
    // The first of its stream is known by the next one, and so is one whose stream names another now.
    let drop = "delete from events where position = 5";
    let (_, report) = log.verify_after(&[drop.to_owned()]).await;
    assert_eq!(report.findings[0].stream.as_ref().unwrap().sequence, 1);
}

#[tokio::test]
async fn a_fact_that_others_close_up_behind_is_named_once() {
    let statements = [
        "delete from events where position = 61",
        "update events set position = -(position - 1) where position > 61",
        "update events set position = -position where position < 0",
    ];
    let (_, report) = hashed().await.verify_after(&statements.map(str::to_owned)).await;
    assert_eq!(seen(&report.findings), [(Kind::Dropped, Some(61), Some(300))]);
}

#[tokio::test]
async fn an_inserted_fact_is_named_once() {
    let statements = [
        "update events set position = -(position + 1) where position >= 61",
        "update events set position = -position where position < 0",
        "insert into events select aggregate_type, 'another', 1, event_type, event_version, payload, metadata, 61, shard, \
         partition_key, recorded_at, null from events where position = 62",
    ];
    let (_, report) = hashed().await.verify_after(&statements.map(str::to_owned)).await;
    assert_eq!(seen(&report.findings), [(Kind::Inserted, Some(61), Some(300))]);
}

#[tokio::test]
async fn swapped_facts_are_named_with_and_without_their_times() {
    let swap = [
        "update events set position = -7 where position = 61",
        "update events set position = 61 where position = 201",
        "update events set position = 201 where position = -7",
    ];
    let times = "update events a set recorded_at = b.recorded_at from events b \
                 where (a.position, b.position) in ((61, 201), (201, 61))";
    let swap = swap.map(str::to_owned);
    let (log, report) = hashed().await.verify_after(&swap).await;
    assert_eq!(seen(&report.findings), [(Kind::Swapped, Some(61), Some(201))]);
    let with_times = [swap.as_slice(), &[times.to_owned()]].concat();
    let (_, report) = log.verify_after(&with_times).await;
    assert_eq!(seen(&report.findings), [(Kind::Swapped, Some(61), Some(201))]);
}

#[tokio::test]
async fn a_backdated_fact_is_told_with_both_times() {
    let date = "update events set recorded_at = recorded_at - interval '1 day' where position = 61";
    let (_, report) = hashed().await.verify_after(&[date.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::Backdated, Some(61), None)]);
    assert!(
        report.findings[0]
            .detail
            .contains("its time was 2026-12-01T09:00:20.00006Z and is 2026-11-30T09:00:20.00006Z"),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_fact_changed_together_with_its_leaf_contradicts_tree_and_heads() {
    let statements = [
        "update events set payload = '{}' where position = 290",
        "update notary_leaves set hashes = overlay(hashes placing '\\x0000'::bytea from ((290 - first_position) * 32 + 1)::int) \
         where first_position <= 290 and first_position + cardinality(previous_positions) > 290",
    ];
    let (log, report) = hashed().await.verify_after(&statements.map(str::to_owned)).await;
    let kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::Changed, Kind::HeadContradicted], "{report:?}");
    assert!(
        report.findings[1].detail.contains("from 101 to 300"),
        "{report:?}"
    );
    assert_eq!(report.signed, 100);
    let node = "update notary_nodes set hash = sha256(hash)";
    let (_, report) = log.verify_after(&[node.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::NodeChanged, Some(1), Some(256))]);
}

#[tokio::test]
async fn what_the_notary_wrote_is_missed_when_it_is_gone_or_changed() {
    let dropped = "delete from notary_leaves where first_position = 51";
    let (log, report) = hashed().await.verify_after(&[dropped.to_owned()]).await;
    let kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&Kind::LeavesMissing), "{report:?}");
    let truncated = "delete from notary_leaves where first_position > 100";
    let (log, report) = log.verify_after(&[truncated.to_owned()]).await;
    let kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&Kind::HeadBeyond), "{report:?}");
    let later = "update notary_heads set head = replace(head::text, '\"time_us\":17', '\"time_us\":16')::json where tree_size = 300";
    let (log, report) = log.verify_after(&[later.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::HeadNotBelieved, None, None)]);
    let unreadable = "update notary_heads set head = '{}' where tree_size = 300";
    let (_, report) = log.verify_after(&[unreadable.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::HeadUnreadable, None, None)]);
}

/// Whoever owns the database can drop facts, hashes and heads alike: then only a head that was kept elsewhere tells.
#[tokio::test]
async fn only_a_witness_misses_what_is_gone_with_all_its_traces() {
    let mut log = hashed().await;
    let witnessed = log.sign().await;
    for statement in [
        "delete from events where position > 200",
        "delete from notary_leaves where first_position > 200",
        "delete from notary_nodes",
        "delete from notary_heads where tree_size > 200",
    ] {
        log.run(statement).await;
    }
    let (log, report) = log.verify().await;
    assert!(report.is_clean(), "{report:?}");
    let (_, report) = log.verify_with(vec![witnessed]).await;
    assert_eq!(seen(&report.findings), [(Kind::HeadBeyond, None, None)]);
}

#[tokio::test]
async fn facts_that_are_not_hashed_yet_must_still_follow_each_other() {
    let hole = "delete from events where position = 303";
    let (log, report) = hashed().await.verify_after(&[hole.to_owned()]).await;
    // The genuine one behind it is not accused.
    assert_eq!(seen(&report.findings), [(Kind::Hole, Some(303), Some(303))]);
    let orphan = "update events set sequence = sequence + 5 where position = 305";
    let (log, report) = log.verify_after(&[orphan.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::NoPredecessor, Some(305), None)]);
    let early = "update events set recorded_at = 'epoch' where position = 305";
    let (_, report) = log.verify_after(&[early.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::OutOfOrder, Some(305), None)]);
}

#[tokio::test]
async fn the_first_fact_that_is_not_hashed_follows_the_last_that_is() {
    let early = "update events set recorded_at = 'epoch' where position = 301";
    let (_, report) = hashed().await.verify_after(&[early.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::OutOfOrder, Some(301), None)]);
}

#[tokio::test]
async fn what_decisions_believe_and_no_position_shows_is_found() {
    let unplaced = "insert into events select aggregate_type, aggregate_id, sequence + 100, event_type, event_version, payload, metadata, \
                    null, shard, partition_key, recorded_at, null from events where position = 61";
    let (log, report) = hashed().await.verify_after(&[unplaced.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::Inserted, None, None)]);
    assert_eq!(report.findings[0].stream.as_ref().unwrap().sequence, 102);
    let taken_away = "update events set position = null where position = 61";
    let (log, report) = log.verify_after(&[taken_away.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::Moved, Some(61), None)]);
    // Number 2 of the stream of 1 and 61 once more, hashed by nobody; and then number 6, which follows 241 and has two before it.
    let again = |sequence: i64, at: i64| {
        format!(
            "insert into events select aggregate_type, aggregate_id, {sequence}, event_type, event_version, '{{}}', metadata, {at}, \
             shard, partition_key, (select max(recorded_at) from events), null from events where position = 61"
        )
    };
    let (log, report) = log.verify_after(&[again(2, 306)]).await;
    assert_eq!(seen(&report.findings), [(Kind::Duplicate, Some(306), Some(61))]);
    // Number 6 stands at 301 already, so number 7 at the end follows two.
    let (_, report) = log.verify_after(&[again(6, 306), again(7, 307)]).await;
    assert_eq!(seen(&report.findings), [(Kind::Duplicate, Some(306), Some(301))]);
}

/// A table that inherits from it is read with it, and its rows are in no index of it.
#[tokio::test]
async fn a_number_that_stands_in_an_inheriting_table_is_found_too() {
    let mut log = TestLog::open().await;
    log.signed_until(70).await;
    let child = [
        "create table beside () inherits (events)",
        "insert into beside select aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, 71, shard, \
         partition_key, recorded_at, null from events where position = 70",
    ];
    let (_, report) = log.verify_after(&child.map(str::to_owned)).await;
    assert_eq!(seen(&report.findings), [(Kind::Duplicate, Some(71), Some(70))]);
}

#[tokio::test]
async fn the_row_before_a_range_has_the_time_that_was_hashed() {
    let mut log = TestLog::open().await;
    log.fill_plainly(65_600).await;
    log.hash(4_096).await;
    log.sign().await;
    log.loosen().await;
    let later = "update events set recorded_at = recorded_at + interval '1 day' where position = 65536";
    let (log, report) = log.verify_after(&[later.to_owned()]).await;
    assert_eq!(report.facts, 65_600);
    assert_eq!(seen(&report.findings), [(Kind::Backdated, Some(65_536), None)]);
    let (_, report) = log.verify().await;
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.facts, 65_600);
}

/// Across ranges, too: batches begin at 61441 and 65537.
#[tokio::test]
async fn rows_of_leaves_are_dense_and_disjoint() {
    let mut log = TestLog::open().await;
    log.fill_plainly(65_600).await;
    log.hash(4_096).await;
    log.loosen().await;
    let into = |first: i64, from: i64| {
        format!(
            "insert into notary_leaves select {first}, hashes, previous_positions, recorded_us from notary_leaves \
             where first_position = {from}"
        )
    };
    let (log, report) = log.verify_after(&[into(65_530, 65_537)]).await;
    let kinds: Vec<Kind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert!(kinds.contains(&Kind::LeavesOverlap), "{report:?}");
    // One that repeats what is there, hash by hash, is told all the same.
    let repeated = "insert into notary_leaves select first_position + 10, substr(hashes, 321, 320), previous_positions[11:20], \
                    recorded_us[11:20] from notary_leaves where first_position = 4097";
    let (_, report) = log.verify_after(&[repeated.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::LeavesOverlap, Some(4_107), None)]);
}

#[tokio::test]
async fn a_time_that_was_changed_beside_a_hash_is_told_and_blames_no_fact() {
    let noted = "update notary_leaves set recorded_us[2] = recorded_us[2] + 1 where first_position = 51";
    let (_, report) = hashed().await.verify_after(&[noted.to_owned()]).await;
    assert_eq!(seen(&report.findings), [(Kind::LeafChanged, Some(52), None)]);
}

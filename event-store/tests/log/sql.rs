//! The append function called directly, and what the table refuses.

use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::jar::jar;
use crate::kit::{TestLog, keyed, put_into};

/// One fact for the function: its command, the stream with the version expected, and the command's id.
struct AppendRequest {
    id: Uuid,
    stream: &'static str,
    version: i64,
}

struct AppendReply {
    head: i64,
    conflicted: Vec<i32>,
    replayed: Vec<i32>,
    replayed_span: Vec<(i64, i64)>,
    digests: Vec<String>,
}

async fn append(connection: &mut PgConnection, batch: &[AppendRequest]) -> AppendReply {
    let numbers: Vec<i32> = (1..).take(batch.len()).collect();
    let ids: Vec<Uuid> = batch.iter().map(|request| request.id).collect();
    let types = vec!["jar"; batch.len()];
    let streams: Vec<&str> = batch.iter().map(|request| request.stream).collect();
    let versions: Vec<i64> = batch.iter().map(|request| request.version).collect();
    let sequences: Vec<i64> = batch.iter().map(|request| request.version + 1).collect();
    let row = sqlx::query(
        "select * from append_facts($1, $2, $3, $4, $5, $2, $1, $3, $4, $6, $7, $8, $9, $10, $11, $4, \
                                    '{}', '{}', '{}', '{}', '{}', '{}')",
    )
    .bind(&ids)
    .bind(&numbers)
    .bind(&types)
    .bind(&streams)
    .bind(&versions)
    .bind(&sequences)
    .bind(vec!["Put"; batch.len()])
    .bind(vec!["1"; batch.len()])
    .bind(vec![r#"{"Put":{"coins":1,"mark":"m"}}"#; batch.len()])
    .bind(vec![r#"{"command_digest":"d"}"#; batch.len()])
    .bind(vec![0_i16; batch.len()])
    .fetch_one(connection)
    .await
    .unwrap();
    let from: Vec<i64> = row.get::<Option<_>, _>("replayed_from").unwrap_or_default();
    let to: Vec<i64> = row.get::<Option<_>, _>("replayed_to").unwrap_or_default();
    AppendReply {
        head: row.get("head"),
        conflicted: row.get::<Option<_>, _>("conflicted").unwrap_or_default(),
        replayed: row.get::<Option<_>, _>("replayed").unwrap_or_default(),
        replayed_span: from.into_iter().zip(to).collect(),
        digests: row.get::<Option<_>, _>("replayed_digests").unwrap_or_default(),
    }
}

#[tokio::test]
async fn one_loser_never_fails_a_neighbour() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    let [one, two, three, four] = [1, 2, 3, 4].map(Uuid::from_u128);
    let first = append(
        &mut app,
        &[AppendRequest {
            id: one,
            stream: "a",
            version: 0,
        }],
    )
    .await;
    assert_eq!(
        (first.head, first.conflicted.len(), first.replayed.len()),
        (0, 0, 0)
    );

    let told = append(
        &mut app,
        &[
            AppendRequest {
                id: two,
                stream: "b",
                version: 0,
            },
            AppendRequest {
                id: three,
                stream: "a",
                version: 0,
            }, // Somebody was faster.
            AppendRequest {
                id: one,
                stream: "c",
                version: 0,
            }, // Was carried out before.
            AppendRequest {
                id: four,
                stream: "d",
                version: 0,
            },
        ],
    )
    .await;
    assert_eq!(told.head, 1);
    assert_eq!(told.conflicted, [2]);
    assert_eq!(told.replayed, [3]);
    assert_eq!(told.replayed_span, [(1, 1)]);
    assert_eq!(told.digests, ["d"]);
    let stored: Vec<(i64, String)> =
        sqlx::query_as("select position, aggregate_id from events order by position")
            .fetch_all(&mut app)
            .await
            .unwrap();
    let expected: Vec<(i64, String)> = [(1, "a"), (2, "b"), (3, "d")]
        .map(|(position, id)| (position, id.to_owned()))
        .into();
    assert_eq!(stored, expected);
}

#[tokio::test]
async fn a_stream_is_not_written_past_its_end() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    let told = append(
        &mut app,
        &[AppendRequest {
            id: Uuid::from_u128(1),
            stream: "a",
            version: 5,
        }],
    )
    .await;
    assert_eq!(told.conflicted, [1]);
    assert_eq!(fixture.log.head().await.unwrap(), 0);
}

/// What the function says to one command of two facts with these marks, sequences and partition keys.
async fn refused(
    connection: &mut PgConnection,
    marks: [Option<Uuid>; 2],
    sequences: [i64; 2],
    keys: [&str; 2],
) -> String {
    let id = Uuid::from_u128(7);
    let request = sqlx::query(
        "select append_facts($1, '{1}', '{jar}', '{a}', '{0}', '{1,1}', $2, '{jar,jar}', '{a,a}', $3, '{Put,Put}', '{1,1}', \
                             array['{}', '{}'], array['{}', '{}'], $4, $5, '{}', '{}', '{}', '{}', '{}', '{}')",
    )
    .bind(vec![id])
    .bind(marks.to_vec())
    .bind(sequences.to_vec())
    .bind(keys.map(event_store::shard_of).to_vec())
    .bind(keys.to_vec())
    .execute(connection)
    .await;
    request.map_or_else(|refused| refused.to_string(), |_| "appended".to_owned())
}

#[tokio::test]
async fn whoever_may_append_can_leave_no_hole_change_no_key_and_mark_no_fact_as_anothers() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    let (own, another) = (Some(Uuid::from_u128(7)), Some(Uuid::from_u128(8)));
    let same = ["a", "a"];
    for (marks, sequences, keys, said) in [
        ([own, None], [1, 3], same, "a stream would have a hole"),
        ([own, None], [2, 3], same, "a stream would have a hole"),
        ([own, None], [1, 2], ["a", "b"], "facts under two keys"),
        ([None, None], [1, 2], same, "facts do not stand by their commands"),
        ([own, own], [1, 2], same, "events_command"),
        (
            [another, None],
            [1, 2],
            same,
            "facts do not stand by their commands",
        ),
        (
            [own, another],
            [1, 2],
            same,
            "facts do not stand by their commands",
        ),
    ] {
        let answer = refused(&mut app, marks, sequences, keys).await;
        assert!(
            answer.contains(said),
            "{marks:?} {sequences:?} {keys:?}: {answer}"
        );
        assert_eq!(fixture.log.head().await.unwrap(), 0, "nothing of it stays");
    }
    assert_eq!(refused(&mut app, [own, None], [1, 2], same).await, "appended");
}

#[tokio::test]
async fn facts_enter_through_the_function_alone_whatever_the_caller_calls_by_its_names() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    let by_hand = "insert into events select 'jar', 'a', 1, 'Put', '1', '{}', '{}', 1, 0, 'a', now(), gen_random_uuid()";
    let refused = sqlx::query(by_hand).execute(&mut app).await.unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("42501"), "{refused}");
    // A table of the caller's own under the log's name is not the log.
    sqlx::raw_sql("create temporary table events (like public.events); set search_path = pg_temp, public")
        .execute(&mut app)
        .await
        .unwrap();
    let request = AppendRequest {
        id: Uuid::from_u128(1),
        stream: "a",
        version: 0,
    };
    append(&mut app, &[request]).await;
    assert_eq!(fixture.log.head().await.unwrap(), 1);
}

#[tokio::test]
async fn an_append_in_a_stale_snapshot_is_refused() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    sqlx::query("begin isolation level repeatable read")
        .execute(&mut app)
        .await
        .unwrap();
    let refused = sqlx::query(
        "select append_facts('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', \
                             '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    )
    .execute(&mut app)
    .await
    .unwrap_err();
    assert!(refused.to_string().contains("read committed"), "{refused}");
}

#[tokio::test]
async fn facts_can_be_neither_changed_nor_removed_by_anyone() {
    let fixture = TestLog::open().await;
    put_into(&fixture.log, &keyed(Uuid::from_u128(1), "d"), &jar("a"), "kept")
        .await
        .unwrap();
    for mut connection in [fixture.app().await, fixture.owner().await] {
        for change in [
            "update events set event_type = 'Other'",
            "update events set event_type = 'Other' where false",
            "delete from events",
            "truncate events",
        ] {
            let refused = sqlx::query(change).execute(&mut connection).await.unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code())
                .unwrap();
            assert_eq!(code, "42501", "{change}: {refused}");
        }
    }
    assert_eq!(fixture.log.read_after(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_application_cannot_draw_another_identity() {
    let fixture = TestLog::open().await;
    for statement in [
        "select renew_log_identity()",
        "update log_identity set log_id = gen_random_uuid()",
    ] {
        assert!(
            sqlx::query(statement)
                .execute(&mut fixture.app().await)
                .await
                .is_err(),
            "{statement}"
        );
    }
}

/// Index entries read by appends so far, in the connections that have told.
async fn entries_read(connection: &mut PgConnection) -> i64 {
    sqlx::query("select pg_stat_force_next_flush()")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query_scalar("select sum(idx_tup_read)::bigint from pg_stat_user_indexes where relname = 'events'")
        .fetch_one(connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_append_planned_while_the_log_was_empty_reads_no_more_of_a_long_stream_than_of_a_short_one() {
    let fixture = TestLog::open().await;
    let mut app = fixture.app().await;
    let mut step = async |number: i64| {
        let before = entries_read(&mut app).await;
        let request = AppendRequest {
            id: Uuid::from_u128(number.unsigned_abs().into()),
            stream: "a",
            version: number - 1,
        };
        append(&mut app, &[request]).await;
        entries_read(&mut app).await - before
    };
    let mut read = Vec::new();
    for number in 1..=60 {
        read.push(step(number).await);
    }
    assert!(read[59] <= read[3], "index entries read by each append: {read:?}");
}

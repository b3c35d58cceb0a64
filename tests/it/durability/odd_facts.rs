//! Facts that cannot be read: a poisoned one parks its key only, one from the future parks nothing.

use kit::database;
use kit::platform::Platform;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::Value;
use sqlx::PgPool;

/// Who must park the key of a booking's fact that cannot be read.
const READERS_OF_BOOKINGS: [&str; 2] = ["bookings", "processes"];

#[tokio::test]
async fn a_poisoned_fact_parks_its_key_and_nobody_elses() {
    let scene = Scene::set().await;
    let pool = scene.platform.pool().await;
    let poisoned = scene.booked_and_paid(Scene::urgent()).await;
    let neighbour = beside(&scene, &pool, &poisoned).await;
    scene.platform.drain().await;
    insert(
        &scene,
        &poisoned,
        "BookingCancelled",
        "1",
        r#"{"BookingCancelled":{"by":"nonsense"}}"#,
    )
    .await;

    let consumers = until("all who read bookings to park the key", || async {
        let parked: Vec<String> =
            sqlx::query_scalar("select consumer from parked where partition_key = $1 order by 1")
                .bind(&poisoned)
                .fetch_all(&pool)
                .await
                .unwrap();
        READERS_OF_BOOKINGS
            .iter()
            .all(|reader| parked.iter().any(|name| name == reader))
            .then_some(parked)
    })
    .await;
    let shown = scene.admin.client.get("/admin/projections").await.expect(200);
    assert_eq!(
        shown["parked"].as_array().unwrap().len(),
        consumers.len(),
        "{shown}"
    );
    what_is_parked_is_named_on_the_command_line(&scene.platform, &poisoned, &shown).await;

    // Its neighbour in the shard goes on in every model and process; what was known of the poisoned one is still shown.
    scene.pay(&neighbour).await.expect(200);
    scene
        .until_booking(&neighbour, "the neighbour to be secured", |booking| {
            booking["steps"]["secured_at"].is_string() && booking["payment_status"] == "authorised"
        })
        .await;
    assert_eq!(scene.booking(&poisoned).await["status"], "pending");
    // Tried again by the same code, it is parked again, and nothing else is touched.
    scene
        .platform
        .tot(&["projections", "unpark", "bookings"], "")
        .await;
    until("the key to be parked again", || async {
        let asked: Option<bool> = sqlx::query_scalar(
            "select unpark_requested_at is not null from parked where consumer = 'bookings' and partition_key = $1",
        )
        .bind(&poisoned)
        .fetch_optional(&pool)
        .await
        .unwrap();
        (asked == Some(false)).then_some(())
    })
    .await;
    let keys: Vec<String> = sqlx::query_scalar("select distinct partition_key from parked")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(keys, [poisoned]);
    database::ledger_is_balanced(&pool).await;
    pool.close().await;
    scene.platform.stop().await;
}

#[tokio::test]
async fn a_fact_of_a_newer_version_parks_nothing_and_holds_up_its_shard_only() {
    let scene = Scene::set().await;
    let pool = scene.platform.pool().await;
    let newer = scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let at = insert(
        &scene,
        &newer,
        "BookingCancelled",
        "99",
        r#"{"BookingCancelled":{"in":"a shape to come"}}"#,
    )
    .await;
    // A command on such a stream waits for newer code, as do the shard's read models; nothing else does.
    scene.assign(&newer).await.expect_problem(503, "needs_newer_code");
    let others = elsewhere(&scene, &pool, &newer).await;
    scene.pay(&others).await.expect(200);
    scene
        .until_booking(&others, "another shard to go on", |booking| {
            booking["steps"]["secured_at"].is_string()
        })
        .await;
    let behind: Vec<i64> = sqlx::query_scalar(
        "select c.position from current_checkpoints c join events e on e.shard = c.shard and e.position = $1
         where c.consumer = 'bookings'",
    )
    .bind(at)
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(
        behind.len() == 1 && behind.iter().all(|position| *position < at),
        "{behind:?} {at}"
    );
    let parked: i64 = sqlx::query_scalar("select count(*) from parked")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(parked, 0);
    // The last thing known is still shown, and said to be old.
    let answer = scene.patient.client.get(&format!("/bookings/{newer}")).await;
    assert!(
        answer.header("tot-as-of").parse::<i64>().unwrap() < at,
        "{:?}",
        answer.headers
    );
    pool.close().await;
    scene.platform.stop().await;
}

/// A booking in the same shard as another.
async fn beside(scene: &Scene, pool: &PgPool, other: &str) -> String {
    found(scene, pool, |mine, theirs| mine == theirs, other).await
}

/// A booking in another shard.
async fn elsewhere(scene: &Scene, pool: &PgPool, other: &str) -> String {
    found(scene, pool, |mine, theirs| mine != theirs, other).await
}

async fn found(scene: &Scene, pool: &PgPool, fits: impl Fn(i16, i16) -> bool, other: &str) -> String {
    let theirs = shard(pool, other).await;
    for _ in 0..1_000 {
        let booking = scene
            .patient
            .client
            .post("/bookings", Scene::urgent())
            .await
            .expect(200);
        let id = booking["id"].as_str().unwrap();
        if fits(shard(pool, id).await, theirs) {
            return id.to_owned();
        }
    }
    panic!("a thousand bookings and none fits")
}

async fn shard(pool: &PgPool, booking: &str) -> i16 {
    sqlx::query_scalar("select shard from events where aggregate_id = $1 limit 1")
        .bind(booking)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Writes a fact that our code would not write, where our code would have written it; answers its position.
async fn insert(scene: &Scene, booking: &str, event_type: &str, version: &str, payload: &str) -> i64 {
    // The owner's hand: nobody else may insert.
    let pool = database::pool(scene.platform.owner_url()).await;
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7245301)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let position = sqlx::query_scalar(
        "insert into events
         select aggregate_type, aggregate_id, sequence + 1, $2, $3, $4::json, metadata,
                (select max(position) + 1 from events), shard, partition_key, clock_timestamp(), gen_random_uuid()
         from events where aggregate_id = $1 order by sequence desc limit 1 returning position",
    )
    .bind(booking)
    .bind(event_type)
    .bind(version)
    .bind(payload)
    .fetch_one(&mut *transaction)
    .await
    .unwrap();
    transaction.commit().await.unwrap();
    pool.close().await;
    position
}

#[tokio::test]
async fn facts_cannot_be_changed_by_anybody() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    for url in [
        platform.app_url(),
        platform.owner_url(),
        &platform.superuser_url(),
    ] {
        let pool = database::pool(url).await;
        for statement in [
            "update events set payload = '{}'",
            "delete from events",
            "truncate events",
            "update events set position = position + 1",
        ] {
            let refused = sqlx::query(statement).execute(&pool).await.unwrap_err();
            let code = refused
                .as_database_error()
                .and_then(|error| error.code())
                .unwrap_or_default()
                .into_owned();
            assert_eq!(code, "42501", "{statement}: {refused}");
        }
        pool.close().await;
    }
    platform.finish().await;
}

/// As the runbook promises: model, key and reason; and what is not there is not said to be tried again.
async fn what_is_parked_is_named_on_the_command_line(platform: &Platform, key: &str, over_http: &Value) {
    let text = platform.tot(&["projections", "list"], "").await;
    let mut parked = over_http["parked"].as_array().unwrap().iter();
    let of_bookings = parked.find(|parked| parked["consumer"] == "bookings").unwrap();
    let reason = of_bookings["reason"].as_str().unwrap();
    let named = |line: &str| line.starts_with("bookings") && line.contains(key) && line.contains(reason);
    assert!(text.lines().any(named), "{text}");
    let said = platform.tot(&["projections", "list", "--json"], "").await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["parked"], over_http["parked"]);
    assert!(
        said["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|model| model["model"] == "bookings")
    );
    for (wrong, expected) in [
        (&["nix"][..], "open_slots"),
        (&["nix"], "and processes"),
        (&["bookings", "--key", "no-such-key"], key),
        (&["open_slots", "--key", "no-such-key"], "none of it is"),
    ] {
        let refused = platform
            .try_tot(&[&["projections", "unpark"], wrong].concat(), "")
            .await;
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(
            refused.status.code() == Some(1) && words.contains(expected),
            "{wrong:?}: {words}"
        );
    }
}

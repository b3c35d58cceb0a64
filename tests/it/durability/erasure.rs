//! An erasure whose process is killed half way ends after its restart, once.

use kit::platform::ALL;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

#[tokio::test]
async fn kill_nine_between_switching_the_account_off_and_destroying_its_data_ends_in_one_act() {
    let scene = Scene::set().await;
    let gone = scene.platform.patient().await;
    gone.client.post("/me/erasure", json!({})).await.expect(200);
    // Whoever would destroy waits here; nothing else needs the vault meanwhile.
    let mut owner = PgConnection::connect(scene.platform.owner_url()).await.unwrap();
    let mut blocking = owner.begin().await.unwrap();
    blocking
        .execute("lock table identity.vault in access exclusive mode")
        .await
        .unwrap();
    let mut scene = scene.later(8 * 24 * 60 * 60).await;
    let pool = scene.platform.pool().await;
    until("the process to wait for the vault", || async {
        let waiting: bool = sqlx::query_scalar(
            "select exists (select from pg_locks where relation = 'identity.vault'::regclass and not granted)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        waiting.then_some(())
    })
    .await;
    scene.platform.take(ALL).kill().await;
    blocking.rollback().await.unwrap();
    owner.close().await.unwrap();
    let state = "select e.state, a.deactivated_at is not null, exists (select from identity.contacts where account_id = a.id), \
                 exists (select from identity.data_keys where subject_id = a.id) \
                 from identity.erasures e join identity.accounts a on a.id = e.subject_id where a.id = $1::uuid";
    let look = async || -> (String, bool, bool, bool) {
        sqlx::query_as(state)
            .bind(&gone.id)
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    assert_eq!(
        look().await,
        ("erasing".to_owned(), true, true, true),
        "half way: off, and nothing destroyed"
    );

    scene.platform.serve(ALL).await;
    until("the erasure to end", || async {
        (look().await.0 == "erased").then_some(())
    })
    .await;
    assert_eq!(look().await, ("erased".to_owned(), true, false, false));
    let (acts, deactivations): (i64, i64) = sqlx::query_as(
        "select (select count(*) from identity.security_events where kind = 'erasure' and result = 'done'), \
                (select count(*) from events where event_type = 'AccountDeactivated' and aggregate_id = $1)",
    )
    .bind(&gone.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((acts, deactivations), (1, 1));
    pool.close().await;
    scene.finish().await;
}

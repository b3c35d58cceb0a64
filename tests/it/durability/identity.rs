//! A database that became another log: the process that knew the old one ends, and costs nothing that is due.

use kit::platform::ALL;
use kit::scene::Scene;
use kit::wait::until;
use sqlx::{Connection, PgConnection};

/// Becomes another log while an instruction to let a booking expire is due, all at once.
const ANOTHER_LOG_WITH_WORK: &str = "
    update intents set due_at = house_now() - interval '1 minute' where state = 'open' and process = 'hold_expiry';
    select renew_log_identity();";

#[tokio::test]
async fn a_log_whose_identity_changed_ends_the_process_and_costs_no_intent_a_try() {
    let mut scene = Scene::set().await;
    let booking = scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap().to_owned();
    scene.platform.drain().await;
    let mut owner = PgConnection::connect(scene.platform.owner_url()).await.unwrap();
    sqlx::raw_sql(ANOTHER_LOG_WITH_WORK)
        .execute(&mut owner)
        .await
        .unwrap();

    let status = scene.platform.take(ALL).ended().await;
    assert!(!status.success(), "whoever starts it again must notice: {status}");
    let tried: i64 = sqlx::query_scalar("select count(*) from intents where attempts > 0 or state <> 'open'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(tried, 0, "nothing was tried by whoever knew another past");
    sqlx::raw_sql(
        "update intents set due_at = house_now() + interval '1 hour' where process = 'hold_expiry'",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    owner.close().await.unwrap();

    scene.platform.serve(ALL).await;
    let anybody = scene.platform.anonymous();
    until("the new process is ready", || async {
        (anybody.fetch("/readyz").await.status == 200).then_some(())
    })
    .await;
    assert_eq!(
        scene.booking(&id).await["status"],
        "pending",
        "its time is not up"
    );
    scene.finish().await;
}

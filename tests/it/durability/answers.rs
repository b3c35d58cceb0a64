//! The answer that got lost: between commit and answer there is a wire, and it breaks.

use kit::client::ApiResponse;
use kit::database;
use kit::platform::{ALL, Platform};
use kit::reply_dropping_proxy::ReplyDroppingProxy;
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;
use sqlx::PgPool;
use tokio::task::JoinHandle;

#[tokio::test]
async fn a_repeat_after_a_crash_between_commit_and_answer_gives_the_first_answer() {
    let (mut platform, wire) = wired().await;
    let patient = platform.patient().await;
    let pool = platform.pool().await;
    let asked = ask_into_the_void(&wire, patient.client.clone(), &pool).await;
    platform.take(ALL).kill().await;
    wire.cut();
    assert!(asked.await.unwrap().is_none(), "nobody answered");
    platform.serve(ALL).await;

    let again = patient
        .client
        .post_keyed("/bookings", "once", Scene::urgent())
        .await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let again = again.expect(200);
    let facts = database::facts(&pool).await;
    assert_eq!(facts.len(), WARMED_UP + 1, "{facts:?}");
    assert_eq!(again["position"], facts[WARMED_UP].position);
    assert_eq!(again["id"], facts[WARMED_UP].aggregate_id.as_str());
    let third = patient
        .client
        .post_keyed("/bookings", "once", Scene::urgent())
        .await
        .expect(200);
    assert_eq!(third, again);
    pool.close().await;
    platform.finish().await;
}

#[tokio::test]
async fn a_connection_lost_during_an_append_is_looked_up_before_it_is_answered() {
    let (platform, wire) = wired().await;
    let patient = platform.patient().await;
    let pool = platform.pool().await;
    let asked = ask_into_the_void(&wire, patient.client.clone(), &pool).await;
    wire.cut();
    let answer = asked.await.unwrap().expect("an answer").expect(200);
    assert_eq!(answer["position"], WARMED_UP + 1);
    assert_eq!(database::facts(&pool).await.len(), WARMED_UP + 1);
    pool.close().await;
    platform.finish().await;
}

/// Facts before: the price list, and bookings so that what is swallowed is the answer to a commit and not to some
/// preparation.
const WARMED_UP: usize = 5;

/// A platform whose database is reached over a wire that can swallow answers.
async fn wired() -> (Platform, ReplyDroppingProxy) {
    let mut platform = Platform::prepare().await;
    let port = url::Url::parse(platform.app_url()).unwrap().port().unwrap();
    let wire = ReplyDroppingProxy::to(port).await;
    let through = wire.instead_of(platform.app_url());
    platform.set("TOT_DATABASE_URL", &through);
    platform.serve(ALL).await;
    (platform, wire)
}

/// Asks for a booking whose commit happens and is not heard of.
async fn ask_into_the_void(
    wire: &ReplyDroppingProxy,
    client: kit::client::Client,
    pool: &PgPool,
) -> JoinHandle<Option<ApiResponse>> {
    for _ in 1..WARMED_UP {
        client.post("/bookings", Scene::urgent()).await.expect(200);
    }
    wire.drop_replies();
    let asked = tokio::spawn(async move {
        let body = Some(Scene::urgent().to_string());
        client
            .try_send(Method::POST, "/bookings", body, &[("Idempotency-Key", "once")])
            .await
            .ok()
    });
    until("the commit", || async {
        (database::head(pool).await == WARMED_UP as i64 + 1).then_some(())
    })
    .await;
    asked
}

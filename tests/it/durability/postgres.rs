//! Postgres down, and Postgres restored to an earlier point while NATS remembers the other past.

use kit::database;
use kit::load::Load;
use kit::platform::{Platform, ROLES};
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;

#[tokio::test]
async fn kill_of_postgres_is_answered_with_503_until_it_is_back() {
    let scene = Scene::on(Platform::start_split().await).await;
    let id = scene.booked_and_paid(Scene::urgent()).await;
    let stack = scene.platform.stack();
    stack.postgres().kill().unwrap();

    let anybody = scene.platform.anonymous();
    let path = format!("/bookings/{id}");
    let request = Scene::urgent().to_string();
    for _ in 0..3 {
        for (method, path, body) in [
            (Method::POST, "/bookings", Some(request.clone())),
            (Method::GET, path.as_str(), None),
            (Method::GET, "/wallet", None),
            (
                Method::POST,
                "/auth/login",
                Some("{\"email\":\"a@example.com\",\"password\":\"password1\"}".to_owned()),
            ),
        ] {
            let answer = scene.patient.client.send(method.clone(), path, body, &[]).await;
            let wait: u32 = answer
                .header("retry-after")
                .parse()
                .unwrap_or_else(|_| panic!("{method} {path}: {}", answer.text));
            assert!((1..=60).contains(&wait), "{wait}");
            answer.expect_problem(503, "unavailable");
        }
    }
    assert_eq!(anybody.fetch("/livez").await.status, 200, "alive, only not ready");
    assert_eq!(anybody.fetch("/readyz").await.status, 503);
    let invalid = anybody.post("/bookings", serde_json::json!({})).await;
    assert_eq!(invalid.status, 422, "what needs no database needs none");

    stack.postgres().restart().await.unwrap();
    until("the API to be ready again", || async {
        (anybody.fetch("/readyz").await.status == 200).then_some(())
    })
    .await;
    // Read models may have lost their last moments with the server's memory; the log brings them back.
    scene.platform.drain().await;
    assert_eq!(scene.booking(&id).await["id"], id.as_str());
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.rebuilt_equals_live().await;
    scene.finish().await;
}

#[tokio::test]
async fn kill_of_a_past_by_restoring_an_earlier_one_leaves_read_models_right() {
    let mut platform = Platform::start_split().await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, 4).await;
    load.goes_on(60).await;
    load.end(&platform).await;
    let stack = platform.stack();
    let maintenance = database::pool(stack.database_url()).await;
    let run = async |statement: &str| {
        sqlx::raw_sql(statement)
            .execute(&maintenance)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
    };
    platform.halt().await;
    run("create database kept template tot owner tot_owner").await;
    for role in ROLES {
        platform.serve(role).await;
    }

    // A past that will never have been: NATS has its facts, at positions that are given out again.
    let lost = Load::start(&platform, &admin, 4).await;
    lost.goes_on(120).await;
    lost.end(&platform).await;
    let pool = platform.pool().await;
    let lost_head = database::head(&pool).await;
    pool.close().await;
    // The API runs on while its database becomes another one: it must not write on in a past it does not know, and ends.
    for role in ROLES.into_iter().filter(|role| *role != "api") {
        platform.take(role).stop().await;
    }
    run("drop database tot with (force)").await;
    run("create database tot template kept owner tot_owner").await;
    let owner = database::pool(platform.owner_url()).await;
    sqlx::query("select renew_log_identity()")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;
    let pool = platform.pool().await;
    let kept_head = database::head(&pool).await;
    assert!(kept_head < lost_head);
    let body = Some(Scene::urgent().to_string());
    if let Ok(answer) = admin.client.try_send(Method::POST, "/bookings", body, &[]).await {
        assert!([403, 503].contains(&answer.status.as_u16()), "{}", answer.text);
    }
    let status = platform.take("api").ended().await;
    assert!(!status.success(), "whoever starts it again must notice: {status}");
    for role in ROLES {
        platform.serve(role).await;
    }

    let anew = Load::start(&platform, &admin, 4).await;
    until("the new past to grow beyond the lost one", || async {
        (database::head(&pool).await > lost_head + 20).then_some(())
    })
    .await;
    anew.end(&platform).await;
    pool.close().await;
    maintenance.close().await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

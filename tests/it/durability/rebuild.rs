//! Rebuilding under load, killed in the middle, resumed, and flipped to.

use std::process::Stdio;

use kit::database;
use kit::load::Load;
use kit::platform::Platform;
use kit::process::command;
use kit::wait::until;
use sqlx::PgPool;

#[tokio::test]
async fn kill_of_a_rebuild_under_load_is_resumed_and_comes_out_equal() {
    let platform = Platform::start_split().await;
    let admin = platform.admin().await;
    let pool = platform.pool().await;
    let load = Load::start(&platform, &admin, 4).await;
    load.goes_on(600).await;
    for model in database::models(&pool).await {
        let before = database::live_generation(&pool, &model).await;
        let mut rebuild = command(
            &["projections", "rebuild", &model, "--json"],
            platform.environment(),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
        let building = until("the rebuild to have begun", || building(&pool, &model)).await;
        rebuild.kill().await.unwrap();
        assert_eq!(
            database::live_generation(&pool, &model).await,
            before,
            "readers stay with the old one"
        );
        load.goes_on(20).await;
        platform
            .tot(&["projections", "rebuild", &model, "--json"], "")
            .await;
        assert_eq!(
            database::live_generation(&pool, &model).await,
            building,
            "it went on where it was"
        );
        load.goes_on(20).await;
    }
    load.end(&platform).await;
    pool.close().await;
    platform.rebuilt_equals_live().await;
    platform.finish().await;
}

/// The generation of a model that is being built and has begun to move.
async fn building(pool: &PgPool, model: &str) -> Option<i32> {
    sqlx::query_scalar(
        "select g.generation from generations g where g.model = $1 and g.state = 'building'
         and exists (select from current_checkpoints c where c.consumer = g.model and c.generation = g.generation and c.position > 0)",
    )
    .bind(model)
    .fetch_optional(pool)
    .await
    .unwrap()
}

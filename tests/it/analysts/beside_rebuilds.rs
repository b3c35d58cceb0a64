//! Analysts query while everybody books and every read model is rebuilt: they see each row once, and the books add up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kit::database;
use kit::load::Load;
use sqlx::PgPool;

use super::logins::{login, prepared};

/// Bookings, distinct bookings, the sum of the ledger and its lines, of one moment.
const LOOK: &str = "select (select count(*) from bookings), (select count(distinct booking_id) from bookings), \
     (select coalesce(sum(amount), 0) = 0 from ledger_lines), (select count(*) from ledger_lines)";

#[tokio::test]
async fn analysts_see_each_row_once_while_every_model_is_rebuilt_under_load() {
    let mut platform = prepared().await;
    for role in kit::platform::ROLES {
        platform.serve(role).await;
    }
    let analyst = database::pool(&login(&platform, &["--login", "anna"]).await).await;
    let admin = platform.admin().await;
    let load = Load::start(&platform, &admin, 2).await;
    load.goes_on(100).await;
    let stop = Arc::new(AtomicBool::new(false));
    let looking = tokio::spawn(look_again_and_again(analyst.clone(), Arc::clone(&stop)));
    let pool = platform.pool().await;
    for model in database::models(&pool).await {
        platform
            .tot(&["projections", "rebuild", &model, "--json"], "")
            .await;
        load.goes_on(20).await;
    }
    pool.close().await;
    stop.store(true, Ordering::Relaxed);
    let looks = looking.await.unwrap();
    assert!(looks > 20, "{looks}");
    load.end(&platform).await;
    analyst.close().await;
    platform.finish().await;
}

/// Answers how often it looked.
async fn look_again_and_again(analyst: PgPool, stop: Arc<AtomicBool>) -> u32 {
    let (mut looks, mut before) = (0, (0, 0));
    while !stop.load(Ordering::Relaxed) {
        let (bookings, distinct, balanced, lines): (i64, i64, bool, i64) =
            sqlx::query_as(LOOK).fetch_one(&analyst).await.unwrap();
        assert_eq!(bookings, distinct, "a booking is shown twice");
        assert!(balanced, "the ledger does not add up to nothing");
        let now = (bookings, lines);
        assert!(
            now.0 >= before.0 && now.1 >= before.1,
            "{now:?} is less than {before:?}"
        );
        before = now;
        looks += 1;
    }
    looks
}

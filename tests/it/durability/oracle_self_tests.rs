//! Oracles that cannot say no are none: each is shown what it must notice.

use kit::scene::Scene;
use kit::{causes, database};
use sqlx::PgPool;

#[tokio::test]
async fn the_oracles_notice_a_changed_row_a_missing_row_and_a_lost_kopeck() {
    let scene = Scene::set().await;
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.rebuilt_equals_live().await;
    let pool = scene.platform.pool().await;
    let (before, after) = (1, database::live_generation(&pool, "bookings").await);
    for change in [
        "update bookings set version = version + 1",
        "delete from bookings",
        "insert into bookings select (jsonb_populate_record(t, jsonb_build_object('booking_id', \
         gen_random_uuid()))).* from bookings t",
    ] {
        changed(&pool, &format!("{change} where generation = {after}")).await;
        assert!(says_no(&pool, before, after).await, "{change}");
        sqlx::query("delete from bookings where generation = $1")
            .bind(after)
            .execute(&pool)
            .await
            .unwrap();
        let back = format!(
            "insert into bookings select (jsonb_populate_record(t, jsonb_build_object('generation', {after}))).*
             from bookings t where generation = {before}"
        );
        changed(&pool, &back).await;
        assert!(!says_no(&pool, before, after).await, "put back after {change}");
    }
    database::ledger_is_balanced(&pool).await;
    changed(&pool, "update payment_ledger set amount = amount + 1 where line = 0 and position = (select max(position) from payment_ledger)").await;
    let ledger = pool.clone();
    let judged = tokio::spawn(async move { database::ledger_is_balanced(&ledger).await }).await;
    assert!(judged.is_err(), "a kopeck was lost and nobody noticed");
    pool.close().await;
    scene.platform.stop().await;
}

async fn changed(pool: &PgPool, statement: &str) {
    let done = sqlx::query(statement).execute(pool).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
}

async fn says_no(pool: &PgPool, one: i32, other: i32) -> bool {
    let pool = pool.clone();
    tokio::spawn(async move { database::same_rows(&pool, "bookings", one, other).await })
        .await
        .is_err()
}

#[tokio::test]
async fn the_oracle_of_causes_notices_facts_that_nothing_led_to() {
    let scene = Scene::set().await;
    scene.booked_and_paid(Scene::urgent()).await;
    scene.platform.drain().await;
    let pool = scene.platform.pool().await;
    assert_eq!(causes::without_cause(&pool).await, Vec::<String>::new());
    let owner = sqlx::PgPool::connect(scene.platform.owner_url()).await.unwrap();
    let mut changing = owner.acquire().await.unwrap();
    sqlx::query("alter table events disable trigger user")
        .execute(&mut *changing)
        .await
        .unwrap();
    let mut change = async |sql: &str| {
        let done = sqlx::query(sql).execute(&mut *changing).await.unwrap();
        assert_eq!(done.rows_affected(), 1, "{sql}");
    };
    let of_secured = "where event_type = 'BookingSecured'";
    for (member, value) in [
        ("causation", ""),
        ("causation", "999999"),
        ("causation", "1"),
        ("actor_role", "patient"),
        ("actor_role", "somebody"),
    ] {
        let kept: String = sqlx::query_scalar(&format!(
            "select metadata ->> '{member}' from events {of_secured}"
        ))
        .fetch_one(&pool)
        .await
        .unwrap();
        for (value, found) in [(value, 1), (kept.as_str(), 0)] {
            change(&format!(
                "update events set metadata = jsonb_set(metadata::jsonb, '{{{member}}}', '\"{value}\"')::json {of_secured}"
            ))
            .await;
            assert_eq!(
                causes::without_cause(&pool).await.len(),
                found,
                "{member} {value}"
            );
        }
    }
    drop(changing);
    owner.close().await;
    pool.close().await;
    scene.platform.stop().await;
}

//! Each test has a database of its own, with the two roles, and a clock that can be set.
#![expect(clippy::unwrap_used, reason = "tests")]

use dev_stack::{
    APP_ROLE, OWNER_ROLE, StackError, TestDatabase, advance_clock, install_clock, move_clock, read_clock,
};
use sqlx::{Connection as _, PgConnection};

async fn connected(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn text(connection: &mut PgConnection, query: &str) -> String {
    sqlx::query_scalar(query).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn two_tests_never_share_a_database() {
    let (one, two) = tokio::try_join!(TestDatabase::create(), TestDatabase::create()).unwrap();
    assert_ne!(one.name, two.name);
    sqlx::raw_sql("create table mine ()")
        .execute(&mut connected(one.owner_url()).await)
        .await
        .unwrap();
    let absent = sqlx::query("select from mine")
        .execute(&mut connected(two.owner_url()).await)
        .await;
    assert!(absent.is_err());
}

#[tokio::test]
async fn a_database_goes_with_its_test_even_while_it_is_in_use() {
    let database = TestDatabase::create().await.unwrap();
    let name = database.name.clone();
    let mut still_open = connected(database.app_url()).await;
    drop(database);
    assert!(still_open.ping().await.is_err());

    let other = TestDatabase::create().await.unwrap();
    let known: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut connected(other.owner_url()).await)
        .await
        .unwrap();
    assert!(!known);
}

#[tokio::test]
async fn the_owner_may_make_tables_and_the_application_may_not() {
    let database = TestDatabase::create().await.unwrap();
    let mut owner = connected(database.owner_url()).await;
    let mut app = connected(database.app_url()).await;
    assert_eq!(text(&mut owner, "select current_user::text").await, OWNER_ROLE);
    assert_eq!(text(&mut app, "select current_user::text").await, APP_ROLE);
    sqlx::raw_sql("create table owned ()")
        .execute(&mut owner)
        .await
        .unwrap();
    assert!(
        sqlx::raw_sql("create table sneaked_in ()")
            .execute(&mut app)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn durability_is_not_traded_for_speed() {
    let database = TestDatabase::create().await.unwrap();
    let mut app = connected(database.app_url()).await;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let query = format!("select current_setting('{setting}')");
        assert_eq!(text(&mut app, &query).await, "on", "{setting}");
    }
}

#[tokio::test]
async fn the_clock_moves_for_everyone_on_this_database_and_for_nobody_else() {
    let database = TestDatabase::create().await.unwrap();
    let other = TestDatabase::create().await.unwrap();
    let ahead = "select extract(epoch from house_now() - clock_timestamp())::bigint";

    advance_clock(database.owner_url(), 3_600).await.unwrap();
    advance_clock(database.owner_url(), 86_400).await.unwrap();
    let mut app = connected(database.app_url()).await;
    let seconds: i64 = sqlx::query_scalar(ahead).fetch_one(&mut app).await.unwrap();
    assert_eq!(seconds, 90_000);
    move_clock(database.app_url(), 60).await.unwrap();
    let clock = read_clock(database.app_url()).await.unwrap();
    assert_eq!(clock.ahead_seconds, Some(90_060));
    let real = clock.now_ms - 90_060_000;
    let unix: i64 = sqlx::query_scalar("select (extract(epoch from clock_timestamp()) * 1000)::bigint")
        .fetch_one(&mut app)
        .await
        .unwrap();
    assert!((0..60_000).contains(&(unix - real)), "{real} beside {unix}");

    let elsewhere: i64 = sqlx::query_scalar(ahead)
        .fetch_one(&mut connected(other.owner_url()).await)
        .await
        .unwrap();
    assert_eq!(elsewhere, 0);
}

#[tokio::test]
async fn a_real_clock_is_shown_and_moved_by_nobody() {
    let database = TestDatabase::create().await.unwrap();
    for url in [database.app_url(), database.owner_url()] {
        let refused = move_clock(url, 3_600).await.unwrap_err();
        assert!(matches!(refused, StackError::RealClock), "{refused}");
        let clock = read_clock(url).await.unwrap();
        assert_eq!(clock.ahead_seconds, None);
    }
    assert!(
        install_clock(database.app_url()).await.is_err(),
        "only the owner makes a clock one that moves"
    );
}

#[tokio::test]
async fn each_clone_is_a_log_of_its_own() {
    let (one, two) = tokio::try_join!(TestDatabase::create(), TestDatabase::create()).unwrap();
    let identity = "select log_id::text from log_identity";
    let first = text(&mut connected(one.app_url()).await, identity).await;
    let second = text(&mut connected(two.app_url()).await, identity).await;
    assert_ne!(first, second);
}

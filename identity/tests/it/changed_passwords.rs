//! A password that is changed while it is being looked at opens nothing.

use std::pin::pin;
use std::time::{Duration, Instant};

use identity::IdentityRefusal;
use sqlx::{Connection, PgConnection};

use crate::kit::{PASSWORD, TestIdentity, at, email, password, patient, phone_app, refusal};

const IVAN: &str = "ivan@example.com";

#[tokio::test]
async fn a_sign_in_that_another_password_overtakes_opens_no_session() {
    let fixture = TestIdentity::new().await;
    let ivan = fixture.people.register(patient(IVAN), at(0)).await.unwrap();
    let mut owner = PgConnection::connect(fixture.owner_url()).await.unwrap();
    let mut change = owner.begin().await.unwrap();
    sqlx::query("update identity.credentials set password_hash = 'another' where account_id = $1")
        .bind(ivan.id.uuid())
        .execute(&mut *change)
        .await
        .unwrap();
    // The sign-in still reads the hash of before, and waits for the change before it opens anything.
    let people = fixture.another_process();
    let (ivan_s, right, app) = (email(IVAN), password(PASSWORD), phone_app());
    let mut sign_in = pin!(people.login(&ivan_s, &right, &app, at(1)));
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut ended = None;
    while ended.is_none() && waiting(&fixture).await == 0 {
        assert!(Instant::now() < deadline, "the sign-in neither waits nor ends");
        tokio::select! {
            biased;
            end = &mut sign_in => ended = Some(end),
            () = tokio::task::yield_now() => {}
        }
    }
    change.commit().await.unwrap();
    let ended = match ended {
        Some(ended) => ended,
        None => sign_in.await,
    };
    assert_eq!(refusal(ended), IdentityRefusal::WrongCredentials);
    let sessions: i64 = sqlx::query_scalar("select count(*) from identity.sessions")
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
    assert_eq!(sessions, 0);
    owner.close().await.unwrap();
}

/// How many wait for a lock in this database.
pub async fn waiting(fixture: &TestIdentity) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
         where not l.granted and a.datname = current_database()",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap()
}

//! Registering twice by mistake: the same data is one registration for ten minutes, and anything else tells nothing.

use futures::future::join_all;
use kit::client::Client;
use kit::platform::{ALL, Platform};
use serde_json::{Value, json};

fn anna() -> Value {
    json!({
        "email": "anna@example.com", "password": "long enough 1", "first_name": "Анна", "last_name": "Иванова",
        "phone": "+79990001122",
    })
}

/// The same with one field another one.
fn but(field: &str, value: &str) -> Value {
    let mut registration = anna();
    registration[field] = json!(value);
    registration
}

async fn register(client: &Client, registration: Value) -> kit::client::ApiResponse {
    client.post("/auth/register", registration).await
}

/// Whose session this is.
async fn owner(client: &Client, session: &Value) -> Value {
    let token = session["access_token"].as_str().unwrap();
    client.with_token(token).get("/auth/me").await.expect(200)["id"].clone()
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_sent_again_and_is_the_same_one() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let first = register(&anybody, anna()).await.expect(200);
    let again = register(&anybody, anna()).await.expect(200);
    assert_eq!(first["user"], again["user"]);
    assert_ne!(
        first["refresh_token"], again["refresh_token"],
        "a session of its own"
    );
    assert_eq!(owner(&anybody, &first).await, first["user"]["id"]);
    assert_eq!(owner(&anybody, &again).await, first["user"]["id"]);
    platform.finish().await;
}

#[tokio::test]
async fn anything_that_differs_is_refused_as_ever() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    register(&anybody, anna()).await.expect(200);
    let mut without_phone = anna();
    without_phone.as_object_mut().unwrap().remove("phone");
    for other in [
        but("password", "long enough 2"),
        but("first_name", "Жанна"),
        but("last_name", "Петрова"),
        but("phone", "+79990001133"),
        without_phone,
    ] {
        register(&anybody, other).await.expect_problem(409, "email_taken");
    }
    let phone = but("email", "other@example.com");
    register(&anybody, phone).await.expect_problem(409, "phone_taken");
    // An admin's address is no patient's, whatever else fits.
    let admin = platform.admin().await;
    let asked = but("email", &admin.email);
    register(&anybody, asked).await.expect_problem(409, "email_taken");
    platform.advance(9 * 60).await;
    register(&anybody, anna()).await.expect(200);
    platform.advance(61).await;
    register(&anybody, anna())
        .await
        .expect_problem(409, "email_taken");
    platform.finish().await;
}

#[tokio::test]
async fn many_at_once_make_one_account() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let sessions = join_all((0..6).map(|_| register(&anybody, anna()))).await;
    let mut ids: Vec<Value> = Vec::new();
    for session in sessions {
        ids.push(session.expect(200)["user"]["id"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    let pool = platform.pool().await;
    let accounts: i64 = sqlx::query_scalar("select count(*) from identity.accounts where role = 'patient'")
        .fetch_one(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert_eq!(accounts, 1);
    platform.finish().await;
}

/// Whoever guesses learns of each try no more than that the address is taken, and after a few tries the right password is none.
#[tokio::test]
async fn it_is_no_way_to_guess_passwords() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    register(&anybody, anna()).await.expect(200);
    for guess in ["a wrong guess", "another guess", "a third guess"] {
        register(&anybody, but("password", guess))
            .await
            .expect_problem(409, "email_taken");
    }
    register(&anybody, anna())
        .await
        .expect_problem(409, "email_taken");
    platform.stop().await;
}

//! Signing in, staying signed in, and what happens to stolen tokens.

use kit::persona::PASSWORD;
use kit::platform::Platform;
use serde_json::{Value, json};

#[tokio::test]
async fn a_refresh_token_works_once_and_a_stolen_one_ends_the_session() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let session = sign_in(&platform, &patient.email).await;
    let first = session["refresh_token"].clone();
    let second = refresh(&platform, &first).await.expect(200);
    anybody
        .with_token(second["access_token"].as_str().unwrap())
        .get("/auth/me")
        .await
        .expect(200);
    assert_ne!(first, second["refresh_token"]);
    // Long after: not the same device that asked twice within a moment.
    platform.advance(120).await;
    refresh(&platform, &first)
        .await
        .expect_problem(401, "refresh_reused");
    // Whoever has the newer one may be the thief: the session is over for both.
    let refused = refresh(&platform, &second["refresh_token"]).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let answer = anybody
        .with_token(second["access_token"].as_str().unwrap())
        .get("/auth/me")
        .await;
    answer.expect_problem(401, "token_revoked");
    // Another session of the same person lives on.
    patient.client.get("/auth/me").await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let session = sign_in(&platform, &patient.email).await;
    let client = platform
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    client.get("/auth/me").await.expect(200);
    client.post("/auth/logout", json!({})).await.expect(200);
    client.get("/auth/me").await.expect_problem(401, "token_revoked");
    assert_eq!(refresh(&platform, &session["refresh_token"]).await.status, 401);
    platform.finish().await;
}

#[tokio::test]
async fn an_access_token_lasts_a_quarter_of_an_hour_and_survives_a_restart() {
    let mut platform = Platform::start().await;
    let patient = platform.patient().await;
    let answer = sign_in(&platform, &patient.email).await;
    assert_eq!(
        (&answer["token_type"], &answer["expires_in"]),
        (&json!("bearer"), &json!(900))
    );
    platform.take(kit::platform::ALL).stop().await;
    platform.serve(kit::platform::ALL).await;
    patient.client.get("/auth/me").await.expect(200);
    platform.advance(15 * 60 + 1).await;
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_expired");
    platform.finish().await;
}

#[tokio::test]
async fn nobody_learns_who_has_an_account_by_signing_in() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let anybody = platform.anonymous();
    let mut answers = Vec::new();
    for email in [patient.email.as_str(), "nobody@example.com"] {
        let request = json!({"email": email, "password": "not the right password"});
        let mut problem = anybody
            .post("/auth/login", request)
            .await
            .expect_problem(401, "wrong_credentials");
        problem["trace_id"] = json!("");
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
    platform.finish().await;
}

#[tokio::test]
async fn registering_makes_patients_only_and_once() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let request = |role: &str| {
        json!({
            "email": "Eve@Example.com", "password": PASSWORD, "first_name": "Ева", "last_name": "Первая",
            "phone": "8 900 111 22 33", "role": role,
        })
    };
    for role in ["admin", "doctor", "clinic", "analyst"] {
        let answer = anybody.post("/auth/register", request(role)).await;
        assert_eq!(answer.pointers(), ["/role"]);
    }
    let registered = anybody
        .post("/auth/register", request("patient"))
        .await
        .expect(200);
    assert_eq!(registered["user"]["role"], "patient");
    assert_eq!(registered["user"]["email"], "eve@example.com");
    assert_eq!(registered["user"]["phone"], "+79001112233");
    let mut other = request("patient");
    other["first_name"] = json!("Ада");
    // Whoever knows the password is no stranger, and is told.
    anybody
        .post("/auth/register", other)
        .await
        .expect_problem(409, "email_taken");
    let faulty =
        json!({"email": "no", "password": "short", "first_name": "X", "last_name": "", "phone": "12"});
    let answer = anybody.post("/auth/register", faulty).await;
    assert_eq!(
        answer.pointers(),
        ["/email", "/first_name", "/last_name", "/password", "/phone"]
    );
    platform.finish().await;
}

async fn sign_in(platform: &Platform, email: &str) -> Value {
    platform
        .anonymous()
        .post("/auth/login", json!({"email": email, "password": PASSWORD}))
        .await
        .expect(200)
}

async fn refresh(platform: &Platform, token: &Value) -> kit::client::ApiResponse {
    platform
        .anonymous()
        .post("/auth/refresh", json!({"refresh_token": token}))
        .await
}

//! People see where they are signed in, sign out elsewhere, and change their password.

use kit::client::Client;
use kit::persona::PASSWORD;
use kit::platform::Platform;
use serde_json::{Value, json};

/// A fresh one, far from everything that is guessed.
const ANOTHER: &str = "amber-tunnel-violin";

/// The living sessions as their owner sees them.
async fn listed(client: &Client) -> Vec<Value> {
    let answer = client.get("/auth/sessions").await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_alone() {
    let platform = Platform::start().await;
    let here = platform.patient().await;
    let (there, elsewhere) = (platform.again(&here).await, platform.again(&here).await);
    let stranger = platform.patient().await;

    let seen = listed(&here.client).await;
    assert_eq!(seen.len(), 3, "{seen:?}");
    let current: Vec<bool> = seen.iter().map(|session| session["is_current"] == true).collect();
    // The newest first, and this one is the oldest.
    assert_eq!(current, [false, false, true]);
    let newest = seen[0]["id"].as_str().unwrap();
    let end = format!("/auth/sessions/{newest}/end");
    stranger
        .client
        .post(&end, json!({}))
        .await
        .expect_problem(404, "not_found");
    let ended = there.client.post(&end, json!({})).await.expect(200);
    assert_eq!(ended, json!({"ended": 1}));
    elsewhere
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    there
        .client
        .post(&end, json!({}))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(listed(&here.client).await.len(), 2);

    let ended = here
        .client
        .post("/auth/sessions/end-others", json!({}))
        .await
        .expect(200);
    assert_eq!(ended, json!({"ended": 1}));
    there
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    let left = listed(&here.client).await;
    assert_eq!((left.len(), &left[0]["is_current"]), (1, &json!(true)));
    assert_eq!(listed(&stranger.client).await.len(), 1);
    platform.finish().await;
}

#[tokio::test]
async fn a_changed_password_ends_every_session_and_opens_one() {
    let platform = Platform::start().await;
    let here = platform.patient().await;
    let there = platform.again(&here).await;
    let login = |password: &str| json!({"email": here.email, "password": password});
    let change = |current: &str, chosen: &str| json!({"current_password": current, "new_password": chosen});

    let asked = change("not the right password", ANOTHER);
    here.client
        .post("/auth/password", asked)
        .await
        .expect_problem(403, "wrong_password");
    for (chosen, code) in [
        ("password123", "guessable"),
        ("каренина1990", "guessable"),
        ("short", "too_short"),
    ] {
        let problem = here.client.post("/auth/password", change(PASSWORD, chosen)).await;
        let problem = problem.expect_problem(422, "invalid");
        let fault = &problem["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!("/new_password"), &json!(code)),
            "{chosen}"
        );
    }
    // Nothing has happened yet.
    assert_eq!(listed(&here.client).await.len(), 2);

    let changed = here
        .client
        .post("/auth/password", change(PASSWORD, ANOTHER))
        .await
        .expect(200);
    for client in [&here.client, &there.client] {
        client.get("/auth/me").await.expect_problem(401, "token_revoked");
    }
    let now = platform
        .anonymous()
        .with_token(changed["access_token"].as_str().unwrap());
    assert_eq!(listed(&now).await.len(), 1);
    let anybody = platform.anonymous();
    anybody
        .post("/auth/login", login(PASSWORD))
        .await
        .expect_problem(401, "wrong_credentials");
    anybody.post("/auth/login", login(ANOTHER)).await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_done() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let twin = platform.again(&patient).await;
    let change = |chosen: &str| json!({"current_password": PASSWORD, "new_password": chosen});
    let (one, other) = tokio::join!(
        patient.client.post("/auth/password", change(ANOTHER)),
        twin.client.post("/auth/password", change("copper-lantern-river")),
    );
    let done = [&one, &other]
        .into_iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(done, 1, "{} {}", one.text, other.text);
    platform.finish().await;
}

#[tokio::test]
async fn whoever_works_here_gets_a_longer_password_and_nobody_a_guessable_one() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let analyst = |password: &str| {
        json!({"role": "analyst", "email": "zoya@example.com", "password": password, "first_name": "Зоя",
               "last_name": "Цветкова"})
    };
    for (password, code) in [
        ("moss-kettle", "too_short"),
        ("qwertyuiop12", "guessable"),
        ("ЗояЦветкова1", "guessable"),
    ] {
        let problem = admin.client.post("/admin/accounts", analyst(password)).await;
        let problem = problem.expect_problem(422, "invalid");
        let fault = &problem["errors"][0];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!("/password"), &json!(code)),
            "{password}"
        );
    }
    admin
        .client
        .post("/admin/accounts", analyst(ANOTHER))
        .await
        .expect(200);
    let words = [
        "admin",
        "create",
        "--email",
        "guessed@example.com",
        "--password-stdin",
    ];
    let refused = platform.try_tot(&words, "administrator").await;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("soon guessed"),
        "{said}"
    );
    platform.finish().await;
}

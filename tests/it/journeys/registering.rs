//! Registering tells nobody who has an account; sent again by mistake, the same data is one registration for ten minutes.

use std::net::Ipv4Addr;

use futures::future::join_all;
use kit::client::{ApiResponse, Client};
use kit::persona::PASSWORD;
use kit::platform::{ALL, Platform};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

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

async fn register(client: &Client, registration: Value) -> ApiResponse {
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
async fn whoever_knows_the_password_is_refused_what_differs_and_later_all_of_it() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    register(&anybody, anna()).await.expect(200);
    let mut without_phone = anna();
    without_phone.as_object_mut().unwrap().remove("phone");
    for other in [
        but("first_name", "Жанна"),
        but("last_name", "Петрова"),
        but("phone", "+79990001133"),
        without_phone,
    ] {
        register(&anybody, other).await.expect_problem(409, "email_taken");
    }
    // An admin's address is no patient's, whatever else fits.
    let admin = platform.admin().await;
    let mut asked = but("email", &admin.email);
    asked["password"] = json!(PASSWORD);
    register(&anybody, asked).await.expect_problem(409, "email_taken");
    platform.advance(9 * 60).await;
    register(&anybody, anna()).await.expect(200);
    platform.advance(61).await;
    register(&anybody, anna())
        .await
        .expect_problem(409, "email_taken");
    platform.finish().await;
}

/// A platform, and where it is measured.
async fn measured_platform() -> (Platform, Client) {
    let mut platform = Platform::prepare().await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let metrics = listener.local_addr().unwrap();
    drop(listener);
    platform.set("TOT_METRICS_LISTEN", &metrics.to_string());
    platform.serve(ALL).await;
    (platform, Client::anonymous(&format!("http://{metrics}")))
}

/// How many passwords were hashed until now.
async fn hashes(operator: &Client) -> u64 {
    let shown = operator.fetch("/metrics").await.text;
    let mut lines = shown.lines();
    let value = lines.find_map(|line| line.strip_prefix("tot_password_hashes_total "));
    value.map_or(0, |value| value.parse().unwrap())
}

/// An answer as it came, without ids, tokens, times and the address that was sent: names, lengths, order and all else stay.
fn same_for_all(answer: &ApiResponse, email: &str) -> (u16, Vec<(String, String)>, String) {
    let mut text = answer.text.replace(email, "[email]");
    let tokens = ["access_token", "refresh_token", "device_token", "trace_id"];
    let tokens = tokens.map(|name| answer.body[name].as_str());
    let id = answer.body["user"]["id"].as_str();
    for value in tokens.into_iter().chain([id]).flatten() {
        text = text.replace(value, &"*".repeat(value.len()));
    }
    // As long as its digits are.
    let made = answer.body["user"]["created_at"].as_str();
    let text = text.replace(made.unwrap_or("none"), "[time]");
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &answer.headers {
        let value = match name.as_str() {
            // The length is that of the time, too.
            "date" | "tot-trace-id" | "content-length" => "*",
            _ => value.to_str().unwrap(),
        };
        headers.push((name.as_str().to_owned(), value.to_owned()));
    }
    (answer.status.as_u16(), headers, text)
}

#[tokio::test]
async fn an_address_and_a_number_that_are_taken_are_answered_as_free_ones_and_cost_as_much() {
    let (platform, operator) = measured_platform().await;
    let anybody = platform.anonymous();
    register(&anybody, anna()).await.expect(200);
    let admin = platform.admin().await;
    let mut held = json!({
        "role": "analyst", "email": "olga@example.com", "password": PASSWORD, "first_name": "Ольга",
        "last_name": "Иванова", "phone": "+79990001133",
    });
    admin
        .client
        .post("/admin/accounts", held.take())
        .await
        .expect(200);
    let mut answers = Vec::new();
    let mut costs = Vec::new();
    // Of nobody, of a patient, of somebody an admin made; and the number of each.
    for (email, phone) in [
        ("nora@example.com", "+79990009900"),
        ("anna@example.com", "+79990009911"),
        ("olga@example.com", "+79990009922"),
        ("vera@example.com", "+79990001122"),
        ("lena@example.com", "+79990001133"),
    ] {
        let mut registration = but("password", "copper-lantern-river");
        registration["email"] = json!(email);
        registration["phone"] = json!(phone);
        let before = hashes(&operator).await;
        let answer = register(&anybody, registration).await;
        costs.push(hashes(&operator).await - before);
        let (status, headers, text) = same_for_all(&answer, email);
        answers.push((status, headers, text.replace(phone, "[phone]")));
    }
    assert!(answers.iter().all(|answer| answer.0 == 200), "{answers:?}");
    for (_, headers, text) in &answers[1..] {
        assert_eq!(text, &answers[0].2);
        assert_eq!(headers, &answers[0].1);
    }
    // Signing in costs as much: at an address of nobody, of one and of two accounts, whoever's the password is.
    for (email, password) in [
        ("nobody@example.com", "copper-lantern-river"),
        ("vera@example.com", "copper-lantern-river"),
        ("anna@example.com", "copper-lantern-river"),
        ("anna@example.com", "long enough 1"),
        ("anna@example.com", "nobody's password"),
    ] {
        let before = hashes(&operator).await;
        let login = json!({"email": email, "password": password});
        anybody.post("/auth/login", login).await;
        costs.push(hashes(&operator).await - before);
    }
    assert_eq!(costs, [1; 10]);
    // To change to it one's own number is answered likewise.
    let patient = platform.patient().await;
    for phone in ["+79990007700", "+79990001122", "+79990001133"] {
        let change = json!({"phone": phone}).to_string();
        let changed = patient
            .client
            .send(Method::PUT, "/auth/me", Some(change), &[])
            .await;
        assert_eq!(changed.expect(200)["phone"], phone);
    }
    platform.finish().await;
}

#[tokio::test]
async fn two_accounts_under_one_address_each_have_their_own_sessions_and_an_admin_sees_both() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let mut made = Vec::new();
    for password in ["long enough 1", "copper-lantern-river"] {
        let session = register(&anybody, but("password", password)).await.expect(200);
        made.push((password, session));
    }
    for (password, session) in &made {
        let login = json!({"email": "anna@example.com", "password": password});
        let again = anybody.post("/auth/login", login.clone()).await.expect(200);
        assert_eq!(again["user"], session["user"]);
        // A device is its own account's.
        let mut elsewhere = login;
        let other = made.iter().find(|(other, _)| other != password).unwrap();
        elsewhere["device_token"] = other.1["device_token"].clone();
        anybody
            .post("/auth/login", elsewhere)
            .await
            .expect_problem(401, "wrong_credentials");
    }
    let admin = platform.admin().await;
    let found = admin
        .client
        .get("/admin/accounts?q=anna%40example.com")
        .await
        .expect(200);
    let accounts = found["items"].as_array().unwrap();
    assert_eq!(accounts.len(), 2);
    for account in accounts {
        assert_eq!(
            (&account["account"]["email_proven"], &account["email_vouched"]),
            (&json!(false), &json!(false))
        );
    }
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

/// Whoever guesses by registering is slowed as whoever signs in is, and by each other's tries.
#[tokio::test]
async fn it_is_no_way_to_guess_passwords() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    for email in ["anna@example.com", "nobody@example.com"] {
        for guess in ["a wrong guess", "another guess", "a third guess"] {
            let mut registration = but("password", guess);
            registration["email"] = json!(email);
            register(&anybody, registration).await.expect(200);
        }
        let mut right = but("password", "a third guess");
        right["email"] = json!(email);
        register(&anybody, right.clone())
            .await
            .expect_problem(429, "rate_limited");
        let login = json!({"email": email, "password": "a third guess"});
        anybody
            .post("/auth/login", login)
            .await
            .expect_problem(429, "rate_limited");
    }
    platform.stop().await;
}

/// Whoever has an account under an address frees no guess at another one by signing in to it, nor by choosing passwords.
#[tokio::test]
async fn an_account_under_the_address_of_another_is_no_way_either() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    register(&anybody, anna()).await.expect(200);
    platform.advance(181).await;
    let own = but("password", "copper-lantern-river");
    let session = register(&anybody, own).await.expect(200);
    let login = |password: &str| json!({"email": "anna@example.com", "password": password});
    for guess in ["a wrong guess", "another guess"] {
        anybody
            .post("/auth/login", login(guess))
            .await
            .expect_problem(401, "wrong_credentials");
        // Held up by what went wrong, and not freed of it by what is right.
        let own = anybody.post("/auth/login", login("copper-lantern-river")).await;
        assert!([200, 429].contains(&own.status.as_u16()), "{}", own.text);
    }
    anybody
        .post("/auth/login", login("a third guess"))
        .await
        .expect_problem(429, "rate_limited");
    let client = anybody.with_token(session["access_token"].as_str().unwrap());
    let choice = json!({"current_password": "copper-lantern-river", "new_password": "long enough 1"});
    client
        .post("/auth/password", choice)
        .await
        .expect_problem(429, "rate_limited");
    platform.stop().await;
}

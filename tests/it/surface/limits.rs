//! Rate limits work, and tell when to come back.

use kit::client::ApiResponse;
use kit::persona::PASSWORD;
use kit::platform::{ALL, Platform};
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_REQUESTS_PER_ADDRESS", "20");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    let mut limited = None;
    for _ in 0..40 {
        let answer = anybody.get("/version").await;
        if answer.status == 429 {
            limited = Some(answer);
            break;
        }
    }
    assert_limited(limited.expect("a limit"));
    platform.stop().await;
}

#[tokio::test]
async fn guessing_passwords_of_one_account_is_limited_also_for_the_right_one() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    // Registering was a try, too, and is forgotten.
    platform.advance(181).await;
    let login = |password: &str| json!({"email": patient.email, "password": password});
    for _ in 0..3 {
        let answer = anybody.post("/auth/login", login("not the right password")).await;
        answer.expect_problem(401, "wrong_credentials");
    }
    // Each wait is twice the one before: the last ones are too long to pass by themselves.
    for wait_s in [4, 8, 16, 32] {
        platform.advance(wait_s).await;
        let answer = anybody.post("/auth/login", login("not the right password")).await;
        answer.expect_problem(401, "wrong_credentials");
    }
    assert_limited(anybody.post("/auth/login", login(PASSWORD)).await);
    platform.advance(64).await;
    anybody.post("/auth/login", login(PASSWORD)).await.expect(200);
    // Another account is not touched by it.
    let other = platform.patient().await;
    platform.again(&other).await;
    platform.stop().await;
}

#[tokio::test]
async fn an_owner_signs_in_on_a_known_device_while_others_guess() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    // Every guess comes from another network.
    platform.set("TOT_TRUSTED_PROXY_HOPS", "1");
    platform.serve(ALL).await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let login = |password: &str, device: &Value| json!({"email": patient.email, "password": password, "device_token": device});
    let own = anybody
        .post("/auth/login", login(PASSWORD, &Value::Null))
        .await
        .expect(200);
    let device = &own["device_token"];
    let mut limited = 0;
    for number in 0..40 {
        let from = ("x-forwarded-for", format!("198.51.{number}.1"));
        let body = login("not the right password", &Value::Null).to_string();
        let answer = anybody
            .send(
                Method::POST,
                "/auth/login",
                Some(body),
                &[(from.0, from.1.as_str())],
            )
            .await;
        limited += i32::from(answer.status == 429);
    }
    assert!(limited > 20, "{limited}");
    // On another device, or on one of somebody else's, the owner would have to wait with the others.
    let stranger = platform.patient().await;
    let theirs = json!({"email": stranger.email, "password": PASSWORD});
    let theirs = anybody.post("/auth/login", theirs).await.expect(200);
    for token in [&Value::Null, &theirs["device_token"], &json!("totd_nonsense")] {
        assert_limited(anybody.post("/auth/login", login(PASSWORD, token)).await);
    }
    let again = anybody
        .post("/auth/login", login(PASSWORD, device))
        .await
        .expect(200);
    assert_eq!(&again["device_token"], device);
    platform.stop().await;
}

#[tokio::test]
async fn an_account_that_writes_too_often_is_limited_and_others_are_not() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "5");
    platform.serve(ALL).await;
    let (eager, calm) = (platform.patient().await, platform.patient().await);
    for _ in 0..5 {
        eager.client.post("/bookings", Scene::urgent()).await.expect(200);
    }
    assert_limited(eager.client.post("/bookings", Scene::urgent()).await);
    eager.client.get("/bookings").await.expect(200);
    calm.client.post("/bookings", Scene::urgent()).await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn a_calendar_that_is_read_too_often_is_limited_and_others_are_not() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_FEEDS_PER_LINK", "3");
    platform.serve(ALL).await;
    let (eager, calm) = (platform.patient().await, platform.patient().await);
    let link = async |client: &kit::client::Client| {
        let made = client.post("/me/calendar", json!({})).await.expect(200);
        let url = made["url"].as_str().unwrap().to_owned();
        url[url.find("/api/").unwrap()..].to_owned()
    };
    let (often, seldom) = (link(&eager.client).await, link(&calm.client).await);
    let anybody = platform.anonymous();
    for _ in 0..3 {
        anybody.fetch(&often).await.expect(200);
    }
    assert_limited(anybody.fetch(&often).await);
    anybody.fetch(&seldom).await.expect(200);
    platform.stop().await;
}

#[track_caller]
fn assert_limited(answer: ApiResponse) {
    let wait: u32 = answer.header("retry-after").parse().expect("Retry-After");
    assert!((1..=64).contains(&wait), "{wait}");
    assert!(answer.header("ratelimit").contains("r=0"), "{:?}", answer.headers);
    assert!(
        !answer.header("ratelimit-policy").is_empty(),
        "{:?}",
        answer.headers
    );
    answer.expect_problem(429, "rate_limited");
}

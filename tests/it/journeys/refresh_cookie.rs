//! The refresh token in a cookie: for pages of the platform's own origin, with the same rules as in JSON, and for nobody else's page.

use kit::authenticator::code_of;
use kit::client::ApiResponse;
use kit::persona::PASSWORD;
use kit::platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};

const ATTRIBUTES: &str = "; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict";
const FORGOTTEN: &str = "__Host-tot-refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict";
const OURS: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

#[tokio::test]
async fn a_cookie_renews_the_session_once_and_ends_it_when_used_twice() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let signed_in = sign_in(&platform, &patient.email, &OURS).await;
    assert_eq!(signed_in.body["refresh_token"], "", "no script reads it");
    let first = cookie_of(&signed_in);
    assert!(first.starts_with("__Host-tot-refresh=totr_"), "{first}");

    let renewed = post(&platform, "/auth/refresh", json!({}), &first, &OURS).await;
    let second = cookie_of(&renewed);
    assert_ne!(first, second);
    let renewed = renewed.expect(200);
    assert_eq!(renewed["refresh_token"], "");
    let client = platform
        .anonymous()
        .with_token(renewed["access_token"].as_str().unwrap());
    client.get("/auth/me").await.expect(200);

    platform.advance(120).await;
    let reused = post(&platform, "/auth/refresh", json!({}), &first, &OURS).await;
    assert_eq!(reused.header("set-cookie"), FORGOTTEN);
    reused.expect_problem(401, "refresh_reused");
    client.get("/auth/me").await.expect_problem(401, "token_revoked");
    let refused = post(&platform, "/auth/refresh", json!({}), &second, &OURS).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    platform.finish().await;
}

#[tokio::test]
async fn a_page_of_another_origin_neither_uses_nor_sets_the_cookie() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let own = platform.url().to_owned();
    let by_origin = [("origin", own.as_str())];
    let cookie = cookie_of(&sign_in(&platform, &patient.email, &by_origin).await);
    for foreign in [
        &[][..],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
    ] {
        for path in ["/auth/refresh", "/auth/logout"] {
            let refused = post(&platform, path, json!({}), &cookie, foreign).await;
            assert_eq!(refused.header("set-cookie"), "", "{path} {foreign:?}");
            refused.expect_problem(403, "cross_site_request");
        }
        let refused = sign_in(&platform, &patient.email, foreign).await;
        assert_eq!(refused.header("set-cookie"), "");
        refused.expect_problem(403, "cross_site_request");
    }
    // None of that used it up.
    post(&platform, "/auth/refresh", json!({}), &cookie, &by_origin)
        .await
        .expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_of_the_cookie_and_has_it_forgotten() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let signed_in = sign_in(&platform, &patient.email, &OURS).await;
    let cookie = cookie_of(&signed_in);
    let out = post(&platform, "/auth/logout", json!({}), &cookie, &OURS).await;
    assert_eq!(out.header("set-cookie"), FORGOTTEN);
    out.expect(200);
    let refused = post(&platform, "/auth/refresh", json!({}), &cookie, &OURS).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    let client = platform
        .anonymous()
        .with_token(signed_in.body["access_token"].as_str().unwrap());
    client.get("/auth/me").await.expect_problem(401, "token_revoked");
    // Whoever signs out by an access token leaves no cookie behind, either.
    let signed_in = sign_in(&platform, &patient.email, &OURS).await;
    let bearer = format!("Bearer {}", signed_in.body["access_token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str())];
    let out = post(
        &platform,
        "/auth/logout",
        json!({}),
        &cookie_of(&signed_in),
        &headers,
    )
    .await;
    assert_eq!((out.status.as_u16(), out.header("set-cookie")), (200, FORGOTTEN));
    platform.finish().await;
}

#[tokio::test]
async fn whoever_does_not_ask_for_a_cookie_gets_none_and_json_goes_before_it() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let request = json!({"email": patient.email, "password": PASSWORD});
    let plain = platform.anonymous().post("/auth/login", request).await;
    assert_eq!(plain.header("set-cookie"), "");
    let token = plain.expect(200)["refresh_token"].clone();
    let cookie = cookie_of(&sign_in(&platform, &patient.email, &OURS).await);
    let renewed = post(
        &platform,
        "/auth/refresh",
        json!({"refresh_token": token}),
        &cookie,
        &[],
    )
    .await;
    assert_eq!(renewed.header("set-cookie"), "");
    assert!(
        renewed.expect(200)["refresh_token"]
            .as_str()
            .unwrap()
            .starts_with("totr_")
    );
    let neither = platform.anonymous().post("/auth/refresh", json!({})).await;
    assert_eq!(neither.pointers(), ["/refresh_token"]);
    neither.expect_problem(422, "invalid");

    // Registering and changing the password sign in as well.
    let request = json!({"email": "cookie@example.com", "password": PASSWORD, "first_name": "Ева",
        "last_name": "Первая", "refresh_cookie": true});
    let registered = post(&platform, "/auth/register", request, "", &OURS).await;
    assert!(!cookie_of(&registered).is_empty());
    let registered = registered.expect(200);
    assert_eq!(registered["refresh_token"], "");
    let bearer = format!("Bearer {}", registered["access_token"].as_str().unwrap());
    let headers = [OURS[0], ("authorization", bearer.as_str())];
    let request =
        json!({"current_password": PASSWORD, "new_password": "amber-tunnel-violin", "refresh_cookie": true});
    let changed = post(&platform, "/auth/password", request, "", &headers).await;
    assert!(!cookie_of(&changed).is_empty(), "{}", changed.text);
    assert_eq!(changed.expect(200)["refresh_token"], "");
    platform.finish().await;
}

#[tokio::test]
async fn a_second_factor_is_confirmed_and_removed_without_a_script_seeing_the_token() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let signed_in = sign_in(&platform, &patient.email, &OURS).await;
    let cookie = cookie_of(&signed_in);
    let bearer = format!("Bearer {}", signed_in.body["access_token"].as_str().unwrap());
    let headers = [OURS[0], ("authorization", bearer.as_str())];
    let enrol = json!({"password": PASSWORD});
    let enrolled = post(&platform, "/auth/totp", enrol, &cookie, &headers)
        .await
        .expect(200);
    let second = u64::try_from(platform.now().await.as_second()).unwrap();
    let confirm = json!({"code": code_of(enrolled["secret"].as_str().unwrap(), second)});
    let foreign = [("sec-fetch-site", "cross-site"), headers[1]];
    let refused = post(
        &platform,
        "/auth/totp/confirm",
        confirm.clone(),
        &cookie,
        &foreign,
    )
    .await;
    refused.expect_problem(403, "cross_site_request");
    let confirmed = post(&platform, "/auth/totp/confirm", confirm, &cookie, &headers).await;
    let next = cookie_of(&confirmed);
    assert_ne!(cookie, next);
    let confirmed = confirmed.expect(200);
    assert_eq!(confirmed["session"]["refresh_token"], "");

    let bearer = format!(
        "Bearer {}",
        confirmed["session"]["access_token"].as_str().unwrap()
    );
    let headers = [OURS[0], ("authorization", bearer.as_str())];
    let both = json!({"password": PASSWORD, "code": confirmed["recovery_codes"][0]});
    let removed = post(&platform, "/auth/totp/remove", both, &next, &headers).await;
    let last = cookie_of(&removed);
    assert_eq!(removed.expect(200)["refresh_token"], "");
    post(&platform, "/auth/refresh", json!({}), &last, &OURS)
        .await
        .expect(200);
    platform.finish().await;
}

async fn sign_in(platform: &Platform, email: &str, headers: &[(&str, &str)]) -> ApiResponse {
    let request = json!({"email": email, "password": PASSWORD, "refresh_cookie": true});
    post(platform, "/auth/login", request, "", headers).await
}

async fn post(
    platform: &Platform,
    path: &str,
    body: Value,
    cookie: &str,
    headers: &[(&str, &str)],
) -> ApiResponse {
    let mut all = headers.to_vec();
    if !cookie.is_empty() {
        all.push(("cookie", cookie));
    }
    platform
        .anonymous()
        .send(Method::POST, path, Some(body.to_string()), &all)
        .await
}

/// The cookie as a browser sends it back; as it must be set.
#[track_caller]
fn cookie_of(answer: &ApiResponse) -> String {
    let set = answer.header("set-cookie");
    let cookie = set.strip_suffix(ATTRIBUTES);
    cookie
        .unwrap_or_else(|| panic!("{set}: {}", answer.text))
        .to_owned()
}

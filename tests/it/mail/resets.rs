//! A forgotten password is replaced by a code, which nobody gets but whoever reads the account's mail.

use kit::client::ApiResponse;
use kit::persona::PASSWORD;
use kit::platform::Platform;
use kit::wait::throughout;
use provider_sandbox::Mailbox;
use serde_json::{Value, json};
use std::time::Duration;

use super::{code_in, mail_to, nth_mail, prove, running};

/// Far from everything that is guessed.
const ANOTHER: &str = "amber-tunnel-violin";
/// What subjects of such codes hold.
const SUBJECT: &str = "Code for a new password";
/// Of the form of a code, and nobody's.
const WRONG: &str = "ABCDE-FGHJK";

pub(super) async fn ask(platform: &Platform, email: &str) -> ApiResponse {
    let anybody = platform.anonymous();
    anybody
        .post("/auth/password-resets", json!({"email": email}))
        .await
}

pub(super) async fn bring(platform: &Platform, email: &str, code: &str, chosen: &str) -> ApiResponse {
    let body = json!({"email": email, "code": code, "new_password": chosen});
    platform
        .anonymous()
        .post("/auth/password-resets/confirm", body)
        .await
}

pub(super) async fn login(platform: &Platform, email: &str, password: &str) -> ApiResponse {
    let body = json!({"email": email, "password": password});
    platform.anonymous().post("/auth/login", body).await
}

/// Asks and reads the mail.
pub(super) async fn code_of(platform: &Platform, mailbox: &Mailbox, email: &str) -> String {
    let before = mail_to(mailbox, email, SUBJECT).len();
    ask(platform, email).await.expect(200);
    code_in(&nth_mail(mailbox, email, SUBJECT, before).await)
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_code_and_every_session_ends() {
    let (platform, mailbox) = running().await;
    let here = platform.patient().await;
    let there = platform.again(&here).await;
    let asked = ask(&platform, &here.email.to_uppercase()).await.expect(200);
    assert_eq!(asked, json!({"code_expires_in": 900}));
    let mail = nth_mail(&mailbox, &here.email, SUBJECT, 0).await;
    assert_eq!(mail.from, "no-reply@clinic.example");
    assert!(
        mail.subject.starts_with("Код для смены пароля"),
        "{}",
        mail.subject
    );
    let code = code_in(&mail);
    let me = here.client.get("/auth/me").await.expect(200);
    assert_eq!(me["email_proven"], false);

    for (chosen, fault) in [
        ("password123", "guessable"),
        ("каренина1990", "guessable"),
        ("short", "too_short"),
    ] {
        let problem = bring(&platform, &here.email, &code, chosen)
            .await
            .expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/new_password");
        assert_eq!(problem["errors"][0]["code"], fault, "{chosen}");
    }
    // However it is typed, and none of those tries was one.
    let typed = code.to_lowercase().replace('-', " ");
    let set = bring(&platform, &here.email, &typed, ANOTHER).await.expect(200);
    assert_eq!(set, json!({"password_set": true}));
    for client in [&here.client, &there.client] {
        client.get("/auth/me").await.expect_problem(401, "token_revoked");
    }
    login(&platform, &here.email, PASSWORD)
        .await
        .expect_problem(401, "wrong_credentials");
    let session = login(&platform, &here.email, ANOTHER).await.expect(200);
    assert_eq!(session["user"]["email_proven"], true);
    bring(&platform, &here.email, &code, "copper-lantern-river")
        .await
        .expect_problem(403, "wrong_code");
    let told = nth_mail(&mailbox, &here.email, "Password replaced", 0).await;
    assert!(
        told.text.starts_with("Пароль вашей учётной записи заменён"),
        "{}",
        told.text
    );

    let admin = platform.admin().await;
    let path = "/admin/audit-trail?kind=password_reset&limit=50";
    let trail = admin.client.get(path).await.expect(200);
    let entries = trail["items"].as_array().unwrap().iter();
    let mut results: Vec<&str> = entries
        .clone()
        .map(|entry| entry["result"].as_str().unwrap())
        .collect();
    results.sort_unstable();
    assert_eq!(results, ["done", "requested", "wrong_code"]);
    let done = entries.clone().find(|entry| entry["result"] == "done").unwrap();
    assert_eq!(done["account_id"], here.id.as_str());
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn a_reset_leaves_the_second_factor_of_a_proven_address_and_forgets_known_devices() {
    let (platform, mailbox) = running().await;
    let patient = platform.patient().await;
    prove(&mailbox, &patient).await;
    let patient = platform.with_second_factor(&patient).await;
    let pending = login(&platform, &patient.email, PASSWORD)
        .await
        .expect_problem(403, "second_factor_due");
    let code = code_of(&platform, &mailbox, &patient.email).await;
    bring(&platform, &patient.email, &code, ANOTHER).await.expect(200);
    // A sign-in that had begun with the old password comes to nothing.
    let code = kit::authenticator::fresh_code(&patient.email, platform.now().await);
    let step = json!({"sign_in_token": pending["sign_in_token"], "code": code});
    platform
        .anonymous()
        .post("/auth/login/code", step)
        .await
        .expect_problem(401, "sign_in_ended");
    login(&platform, &patient.email, ANOTHER)
        .await
        .expect_problem(403, "second_factor_due");
    let pool = platform.pool().await;
    let devices: i64 =
        sqlx::query_scalar("select count(*) from identity.known_devices where account_id = $1::uuid")
            .bind(&patient.id)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(devices, 0);
    pool.close().await;
    platform.finish().await;
    mailbox.stop().await;
}

/// What an answer says, without what is each request's own.
fn same_for_all(answer: ApiResponse) -> (u16, Vec<String>, Value) {
    let (status, mut body) = (answer.status.as_u16(), answer.body.clone());
    if body.get("trace_id").is_some() {
        body["trace_id"] = json!("");
    }
    let names = answer
        .headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect();
    (status, names, body)
}

#[tokio::test]
async fn nobody_learns_from_a_reset_whether_an_account_has_an_address() {
    let (platform, mailbox) = running().await;
    let admin = platform.admin().await;
    let (known, off) = (platform.patient().await, platform.patient().await);
    let deactivate = format!("/admin/accounts/{}/deactivate", off.id);
    admin
        .client
        .post_once(&deactivate, json!({"reason": "compromised"}))
        .await
        .expect(200);
    let emails = [known.email.as_str(), off.email.as_str(), "nobody@example.com"];
    let mut asked = Vec::new();
    for email in emails {
        asked.push(same_for_all(ask(&platform, email).await));
    }
    assert_eq!(asked[0], asked[1]);
    assert_eq!(asked[1], asked[2]);
    nth_mail(&mailbox, &known.email, SUBJECT, 0).await;
    // With a code alive for one of them.
    let mut brought = Vec::new();
    for email in emails {
        brought.push(same_for_all(bring(&platform, email, WRONG, ANOTHER).await));
    }
    assert_eq!(brought[0].0, 403);
    assert_eq!(brought[0], brought[1]);
    assert_eq!(brought[1], brought[2]);
    // The others' requests were answered before: what they would be sent would be there.
    let pool = platform.pool().await;
    let left: i64 = sqlx::query_scalar("select (select count(*) from identity.password_reset_requests) + (select count(*) from identity.outgoing_mail)")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
    pool.close().await;
    for email in [&off.email, "nobody@example.com"] {
        assert_eq!(mail_to(&mailbox, email, ""), []);
    }
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn the_sixth_try_is_refused_even_with_the_right_code() {
    let (platform, mailbox) = running().await;
    let (patient, lucky) = (platform.patient().await, platform.patient().await);
    for (email, wrong_tries) in [(&patient.email, 5), (&lucky.email, 4)] {
        let code = code_of(&platform, &mailbox, email).await;
        for _ in 0..wrong_tries {
            bring(&platform, email, WRONG, ANOTHER)
                .await
                .expect_problem(403, "wrong_code");
        }
        let last = bring(&platform, email, &code, ANOTHER).await;
        match wrong_tries {
            5 => drop(last.expect_problem(403, "wrong_code")),
            _ => drop(last.expect(200)),
        }
    }
    login(&platform, &patient.email, PASSWORD).await.expect(200);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn tries_from_one_network_have_to_wait_and_a_known_device_signs_in_meanwhile() {
    let (mut platform, mailbox) = super::prepared().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(kit::platform::ALL).await;
    let patient = platform.patient().await;
    // Registering was a try, too, and is forgotten.
    platform.advance(181).await;
    let session = login(&platform, &patient.email, PASSWORD).await.expect(200);
    for _ in 0..3 {
        bring(&platform, &patient.email, WRONG, ANOTHER)
            .await
            .expect_problem(403, "wrong_code");
    }
    bring(&platform, &patient.email, WRONG, ANOTHER)
        .await
        .expect_problem(429, "rate_limited");
    let known =
        json!({"email": patient.email, "password": PASSWORD, "device_token": session["device_token"]});
    platform.anonymous().post("/auth/login", known).await.expect(200);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn one_code_lives_at_a_time_for_a_quarter_of_an_hour_and_the_next_has_to_wait() {
    let (platform, mailbox) = running().await;
    let patient = platform.patient().await;
    let email = patient.email.as_str();
    let first = code_of(&platform, &mailbox, email).await;
    // Within a minute the one of before is the one that counts.
    ask(&platform, email).await.expect(200);
    let one = || async { mail_to(&mailbox, email, SUBJECT).len() == 1 };
    throughout("no second code", Duration::from_millis(1_500), one).await;
    platform.advance(61).await;
    let second = code_of(&platform, &mailbox, email).await;
    bring(&platform, email, &first, ANOTHER)
        .await
        .expect_problem(403, "wrong_code");
    platform.advance(15 * 60).await;
    bring(&platform, email, &second, ANOTHER)
        .await
        .expect_problem(403, "wrong_code");
    let third = code_of(&platform, &mailbox, email).await;
    bring(&platform, email, &third, ANOTHER).await.expect(200);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn without_a_mail_server_what_needs_mail_is_refused_and_the_setting_is_named() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let body = json!({"email": patient.email, "code": WRONG, "new_password": ANOTHER});
    let anybody = platform.anonymous();
    for answer in [
        ask(&platform, &patient.email).await,
        anybody.post("/auth/password-resets/confirm", body).await,
        patient.client.post("/auth/email/code", json!({})).await,
        patient
            .client
            .post("/auth/email/confirm", json!({"code": WRONG}))
            .await,
    ] {
        let problem = answer.expect_problem(409, "mail_not_configured");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("TOT_SMTP_URL") && detail.contains("TOT_MAIL_FROM"),
            "{detail}"
        );
    }
    platform.finish().await;
}

//! A second factor from its first code to its end: what it opens, what stays shut without it, and who takes it away.

use kit::authenticator::{self, code_of};
use kit::client::{ApiResponse, Client};
use kit::persona::{self, PASSWORD, Persona};
use kit::platform::Platform;
use serde_json::{Value, json};

use super::own_events::own;

/// What the account of this address is signed in with.
fn login(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

/// The session of an answer.
fn with_session(anybody: &Client, session: &Value) -> Client {
    anybody.with_token(session["access_token"].as_str().unwrap())
}

async fn brings(anybody: &Client, due: &Value, code: &str) -> ApiResponse {
    let step = json!({"sign_in_token": due["sign_in_token"], "code": code});
    anybody.post("/auth/login/code", step).await
}

#[tokio::test]
async fn an_app_is_enrolled_asked_for_at_sign_in_and_removed() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let state = patient.client.get("/auth/second-factor").await.expect(200);
    assert_eq!(state, json!({"recovery_codes_left": 0, "is_required": false}));
    let wrong = json!({"password": "not the right password"});
    patient
        .client
        .post("/auth/totp", wrong)
        .await
        .expect_problem(403, "wrong_password");
    let patient = platform.with_second_factor(&patient).await;
    let state = patient.client.get("/auth/second-factor").await.expect(200);
    assert!(state["enrolled_at"].is_string(), "{state}");
    assert_eq!(state["recovery_codes_left"], 10);

    let due = anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect_problem(403, "second_factor_due");
    assert_eq!(due["expires_in"], 300);
    assert!(due.get("access_token").is_none());
    // What brings the code opens nothing else.
    let token = due["sign_in_token"].as_str().unwrap();
    let with_it = anybody.with_token(token);
    with_it.get("/auth/me").await.expect_problem(401, "invalid_token");
    let now = platform.now().await;
    let code = authenticator::fresh_code(&patient.email, now);
    let session = brings(&anybody, &due, &code).await.expect(200);
    with_session(&anybody, &session).get("/auth/me").await.expect(200);
    brings(&anybody, &due, &code)
        .await
        .expect_problem(401, "sign_in_ended");
    let again = anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect_problem(403, "second_factor_due");
    brings(&anybody, &again, &code)
        .await
        .expect_problem(403, "wrong_code");

    let code = authenticator::fresh_code(&patient.email, now);
    let both = json!({"password": PASSWORD, "code": code});
    let session = patient.client.post("/auth/totp/remove", both).await.expect(200);
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    with_session(&anybody, &session).get("/auth/me").await.expect(200);
    anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn strangers_learn_nothing_of_second_factors() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let without = platform.patient().await;
    let with = platform.with_second_factor(&platform.patient().await).await;
    let mut answers = Vec::new();
    for email in [without.email.as_str(), with.email.as_str(), "nobody@example.com"] {
        let wrong = json!({"email": email, "password": "not the right password"});
        let answer = anybody.post("/auth/login", wrong).await;
        let mut problem = answer.expect_problem(401, "wrong_credentials");
        problem["trace_id"] = json!("");
        answers.push(problem);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[1], answers[2]);
    platform.finish().await;
}

/// An admin who signs in with a password alone, over HTTP.
async fn admin_without_app(platform: &Platform) -> (Persona, Client) {
    let (id, email) = platform.new_admin().await;
    let anybody = platform.anonymous();
    let session = anybody.post("/auth/login", login(&email)).await.expect(200);
    let client = with_session(&anybody, &session);
    let persona = Persona {
        id,
        email,
        client: client.clone(),
    };
    (persona, client)
}

#[tokio::test]
async fn an_admin_without_a_second_factor_enrols_one_and_does_nothing_else() {
    let platform = Platform::start().await;
    let (admin, alone) = admin_without_app(&platform).await;
    let shut = async |path: &str| {
        alone
            .get(path)
            .await
            .expect_problem(403, "second_factor_required");
    };
    for path in [
        "/admin/accounts",
        "/admin/events",
        "/admin/events/live",
        "/bookings",
        "/auth/sessions",
        "/exports/bookings",
    ] {
        shut(path).await;
    }
    let credit = json!({"amount": "10.00"});
    alone
        .post_once(&format!("/admin/wallets/{}/deposits", admin.id), credit)
        .await
        .expect_problem(403, "second_factor_required");
    alone
        .post("/auth/stream-tickets", json!({}))
        .await
        .expect_problem(403, "second_factor_required");
    alone.get("/auth/me").await.expect(200);
    let state = alone.get("/auth/second-factor").await.expect(200);
    assert_eq!(state["is_required"], true);
    let admin = platform.with_second_factor(&admin).await;
    admin.client.get("/admin/accounts").await.expect(200);
    // What was refreshed stays what it was.
    let session = persona::sign_in(&platform.anonymous(), login(&admin.email)).await;
    let refresh = json!({"refresh_token": session["refresh_token"]});
    let session = platform
        .anonymous()
        .post("/auth/refresh", refresh)
        .await
        .expect(200);
    let refreshed = with_session(&platform.anonymous(), &session);
    refreshed.get("/admin/accounts").await.expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn another_admin_resets_a_lost_app_over_http_and_on_the_command_line() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.with_second_factor(&platform.patient().await).await;
    let reset = |of: &str| format!("/admin/accounts/{of}/reset-factor");
    admin
        .client
        .post(&reset(&admin.id), json!({}))
        .await
        .expect_problem(409, "own_account");
    admin
        .client
        .post(&reset(&patient.id), json!({}))
        .await
        .expect(200);
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    let anybody = platform.anonymous();
    anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect(200);
    admin
        .client
        .post(&reset(&patient.id), json!({}))
        .await
        .expect_problem(409, "no_second_factor");
    let trail = admin.client.get("/admin/audit-trail?kind=act").await.expect(200);
    let acts = trail["items"].as_array().unwrap();
    let told = acts.iter().any(|act| {
        act["what"] == "reset_second_factor"
            && act["target"] == patient.id.as_str()
            && act["account_id"] == admin.id.as_str()
    });
    assert!(told, "{trail}");

    let other = platform.made_by(&admin, "admin").await;
    platform.sign_in_operator(&admin.email).await;
    let said = platform.tot(&["account", "reset-factor", &other.id], "").await;
    assert!(said.contains("has no second factor any more"), "{said}");
    let session = anybody.post("/auth/login", login(&other.email)).await.expect(200);
    with_session(&anybody, &session)
        .get("/admin/accounts")
        .await
        .expect_problem(403, "second_factor_required");
    platform.finish().await;
}

#[tokio::test]
async fn a_stolen_session_of_an_admin_makes_no_admin_and_takes_no_factor_away() {
    let platform = Platform::start().await;
    let (admin, patient) = (platform.admin().await, platform.patient().await);
    let made = |email: &str| json!({"role": "admin", "email": email, "password": "amber-tunnel-violin-9", "first_name": "Ада", "last_name": "Новая"});
    admin
        .client
        .post("/admin/accounts", made("soon@example.com"))
        .await
        .expect(200);
    platform.advance(5 * 60).await;
    let late = admin
        .client
        .post("/admin/accounts", made("late@example.com"))
        .await;
    late.expect_problem(403, "proof_required");
    let reset = format!("/admin/accounts/{}/reset-factor", patient.id);
    let late = admin.client.post(&reset, json!({})).await;
    late.expect_problem(403, "proof_required");
    // Whoever is no admin is made as before.
    platform.made_by(&admin, "analyst").await;
    platform.finish().await;
}

#[tokio::test]
async fn a_fresh_proof_is_asked_for_where_a_stolen_session_would_hurt() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    name(&patient.client)
        .await
        .expect_problem(403, "second_factor_required");
    let end_others = async |client: &Client| client.post("/auth/sessions/end-others", json!({})).await;
    end_others(&patient.client).await.expect(200);
    platform.advance(5 * 60).await;
    end_others(&patient.client)
        .await
        .expect_problem(403, "proof_required");
    let wrong = json!({"password": "not the right password"});
    patient
        .client
        .post("/auth/proof", wrong)
        .await
        .expect_problem(403, "wrong_password");
    let right = json!({"password": PASSWORD});
    let proven = patient.client.post("/auth/proof", right).await.expect(200);
    assert!(proven["fresh_until"].is_string());
    end_others(&patient.client).await.expect(200);

    let patient = platform.with_second_factor(&patient).await;
    platform.advance(5 * 60).await;
    name(&patient.client).await.expect_problem(403, "proof_required");
    let password = json!({"password": PASSWORD});
    patient
        .client
        .post("/auth/proof", password)
        .await
        .expect_problem(403, "second_factor_due");
    let code = authenticator::fresh_code(&patient.email, platform.now().await);
    let code = json!({"code": code});
    patient.client.post("/auth/proof", code).await.expect(200);
    is_told_of_a_new_bank_account(&platform, &patient).await;
    platform.finish().await;
}

/// Names the bank account of the tests.
async fn name(client: &Client) -> ApiResponse {
    let destination = json!({"phone": "+79995550123", "bank_id": "100000000111"}).to_string();
    client
        .send(
            reqwest::Method::PUT,
            "/me/payout-destination",
            Some(destination),
            &[],
        )
        .await
}

async fn is_told_of_a_new_bank_account(platform: &Platform, patient: &Persona) {
    let both = json!({"code": "123456", "password": PASSWORD});
    let odd = patient.client.post("/auth/proof", both).await;
    assert_eq!(odd.pointers(), ["/password"]);
    let mut own = own(patient, None).await;
    // No payout gateway is set up here: a bank's id is believed.
    let named = name(&patient.client).await.expect(200);
    let told = own.until_fact("BankAccountNamed").await;
    let told = told.last().unwrap();
    assert_eq!(
        (told.name.as_str(), &told.data["version"]),
        ("account", &json!(1))
    );
    // Named again it is not new.
    name(&patient.client).await.expect(200);
    let admin = platform.admin().await;
    let stream = format!("/admin/streams/account/{}", patient.id);
    let facts = admin.client.get(&stream).await.expect(200);
    assert_eq!(facts["items"].as_array().unwrap().len(), 1, "{facts}");
    assert!(
        !facts.to_string().contains("9995550123"),
        "which account it is stands elsewhere"
    );
    let (set, rests) = (&named["set_at"], &named["rests_until"]);
    let (set, rests): (jiff::Timestamp, jiff::Timestamp) = (
        set.as_str().unwrap().parse().unwrap(),
        rests.as_str().unwrap().parse().unwrap(),
    );
    let rest_s = rests.duration_since(set).as_secs();
    assert!((86_300..=86_400).contains(&rest_s), "{rest_s}");
}

#[tokio::test]
async fn wrong_codes_are_slowed_and_a_right_password_forgives_none() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "3");
    platform.serve(kit::platform::ALL).await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    // Registering was a try, too, and is forgotten.
    platform.advance(181).await;
    let begun = patient
        .client
        .post("/auth/totp", json!({"password": PASSWORD}))
        .await
        .expect(200);
    let secret = begun["secret"].as_str().unwrap();
    let code =
        |ahead: i64, now: jiff::Timestamp| code_of(secret, u64::try_from(now.as_second() + ahead).unwrap());
    let now = platform.now().await;
    let confirm = json!({"code": code(0, now)});
    let confirmed = patient
        .client
        .post("/auth/totp/confirm", confirm)
        .await
        .expect(200);
    let device = confirmed["session"]["device_token"].clone();
    let due = async || {
        anybody
            .post("/auth/login", login(&patient.email))
            .await
            .expect_problem(403, "second_factor_due")
    };
    for _ in 0..3 {
        let due = due().await;
        brings(&anybody, &due, &code(-3_600, now))
            .await
            .expect_problem(403, "wrong_code");
    }
    // Others are held up, at the password already.
    let braked = anybody.post("/auth/login", login(&patient.email)).await;
    assert_eq!((braked.status.as_u16(), braked.code()), (429, "rate_limited"));
    // The owner on a known device is not.
    let mut known = login(&patient.email);
    known["device_token"] = device.clone();
    let due = anybody
        .post("/auth/login", known)
        .await
        .expect_problem(403, "second_factor_due");
    let step = json!({"sign_in_token": due["sign_in_token"], "code": code(30, now), "device_token": device});
    anybody.post("/auth/login/code", step).await.expect(200);
    platform.finish().await;
}

//! Passkeys from their first signature to their end: what they open, what opens nothing, and who takes them away.

use kit::authenticator;
use kit::client::Client;
use kit::passkeys::SoftDevice;
use kit::persona::{PASSWORD, Persona};
use kit::platform::{ALL, Platform};
use reqwest::Method;
use serde_json::{Value, json};

/// A platform whose public address is a name, and that address.
pub async fn named_platform() -> (Platform, String) {
    let mut platform = Platform::prepare().await;
    let origin = platform
        .variable("TOT_PUBLIC_URL")
        .replace("127.0.0.1", "localhost");
    platform.set("TOT_PUBLIC_URL", &origin);
    platform.serve(ALL).await;
    (platform, origin)
}

pub fn with_session(anybody: &Client, session: &Value) -> Client {
    anybody.with_token(session["access_token"].as_str().unwrap())
}

fn login(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD})
}

/// The same person with a passkey on this device, and the recovery codes.
pub async fn with_passkey(
    platform: &Platform,
    persona: &Persona,
    device: &mut SoftDevice,
) -> (Client, Value) {
    let answer = device.register(&persona.client, "Телефон").await.expect(200);
    let client = with_session(&platform.anonymous(), &answer["session"]);
    (client, answer["recovery_codes"].clone())
}

#[tokio::test]
async fn a_passkey_is_registered_and_signs_in() {
    let (platform, origin) = named_platform().await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let mut phone = SoftDevice::new(&origin);
    let (client, codes) = with_passkey(&platform, &patient, &mut phone).await;
    assert_eq!(codes.as_array().unwrap().len(), 10);
    // Whoever was signed in by the password alone is no more.
    patient
        .client
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    let factor = client.get("/auth/second-factor").await.expect(200);
    assert!(factor["enrolled_at"].is_string(), "{factor}");
    let listed = client.get("/auth/passkeys").await.expect(200);
    assert_eq!(listed["items"][0]["name"], "Телефон");
    assert_eq!(listed["items"][0]["is_synced"], false);
    assert!(listed["items"][0]["last_used_at"].is_null(), "{listed}");
    let held = client.get("/me/data").await.expect(200);
    assert_eq!(held["passkeys"], listed["items"]);
    anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect_problem(403, "second_factor_due");

    // Both factors at once: what takes a second one is open.
    let session = phone.sign_in(&anybody).await.expect(200);
    assert_eq!(session["user"]["email"], patient.email.as_str());
    assert!(session["device_token"].is_string(), "{session}");
    let signed_in = with_session(&anybody, &session);
    let destination = json!({"phone": "+79990000001", "bank_id": "100000000111"}).to_string();
    signed_in
        .send(Method::PUT, "/me/payout-destination", Some(destination), &[])
        .await
        .expect(200);
    let refresh = json!({"refresh_token": session["refresh_token"]});
    let session = anybody.post("/auth/refresh", refresh).await.expect(200);
    with_session(&anybody, &session)
        .get("/me/payout-destination")
        .await
        .expect(200);
    let listed = with_session(&anybody, &session)
        .get("/auth/passkeys")
        .await
        .expect(200);
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");
    platform.finish().await;
}

#[tokio::test]
async fn passkeys_are_added_and_removed_and_recovery_codes_stand_in_for_them() {
    let (platform, origin) = named_platform().await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let mut phone = SoftDevice::new(&origin);
    let (signed_in, codes) = with_passkey(&platform, &patient, &mut phone).await;
    phone.sign_in(&anybody).await.expect(200);

    // One more is added without any ceremony but its own.
    let mut manager = SoftDevice::new(&origin);
    manager.is_synced = true;
    let more = manager.register(&signed_in, "Менеджер паролей").await.expect(200);
    assert!(
        more.get("session").is_none() && more.get("recovery_codes").is_none(),
        "{more}"
    );
    let listed = signed_in.get("/auth/passkeys").await.expect(200);
    assert_eq!(listed["items"][1]["is_synced"], true);
    // One that counts no uses signs in as often as it likes.
    manager.sign_in(&anybody).await.expect(200);
    manager.sign_in(&anybody).await.expect(200);

    let remove = format!(
        "/auth/passkeys/{}/remove",
        listed["items"][0]["id"].as_str().unwrap()
    );
    let session = signed_in.post(&remove, json!({})).await.expect(200);
    signed_in
        .get("/auth/me")
        .await
        .expect_problem(401, "token_revoked");
    phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    let signed_in = with_session(&anybody, &session);
    signed_in
        .post(&remove, json!({}))
        .await
        .expect_problem(404, "not_found");

    // Recovery codes stand in for it, beside the password.
    let due = anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect_problem(403, "second_factor_due");
    let code = json!({"sign_in_token": due["sign_in_token"], "code": codes[0]});
    anybody.post("/auth/login/code", code).await.expect(200);

    // Without the last one the password is enough again.
    let remove = format!(
        "/auth/passkeys/{}/remove",
        listed["items"][1]["id"].as_str().unwrap()
    );
    let session = signed_in.post(&remove, json!({})).await.expect(200);
    let factor = with_session(&anybody, &session)
        .get("/auth/second-factor")
        .await
        .expect(200);
    assert_eq!(factor, json!({"recovery_codes_left": 0, "is_required": false}));
    anybody
        .post("/auth/login", login(&patient.email))
        .await
        .expect(200);
    platform.finish().await;
}

#[tokio::test]
async fn an_admins_passkey_is_a_second_factor_until_somebody_takes_it_away() {
    let (platform, origin) = named_platform().await;
    let anybody = platform.anonymous();
    let (other, (id, email)) = (platform.admin().await, platform.new_admin().await);
    let session = anybody.post("/auth/login", login(&email)).await.expect(200);
    let admin = Persona {
        id,
        email,
        client: with_session(&anybody, &session),
    };
    admin
        .client
        .get("/admin/accounts")
        .await
        .expect_problem(403, "second_factor_required");
    let mut key = SoftDevice::new(&origin);
    let (client, _) = with_passkey(&platform, &admin, &mut key).await;
    client.get("/admin/accounts").await.expect(200);
    let session = key.sign_in(&anybody).await.expect(200);
    let client = with_session(&anybody, &session);
    client.get("/admin/accounts").await.expect(200);
    let listed = client.get("/auth/passkeys").await.expect(200);
    let remove = format!(
        "/auth/passkeys/{}/remove",
        listed["items"][0]["id"].as_str().unwrap()
    );
    client
        .post(&remove, json!({}))
        .await
        .expect_problem(409, "last_factor");
    key.sign_in(&anybody).await.expect(200);

    // Whoever has only the password makes no app beside it, and a session of before does not without a fresh proof.
    let enrol = json!({"password": PASSWORD});
    platform.advance(5 * 60).await;
    client
        .post("/auth/totp", enrol.clone())
        .await
        .expect_problem(403, "proof_required");
    client
        .post("/auth/passkeys/options", json!({}))
        .await
        .expect_problem(403, "proof_required");
    client
        .post(&remove, json!({}))
        .await
        .expect_problem(403, "proof_required");
    client
        .post("/auth/proof", enrol.clone())
        .await
        .expect_problem(403, "second_factor_due");
    let signed = key.signed(&anybody).await;
    let proven = client.post("/auth/passkey/proof", signed).await.expect(200);
    assert!(proven["fresh_until"].is_string(), "{proven}");
    client.post("/auth/totp", enrol).await.expect(200);

    let reset = format!("/admin/accounts/{}/reset-factor", admin.id);
    let fresh = json!({"code": authenticator::fresh_code(&other.email, platform.now().await)});
    other.client.post("/auth/proof", fresh).await.expect(200);
    other.client.post(&reset, json!({})).await.expect(200);
    client.get("/auth/me").await.expect_problem(401, "token_revoked");
    key.sign_in(&anybody).await.expect_problem(403, "passkey_refused");
    platform.finish().await;
}

#[tokio::test]
async fn an_account_that_is_off_is_opened_by_no_passkey_and_a_new_password_leaves_passkeys_alone() {
    let (platform, origin) = named_platform().await;
    let anybody = platform.anonymous();
    let (admin, patient) = (platform.admin().await, platform.patient().await);
    let mut phone = SoftDevice::new(&origin);
    let (client, _) = with_passkey(&platform, &patient, &mut phone).await;
    let change = json!({"current_password": PASSWORD, "new_password": "amber-tunnel-violin"});
    client.post("/auth/password", change).await.expect(200);
    client.get("/auth/me").await.expect_problem(401, "token_revoked");
    phone.sign_in(&anybody).await.expect(200);
    let off = format!("/admin/accounts/{}/deactivate", patient.id);
    admin
        .client
        .post(&off, json!({"reason": "left"}))
        .await
        .expect(200);
    phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "account_deactivated");
    platform.finish().await;
}

#[tokio::test]
async fn an_account_has_ten_passkeys_at_most() {
    let (platform, origin) = named_platform().await;
    let patient = platform.patient().await;
    let (client, _) = with_passkey(&platform, &patient, &mut SoftDevice::new(&origin)).await;
    let spare = client.post("/auth/passkeys/options", json!({})).await.expect(200);
    for number in 2..=10 {
        let name = format!("key {number}");
        SoftDevice::new(&origin)
            .register(&client, &name)
            .await
            .expect(200);
    }
    client
        .post("/auth/passkeys/options", json!({}))
        .await
        .expect_problem(409, "too_many_passkeys");
    let listed = client.get("/auth/passkeys").await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 10);
    // What was asked for before is not registered either.
    let credential = SoftDevice::new(&origin).create(&spare["options"]).to_string();
    let body = json!({"challenge_id": spare["challenge_id"], "name": "spare", "credential": credential});
    client
        .post("/auth/passkeys", body)
        .await
        .expect_problem(409, "too_many_passkeys");
    platform.finish().await;
}

#[tokio::test]
async fn a_platform_whose_address_is_a_number_says_that_it_takes_no_passkeys() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    for (asker, path) in [
        (&platform.anonymous(), "/auth/passkey/options"),
        (&patient.client, "/auth/passkeys/options"),
    ] {
        asker
            .post(path, json!({}))
            .await
            .expect_problem(409, "passkeys_unavailable");
    }
    platform.finish().await;
}

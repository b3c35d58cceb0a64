//! Owners are told by mail what happens to their accounts.

use kit::authenticator;
use kit::persona::PASSWORD;
use provider_sandbox::Mailbox;
use serde_json::json;

use super::{SENDER, any, mail_to, nth_mail, prove, running};
use crate::money::provider_fixture::{FixtureOptions, ProviderFixture};

#[tokio::test]
async fn owners_are_told_of_passwords_second_factors_and_new_devices() {
    let (platform, mailbox) = running().await;
    let patient = platform.patient().await;
    prove(&mailbox, &patient).await;
    let email = patient.email.as_str();
    let login = json!({"email": email, "password": PASSWORD});
    let session = platform
        .anonymous()
        .post("/auth/login", login.clone())
        .await
        .expect(200);
    let told = nth_mail(&mailbox, email, "Sign-in on a new device", 0).await;
    assert!(
        told.text.starts_with("В вашу учётную запись вошли"),
        "{}",
        told.text
    );
    let mut known = login.clone();
    known["device_token"] = session["device_token"].clone();
    platform.anonymous().post("/auth/login", known).await.expect(200);

    let patient = platform.with_second_factor(&patient).await;
    nth_mail(&mailbox, email, "Second factor added", 0).await;
    let code = authenticator::fresh_code(email, platform.now().await);
    let both = json!({"password": PASSWORD, "code": code});
    let session = patient.client.post("/auth/totp/remove", both).await.expect(200);
    nth_mail(&mailbox, email, "Second factor removed", 0).await;
    let client = platform
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    let change = json!({"current_password": PASSWORD, "new_password": "amber-tunnel-violin"});
    client.post("/auth/password", change).await.expect(200);
    let changed = nth_mail(&mailbox, email, "Password changed", 0).await;
    assert!(changed.text.contains("If it was not you"), "{}", changed.text);
    // The known device was none, and no other mail told of one.
    assert_eq!(mail_to(&mailbox, email, "Sign-in on a new device").len(), 1);

    let admin = platform.admin().await;
    let other = platform.patient().await;
    prove(&mailbox, &other).await;
    let other = platform.with_second_factor(&other).await;
    let reset = format!("/admin/accounts/{}/reset-factor", other.id);
    admin.client.post(&reset, json!({})).await.expect(200);
    nth_mail(&mailbox, &other.email, "Second factor reset", 0).await;
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn owners_are_told_where_their_money_goes() {
    let mailbox = Mailbox::start(any(), any()).await.unwrap();
    let variables = vec![
        ("TOT_MAIL_FROM", SENDER.to_owned()),
        ("TOT_SMTP_URL", mailbox.smtp_url.clone()),
    ];
    let options = FixtureOptions {
        variables,
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(options).await;
    let platform = &fixture.scene.platform;
    let doctor = platform.with_second_factor(&fixture.scene.doctor).await;
    let destination = json!({"phone": "+79995550123", "bank_id": "100000000111"});
    let path = "/me/payout-destination";
    let named = doctor
        .client
        .send(reqwest::Method::PUT, path, Some(destination.to_string()), &[])
        .await;
    named.expect(200);
    let told = nth_mail(&mailbox, &doctor.email, "Payout destination changed", 0).await;
    assert!(!told.text.contains("5550123"), "{}", told.text);
    fixture.finish().await;
    mailbox.stop().await;
}

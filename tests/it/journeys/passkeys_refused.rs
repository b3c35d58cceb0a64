//! What opens nothing although it looks like a passkey: too late, twice, for another site, of somebody else, a copy.

use kit::passkeys::SoftDevice;
use kit::wait::until;
use serde_json::json;

use super::passkeys::{named_platform, with_passkey, with_session};

#[tokio::test]
async fn a_signature_opens_one_thing() {
    let (platform, origin) = named_platform().await;
    let anybody = platform.anonymous();
    let patient = platform.patient().await;
    let mut phone = SoftDevice::new(&origin);
    let asked = patient
        .client
        .post("/auth/passkeys/options", json!({}))
        .await
        .expect(200);
    let handle = asked["options"]["user"]["id"].as_str().unwrap();
    assert_eq!(handle.len(), 22, "16 random bytes: {handle}");
    assert_eq!(
        asked["options"]["authenticatorSelection"]["residentKey"],
        "required"
    );
    assert_eq!(
        asked["options"]["authenticatorSelection"]["userVerification"],
        "required"
    );
    assert_eq!(asked["options"]["rp"]["id"], "localhost");
    let made = phone.create(&asked["options"]).to_string();
    let body = json!({"challenge_id": asked["challenge_id"], "name": "phone", "credential": made});
    let registered = patient
        .client
        .post("/auth/passkeys", body.clone())
        .await
        .expect(200);
    let client = with_session(&anybody, &registered["session"]);
    client
        .post("/auth/passkeys", body)
        .await
        .expect_problem(409, "passkey_challenge_ended");
    phone
        .register(&client, "the same again")
        .await
        .expect_problem(409, "passkey_exists");

    let signed = phone.signed(&anybody).await;
    anybody.post("/auth/passkey", signed.clone()).await.expect(200);
    anybody
        .post("/auth/passkey", signed)
        .await
        .expect_problem(409, "passkey_challenge_ended");
    // Refused or not, it is used up.
    let mut elsewhere = phone.signed(&anybody).await;
    let right = elsewhere["credential"].take();
    elsewhere["credential"] = json!(
        right
            .as_str()
            .unwrap()
            .replace("signature\":\"", "signature\":\"AAAA")
    );
    anybody
        .post("/auth/passkey", elsewhere.clone())
        .await
        .expect_problem(403, "passkey_refused");
    elsewhere["credential"] = right;
    anybody
        .post("/auth/passkey", elsewhere)
        .await
        .expect_problem(409, "passkey_challenge_ended");
    platform.finish().await;
}

#[tokio::test]
async fn a_signature_that_comes_too_late_or_for_something_else_opens_nothing() {
    let (platform, origin) = named_platform().await;
    let (anybody, patient) = (platform.anonymous(), platform.patient().await);
    let mut phone = SoftDevice::new(&origin);
    with_passkey(&platform, &patient, &mut phone).await;
    let late = phone.signed(&anybody).await;
    platform.advance(5 * 60 + 5).await;
    anybody
        .post("/auth/passkey", late)
        .await
        .expect_problem(409, "passkey_challenge_ended");
    let session = phone.sign_in(&anybody).await.expect(200);
    let client = with_session(&anybody, &session);
    // What is signed for a new passkey signs nobody in.
    let asked = client.post("/auth/passkeys/options", json!({})).await.expect(200);
    let mut options = asked["options"].clone();
    options["rpId"] = json!("localhost");
    let signed =
        json!({"challenge_id": asked["challenge_id"], "credential": phone.sign(&options).to_string()});
    anybody
        .post("/auth/passkey", signed)
        .await
        .expect_problem(409, "passkey_challenge_ended");
    platform.finish().await;
}

#[tokio::test]
async fn a_key_that_is_not_for_this_platform_is_not_registered() {
    let (platform, origin) = named_platform().await;
    let owner = platform.patient().await;
    for (wrong, said) in [
        ("origin", "another origin"),
        ("site", "another relying party"),
        ("verification", "did not verify"),
        ("discoverable", "without an e-mail address"),
    ] {
        let mut device = SoftDevice::new(&origin);
        match wrong {
            "origin" => device.origin = "https://localhost.example".to_owned(),
            "site" => device.relying_party = Some("example.com".to_owned()),
            "verification" => device.verifies_user = false,
            _ => device.is_discoverable = false,
        }
        let refused = device.register(&owner.client, "phone").await;
        let refused = refused.expect_problem(403, "passkey_refused");
        assert!(refused["detail"].as_str().unwrap().contains(said), "{refused}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_signature_for_another_page_or_site_or_of_nobody_in_particular_opens_nothing() {
    let (platform, origin) = named_platform().await;
    let (anybody, owner) = (platform.anonymous(), platform.patient().await);
    let mut phone = SoftDevice::new(&origin);
    with_passkey(&platform, &owner, &mut phone).await;
    phone.sign_in(&anybody).await.expect(200);

    phone.origin = "https://localhost.example".to_owned();
    let refused = phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    assert!(
        refused["detail"].as_str().unwrap().contains("another origin"),
        "{refused}"
    );
    phone.origin.clone_from(&origin);
    phone.relying_party = Some("example.com".to_owned());
    let refused = phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    assert!(
        refused["detail"].as_str().unwrap().contains("relying party"),
        "{refused}"
    );
    phone.relying_party = None;
    phone.verifies_user = false;
    let refused = phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    assert!(
        refused["detail"].as_str().unwrap().contains("did not verify"),
        "{refused}"
    );
    phone.verifies_user = true;

    let text = json!({"challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", "credential": "nothing"});
    let refused = anybody
        .post("/auth/passkey", text)
        .await
        .expect_problem(403, "passkey_refused");
    assert!(
        refused["detail"].as_str().unwrap().contains("JSON.stringify"),
        "{refused}"
    );

    platform.finish().await;
}

#[tokio::test]
async fn a_forged_or_copied_key_opens_nothing_and_stands_in_the_trail() {
    let (platform, origin) = named_platform().await;
    let (anybody, owner) = (platform.anonymous(), platform.patient().await);
    let mut phone = SoftDevice::new(&origin);
    with_passkey(&platform, &owner, &mut phone).await;
    phone.sign_in(&anybody).await.expect(200);
    // Another key under the same id; a key that nobody has; and a copy that counted less: all say the same.
    let mut forger = SoftDevice::new(&origin);
    let nobodys = forger
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    forger.pretend_to_be(&phone);
    forger.counter = 100;
    let forged = forger
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    let seen = phone.counter;
    phone.sign_in(&anybody).await.expect(200);
    phone.counter = seen;
    let copied = phone
        .sign_in(&anybody)
        .await
        .expect_problem(403, "passkey_refused");
    assert_eq!(nobodys["detail"], forged["detail"]);
    assert_eq!(nobodys["detail"], copied["detail"]);
    phone.counter = seen + 1;
    phone.sign_in(&anybody).await.expect(200);

    let admin = platform.admin().await;
    let of_owner = format!("/admin/audit-trail?limit=200&subject_id={}", owner.id);
    let told = until("the copy in the trail", || async {
        let trail = admin.client.get(&of_owner).await.expect(200);
        let entries = trail["items"].as_array().unwrap().clone();
        let copy = entries.iter().any(|entry| {
            entry["kind"] == "sign_in" && entry["result"] == "refused" && entry["what"] == "counter_fell"
        });
        copy.then_some(entries)
    })
    .await;
    let has = |kind: &str, purpose: &str| {
        told.iter()
            .any(|entry| entry["kind"] == kind && entry["what"] == purpose)
    };
    assert!(has("second_factor", "passkey_registered"), "{told:?}");
    assert!(has("sign_in", "passkey"), "{told:?}");
    platform.finish().await;
}

#[tokio::test]
async fn somebody_elses_passkey_proves_nothing_and_is_not_there() {
    let (platform, origin) = named_platform().await;
    let (anybody, owner) = (platform.anonymous(), platform.patient().await);
    let mut phone = SoftDevice::new(&origin);
    let other = platform.patient().await;
    let (client, _) = with_passkey(&platform, &owner, &mut phone).await;
    // Somebody else's passkey proves nothing, and is not there to be removed.
    let mut others_phone = SoftDevice::new(&origin);
    let (other, _) = with_passkey(&platform, &other, &mut others_phone).await;
    let signed = others_phone.signed(&anybody).await;
    client
        .post("/auth/passkey/proof", signed)
        .await
        .expect_problem(403, "passkey_refused");
    let listed = other.get("/auth/passkeys").await.expect(200);
    let remove = format!(
        "/auth/passkeys/{}/remove",
        listed["items"][0]["id"].as_str().unwrap()
    );
    client
        .post(&remove, json!({}))
        .await
        .expect_problem(404, "not_found");
    others_phone.sign_in(&anybody).await.expect(200);
    // Nor does a key open the account that its device says it is of.
    let own_handle = others_phone.claim(&phone);
    let claimed = others_phone.sign_in(&anybody).await;
    let claimed = claimed.expect_problem(403, "passkey_refused");
    assert!(
        claimed["detail"]
            .as_str()
            .unwrap()
            .contains("does not open an account"),
        "{claimed}"
    );
    others_phone.set_handle(own_handle);
    others_phone.sign_in(&anybody).await.expect(200);

    platform.finish().await;
}

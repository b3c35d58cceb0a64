//! An address is proven by a code, until it is another one.

use kit::scene::Scene;
use reqwest::Method;
use serde_json::json;

use super::{code_in, nth_mail, prepared};

const SUBJECT: &str = "Code to confirm your e-mail";

#[tokio::test]
async fn an_address_is_proven_by_a_code_and_another_one_is_not() {
    let (mut platform, mailbox) = prepared().await;
    platform.serve(kit::platform::ALL).await;
    let scene = Scene::on(platform).await;
    let patient = &scene.patient;
    patient
        .client
        .post("/auth/email/code", json!({}))
        .await
        .expect(200);
    let code = code_in(&nth_mail(&mailbox, &patient.email, SUBJECT, 0).await);
    let confirm = "/auth/email/confirm";
    let wrong = json!({"code": "ABCDE-FGHJK"});
    patient
        .client
        .post(confirm, wrong)
        .await
        .expect_problem(403, "wrong_code");
    let malformed = patient.client.post(confirm, json!({"code": "ABCDE-FGHJ0"})).await;
    let fault = malformed.expect_problem(422, "invalid");
    assert_eq!(fault["errors"][0]["code"], "not_a_code");
    // A code is of use to nobody else, and for nothing else.
    let body = json!({"email": patient.email, "code": code, "new_password": "amber-tunnel-violin"});
    let anybody = scene.platform.anonymous();
    anybody
        .post("/auth/password-resets/confirm", body)
        .await
        .expect_problem(403, "wrong_code");
    scene
        .doctor
        .client
        .post(confirm, json!({"code": code}))
        .await
        .expect_problem(403, "wrong_code");
    let me = patient
        .client
        .post(confirm, json!({"code": code}))
        .await
        .expect(200);
    assert_eq!(me["email_proven"], true);
    patient
        .client
        .post(confirm, json!({"code": code}))
        .await
        .expect_problem(403, "wrong_code");

    let account = format!("/admin/accounts/{}", patient.id);
    let edit = async |change: serde_json::Value| {
        let admin = &scene.admin.client;
        admin
            .send(Method::PATCH, &account, Some(change.to_string()), &[])
            .await
            .expect(200);
        let me = patient.client.get("/auth/me").await.expect(200);
        me["email_proven"].as_bool().unwrap()
    };
    assert!(edit(json!({"last_name": "Вронская"})).await);
    assert!(!edit(json!({"email": "anew@example.com"})).await);
    scene.platform.finish().await;
    mailbox.stop().await;
}

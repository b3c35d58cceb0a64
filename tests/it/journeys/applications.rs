//! Doctors apply with their licence; admins verify, refuse with a reason, suspend and lift a suspension.

use kit::persona::Persona;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

use super::accounts::{details, history, types};

const LICENCE: &str = "Л041-01137-77/00123456";

fn licence(number: &str) -> Value {
    json!({"licence_number": number, "licence_issued_by": "Департамент здравоохранения", "valid_until": "2099-12-01"})
}

async fn own(doctor: &Persona) -> Value {
    doctor.client.get("/me/application").await.expect(200)
}

async fn is_offered(scene: &Scene, doctor: &Persona) -> bool {
    let doctors = scene.platform.anonymous().get("/doctors").await.expect(200);
    let mut doctors = doctors["items"].as_array().unwrap().iter();
    doctors.any(|shown| shown["id"] == doctor.id.as_str())
}

async fn waiting(scene: &Scene) -> Vec<String> {
    let listed = scene.admin.client.get("/admin/accounts?applied=true").await;
    let listed = listed.expect(200);
    let ids = listed["items"].as_array().unwrap().iter();
    ids.map(|entry| entry["account"]["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_doctor_applies_is_refused_with_a_reason_and_is_verified_with_another_licence() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
    let account = format!("/admin/accounts/{}", doctor.id);
    let off = json!({"reason": "documents_missing"});
    admin.post(&format!("{account}/unverify"), off).await.expect(200);
    let shown = own(&doctor).await;
    assert_eq!(
        (
            &shown["status"],
            &shown["suspended_reason"],
            &shown["licence_number"]
        ),
        (&json!("suspended"), &json!("documents_missing"), &Value::Null)
    );
    let refuse = format!("{account}/refuse-application");
    let why = json!({"reason": "licence_not_found", "note": "Номер не найден: проверьте последнюю цифру"});
    admin
        .post(&refuse, why.clone())
        .await
        .expect_problem(409, "no_application");

    doctor
        .client
        .post("/me/application", licence(LICENCE))
        .await
        .expect(200);
    let answer = doctor.client.post("/me/application", licence(LICENCE)).await;
    assert_eq!(answer.header("etag"), "\"2\"", "the same again is nothing");
    waits_with_the_licence(&scene, &doctor).await;

    admin.post(&refuse, why).await.expect(200);
    assert_eq!(waiting(&scene).await, [""; 0]);
    let shown = own(&doctor).await;
    assert_eq!(
        (&shown["status"], &shown["refused_reason"], &shown["note"]),
        (
            &json!("refused"),
            &json!("licence_not_found"),
            &json!("Номер не найден: проверьте последнюю цифру")
        )
    );
    doctor
        .client
        .post("/me/application", licence("Л041-01137-77/00123457"))
        .await
        .expect(200);
    attach_licence(&doctor).await;
    // What the admin saw is not what is verified any more.
    let seen = [("If-Match", "\"3\"")];
    let verify = format!("{account}/verify");
    let stale = admin
        .send(Method::POST, &verify, Some("{}".to_owned()), &seen)
        .await;
    stale.expect_problem(412, "version_mismatch");
    assert!(!is_offered(&scene, &doctor).await);
    let seen = [("If-Match", "\"4\"")];
    admin
        .send(Method::POST, &verify, Some("{}".to_owned()), &seen)
        .await
        .expect(200);
    assert!(is_offered(&scene, &doctor).await);
    assert_eq!(own(&doctor).await["status"], "verified");

    tells_what_was_done_and_not_with_which_licence(&scene, &doctor).await;
    scene.finish().await;
}

async fn attach_licence(doctor: &Persona) {
    let attached = doctor.client.upload(
        "/me/application/documents?kind=licence",
        "application/pdf",
        b"%PDF-1.7\n".to_vec(),
    );
    attached.await.expect(200);
}

async fn waits_with_the_licence(scene: &Scene, doctor: &Persona) {
    assert_eq!(waiting(scene).await, [doctor.id.as_str()]);
    let shown = details(&scene.admin, &doctor.id).await;
    let application = &shown["application"];
    assert_eq!(
        (
            &application["status"],
            &application["licence_number"],
            &application["valid_until"]
        ),
        (&json!("applied"), &json!(LICENCE), &json!("2099-12-01"))
    );
    assert!(shown["account"]["applied_at"].is_string());
}

async fn tells_what_was_done_and_not_with_which_licence(scene: &Scene, doctor: &Persona) {
    let facts = history(&scene.admin, &doctor.id).await;
    assert_eq!(
        types(&facts),
        [
            "DoctorUnverified",
            "DoctorApplied",
            "DoctorApplicationRefused",
            "DoctorApplied",
            "DoctorVerified"
        ]
    );
    let facts = json!(facts).to_string();
    assert!(
        !facts.contains("0012345") && !facts.contains("проверьте"),
        "{facts}"
    );
    let acts = details(&scene.admin, &doctor.id).await["acts"].clone();
    assert_eq!(
        (&acts[1]["act"], &acts[1]["reason"]),
        (&json!("application_refused"), &json!("licence_not_found"))
    );
    // Who read the licence, the doctor is told.
    let reads = doctor.client.get("/me/data-reads").await.expect(200);
    let newest = &reads["items"][0];
    assert_eq!(
        newest["fields"],
        json!(["name", "email", "phone", "licence"]),
        "{newest}"
    );
}

#[tokio::test]
async fn another_licence_of_a_verified_doctor_waits_for_an_admin_and_what_was_agreed_stands() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let booking = scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    assert_eq!(
        own(&scene.doctor).await["status"],
        "verified",
        "by the admin who made the account"
    );
    assert!(is_offered(&scene, &scene.doctor).await);
    let applied = scene
        .doctor
        .client
        .post("/me/application", licence(LICENCE))
        .await;
    assert_eq!(applied.expect(200)["is_verified"], false);
    assert!(!is_offered(&scene, &scene.doctor).await);
    scene
        .patient
        .client
        .post("/bookings", scene.scheduled(scene.slot(3, 0)))
        .await
        .expect_problem(409, "doctor_not_available");
    scene
        .until_booking(&booking, "the doctor to stay", |booking| {
            booking["status"] == "assigned"
        })
        .await;
    let verify = format!("/admin/accounts/{}/verify", scene.doctor.id);
    let missing = admin.post(&verify, json!({})).await;
    missing.expect_problem(409, "licence_document_missing");
    let documents = "/me/application/documents?kind=licence";
    let attached = scene
        .doctor
        .client
        .upload(documents, "application/pdf", b"%PDF-1.7\n".to_vec());
    attached.await.expect(200);
    admin.post(&verify, json!({})).await.expect(200);
    assert!(is_offered(&scene, &scene.doctor).await);
    // The same once more is nothing, and nobody has to look.
    scene
        .doctor
        .client
        .post("/me/application", licence(LICENCE))
        .await
        .expect(200);
    assert!(is_offered(&scene, &scene.doctor).await);
    scene
        .doctor
        .client
        .post(
            "/me/application",
            json!({"licence_number": LICENCE, "valid_until": "2020-01-01"}),
        )
        .await
        .expect_problem(409, "licence_expired");
    let wrong = json!({"licence_number": "Л\u{200B}041", "valid_until": "soon", "licence": "x"});
    let answer = scene.doctor.client.post("/me/application", wrong).await;
    assert_eq!(
        answer.pointers(),
        ["/licence", "/licence_number", "/valid_until"],
        "{}",
        answer.text
    );
    scene.finish().await;
}

//! Doctors attach documents to their applications; they and admins read them, and nobody else does.

use kit::markers::{holds, tables};
use kit::persona::Persona;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const LICENCE: &str = "Л041-01137-77/00123456";
const DOCUMENTS: &str = "/me/application/documents";
/// Stands in a document and in no table.
const MARKER: &str = "zqdocumentmarker77";

/// A PDF of this many bytes, with the marker at both ends.
fn pdf(size: usize) -> Vec<u8> {
    let mut bytes = format!("%PDF-1.7\n{MARKER}").into_bytes();
    bytes.resize(size - MARKER.len(), b' ');
    bytes.extend_from_slice(MARKER.as_bytes());
    bytes
}

async fn applied(scene: &Scene) -> Persona {
    let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
    let licence = json!({"licence_number": LICENCE});
    doctor.client.post("/me/application", licence).await.expect(200);
    doctor
}

async fn attach(doctor: &Persona, kind: &str, bytes: Vec<u8>) -> Value {
    let path = format!("{DOCUMENTS}?kind={kind}");
    doctor
        .client
        .upload(&path, "application/pdf", bytes)
        .await
        .expect(200)
}

async fn bytes_of(by: &Persona, path: &str) -> (reqwest::header::HeaderMap, Vec<u8>) {
    let path = format!("/api/v1{path}");
    let answer = by
        .client
        .request(Method::GET, &path, None, &[])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    (answer.headers().clone(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_document_is_read_by_its_owner_and_admins_and_stands_plain_nowhere() {
    let scene = Scene::set().await;
    let doctor = applied(&scene).await;
    // More than two pieces.
    let sent = pdf(2_500_000);
    let attached = attach(&doctor, "licence", sent.clone()).await;
    let id = attached["id"].as_str().unwrap().to_owned();
    assert_eq!(attached["sha256"], format!("{:x}", Sha256::digest(&sent)));
    assert_eq!(attached["size_bytes"], 2_500_000);
    let listed = doctor.client.get("/me/application").await.expect(200);
    assert_eq!(listed["documents"], json!([attached]));

    let (headers, read) = bytes_of(&doctor, &format!("{DOCUMENTS}/{id}")).await;
    assert!(read == sent);
    assert_eq!(headers["content-type"], "application/pdf");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"licence.pdf\""
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["cache-control"], "no-store");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );

    let account = format!("/admin/accounts/{}", doctor.id);
    let shown = scene.admin.client.get(&account).await.expect(200);
    assert_eq!(shown["application"]["documents"], json!([attached]));
    let (_, read) = bytes_of(&scene.admin, &format!("{account}/documents/{id}")).await;
    assert!(read == sent);
    let reads = doctor.client.get("/me/data-reads").await.expect(200);
    assert_eq!(reads["items"][0]["fields"], json!(["document"]), "{reads}");

    let another = applied(&scene).await;
    for path in [format!("{DOCUMENTS}/{id}"), format!("{DOCUMENTS}/{id}/remove")] {
        let method = if path.ends_with("remove") {
            Method::POST
        } else {
            Method::GET
        };
        let answer = another.client.send(method, &path, None, &[]).await;
        answer.expect_problem(404, "not_found");
    }
    let elsewhere = format!("/admin/accounts/{}/documents/{id}", another.id);
    let answer = scene.admin.client.get(&elsewhere).await;
    answer.expect_problem(404, "not_found");

    let pool = scene.platform.pool().await;
    for table in &tables(&pool).await {
        assert!(!holds(&pool, table, MARKER).await, "{table}");
    }
    let data = doctor.client.get("/me/data").await.expect(200);
    let told = &data["documents"][0];
    assert_eq!(told["sha256"], attached["sha256"]);
    assert_eq!(told["fetch"], format!("GET /api/v1{DOCUMENTS}/{id}"));
    scene.finish().await;
}

#[tokio::test]
async fn what_is_no_such_file_too_large_too_many_or_for_no_application_is_refused() {
    let scene = Scene::set().await;
    let doctor = scene.platform.made_by(&scene.admin, "doctor").await;
    let path = format!("{DOCUMENTS}?kind=diploma");
    let upload = |media_type: &'static str, bytes: Vec<u8>| doctor.client.upload(&path, media_type, bytes);
    let unasked = upload("application/pdf", pdf(100)).await;
    unasked.expect_problem(409, "no_application");
    let licence = json!({"licence_number": LICENCE});
    doctor.client.post("/me/application", licence).await.expect(200);

    let html = b"<html><script>alert(1)</script>".to_vec();
    for (media_type, bytes) in [
        ("text/html", html.clone()),
        ("image/png", html),
        ("image/png", pdf(100)),
        ("application/pdf", Vec::new()),
    ] {
        let refused = upload(media_type, bytes).await;
        refused.expect_problem(415, "unsupported_media_type");
    }
    let large = upload("application/pdf", pdf(10 * 1024 * 1024 + 1)).await;
    large.expect_problem(413, "body_too_large");
    let odd = format!("{DOCUMENTS}?kind=selfie&name=x");
    let unknown = doctor.client.upload(&odd, "image/png", Vec::new());
    assert_eq!(unknown.await.pointers(), ["/query/kind", "/query/name"]);

    let mut last = Value::Null;
    for _ in 0..10 {
        last = attach(&doctor, "diploma", pdf(100)).await;
    }
    let one_more = upload("application/pdf", pdf(100)).await;
    one_more.expect_problem(409, "too_many_documents");
    let remove = format!("{DOCUMENTS}/{}/remove", last["id"].as_str().unwrap());
    doctor.client.post(&remove, json!({})).await.expect(200);
    attach(&doctor, "licence", pdf(100)).await;

    let verify = format!("/admin/accounts/{}/verify", doctor.id);
    scene.admin.client.post(&verify, json!({})).await.expect(200);
    let own = doctor.client.get("/me/application").await.expect(200);
    let kept = own["documents"].as_array().unwrap();
    assert_eq!(kept.len(), 10);
    // What an admin answers for stays as it was seen.
    let remove = format!("{DOCUMENTS}/{}/remove", kept[0]["id"].as_str().unwrap());
    let late = doctor.client.post(&remove, json!({})).await;
    late.expect_problem(409, "no_application");
    scene.finish().await;
}

#[tokio::test]
async fn documents_end_thirty_days_after_a_refusal_and_with_an_erasure() {
    let scene = Scene::set().await;
    let (refused, gone) = (applied(&scene).await, applied(&scene).await);
    for doctor in [&refused, &gone] {
        attach(doctor, "licence", pdf(100)).await;
    }
    let why = json!({"reason": "licence_not_found"});
    let refuse = format!("/admin/accounts/{}/refuse-application", refused.id);
    scene.admin.client.post(&refuse, why).await.expect(200);
    let own = refused.client.get("/me/application").await.expect(200);
    assert_eq!(
        own["documents"].as_array().unwrap().len(),
        1,
        "kept for the doctor to see"
    );
    let pool = scene.platform.pool().await;
    let days: i32 = sqlx::query_scalar(
        "select round(extract(epoch from documents_until - house_now()) / 86400)::int \
         from identity.doctor_profiles where doctor_id = $1::uuid",
    )
    .bind(&refused.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(days, 30);

    gone.client.post("/me/erasure", json!({})).await.expect(200);
    let scene = scene.later(31 * 24 * 60 * 60).await;
    kit::wait::until("both to be gone", || async {
        let left: i64 = sqlx::query_scalar("select count(*) from identity.application_document_pieces")
            .fetch_one(&pool)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
    scene.finish().await;
}

#[tokio::test]
async fn documents_end_with_an_account_or_a_suspension_which_is_not_lifted_without_a_licence() {
    let scene = Scene::set().await;
    let (suspended, left) = (applied(&scene).await, applied(&scene).await);
    for doctor in [&suspended, &left] {
        attach(doctor, "licence", pdf(100)).await;
    }
    let act = async |scene: &Scene, who: &Persona, act: &str, body: Value| {
        let path = format!("/admin/accounts/{}/{act}", who.id);
        scene.admin.client.post(&path, body).await
    };
    act(&scene, &suspended, "verify", json!({})).await.expect(200);
    let why = json!({"reason": "documents_missing"});
    act(&scene, &suspended, "unverify", why.clone()).await.expect(200);
    // Lifted at once: what was shown is still there.
    act(&scene, &suspended, "verify", json!({})).await.expect(200);
    act(&scene, &suspended, "unverify", why).await.expect(200);
    let why = json!({"reason": "left"});
    act(&scene, &left, "deactivate", why).await.expect(200);

    let scene = scene.later(31 * 24 * 60 * 60).await;
    let pool = scene.platform.pool().await;
    kit::wait::until("both to be gone", || async {
        let kept: i64 = sqlx::query_scalar("select count(*) from identity.application_document_pieces")
            .fetch_one(&pool)
            .await
            .unwrap();
        (kept == 0).then_some(())
    })
    .await;
    act(&scene, &suspended, "verify", json!({}))
        .await
        .expect_problem(409, "licence_document_missing");
    scene.finish().await;
}

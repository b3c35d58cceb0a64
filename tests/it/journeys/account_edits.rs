//! Admins edit accounts and look them up; values stay in `identity`, and each look is recorded.

use kit::persona::PASSWORD;
use kit::platform::Platform;
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

use super::accounts::{details, history, login, types};

#[tokio::test]
async fn an_edit_is_told_by_its_fields_and_its_values_stay_in_identity() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let doctor = format!("/admin/accounts/{}", scene.doctor.id);
    let patch =
        async |path: &str, body: Value| admin.send(Method::PATCH, path, Some(body.to_string()), &[]).await;
    let change = json!({
        "email": "zqedited@example.com", "last_name": "Zqedited", "phone": null, "clinic_id": null,
        "languages": ["ru", "en"], "experience_years": 12,
    });
    let changed = patch(&doctor, change.clone()).await.expect(200);
    // Twelve years it was before.
    assert_eq!(
        changed["changed"],
        json!(["email", "phone", "last_name", "languages", "clinic_id"])
    );
    let same = patch(&doctor, change).await;
    assert_eq!(same.header("etag"), "\"1\"");
    assert_eq!(same.expect(200)["changed"], json!([]));
    login(&scene.platform, "zqedited@example.com").await.expect(200);
    let profile = scene.platform.anonymous();
    let profile = profile
        .get(&format!("/doctors/{}", scene.doctor.id))
        .await
        .expect(200);
    assert_eq!(
        (
            &profile["last_name"],
            &profile["clinic_id"],
            &profile["languages"]
        ),
        (&json!("Zqedited"), &Value::Null, &json!(["ru", "en"]))
    );
    assert_eq!(
        details(&scene.admin, &scene.doctor.id).await["account"]["account"]["phone"],
        Value::Null
    );

    let history = history(&scene.admin, &scene.doctor.id).await;
    assert_eq!(types(&history), ["AccountEdited"]);
    let told = json!(history).to_string().to_lowercase();
    assert!(!told.contains("zqedited"), "{told}");

    let taken = json!({"email": scene.stand_in.email});
    patch(&doctor, taken).await.expect_problem(409, "email_taken");
    let clinic = json!({"clinic_id": scene.patient.id});
    patch(&doctor, clinic).await.expect_problem(409, "no_such_clinic");
    let patient = format!("/admin/accounts/{}", scene.patient.id);
    let answer = patch(&patient, json!({"specialization": "терапевт"})).await;
    assert_eq!(answer.pointers(), ["/specialization"]);
    let answer = patch(&patient, json!({"role": "admin", "email": "no"})).await;
    assert_eq!(answer.pointers(), ["/email", "/role"]);
    let clinic = format!("/admin/accounts/{}", scene.clinic.id);
    let renamed = patch(&clinic, json!({"clinic_name": "Клиника у моря"}))
        .await
        .expect(200);
    assert_eq!(renamed["changed"], json!(["clinic_name"]));
    scene.finish().await;
}

#[tokio::test]
async fn an_address_that_is_taken_at_the_same_moment_is_one_person_s() {
    let platform = Platform::start().await;
    let admin = platform.admin().await;
    let patient = platform.patient().await;
    let account = format!("/admin/accounts/{}", patient.id);
    for nth in 0..8 {
        let email = format!("contended{nth}@example.com");
        let edit = json!({"email": email}).to_string();
        let new = json!({
            "role": "analyst", "email": email, "password": PASSWORD, "first_name": "Ева", "last_name": "Первая",
        });
        let (edited, made) = tokio::join!(
            admin.client.send(Method::PATCH, &account, Some(edit), &[]),
            admin.client.post("/admin/accounts", new)
        );
        let done = [&edited, &made]
            .iter()
            .filter(|answer| answer.status == 200)
            .count();
        assert_eq!(done, 1, "{} {}", edited.text, made.text);
        let refused = if edited.status == 200 { made } else { edited };
        refused.expect_problem(409, "email_taken");
    }
    platform.finish().await;
}

#[tokio::test]
async fn accounts_are_listed_by_what_one_looks_for_and_who_was_shown_is_recorded() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let ids = async |query: &str| -> Vec<String> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = admin
                .get(&format!("/admin/accounts?{query}{cursor}"))
                .await
                .expect(200);
            for item in answer["items"].as_array().unwrap() {
                found.push(item["account"]["id"].as_str().unwrap().to_owned());
            }
            match answer["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    let all = ids("limit=2").await;
    let mut oldest_first = ids("limit=3&order=oldest").await;
    assert!(all.len() >= 5, "{all:?}");
    oldest_first.reverse();
    assert_eq!(all, oldest_first);
    let doctors = [&scene.stand_in.id, &scene.doctor.id].map(String::clone);
    assert_eq!(ids("role=doctor").await, doctors);
    assert_eq!(ids(&format!("clinic_id={}", scene.clinic.id)).await, doctors);
    assert_eq!(ids("verified=true").await, doctors);
    let email = url::form_urlencoded::byte_serialize(scene.patient.email.as_bytes()).collect::<String>();
    assert_eq!(ids(&format!("q={email}")).await, [scene.patient.id.as_str()]);
    assert_eq!(
        ids(&format!("q={}", scene.doctor.id)).await,
        [scene.doctor.id.as_str()]
    );
    assert_eq!(ids(&format!("q={email}&role=doctor")).await, [""; 0]);
    let off = format!("/admin/accounts/{}/deactivate", scene.stand_in.id);
    admin.post(&off, json!({"reason": "left"})).await.expect(200);
    assert_eq!(ids("active=false").await, [scene.stand_in.id.as_str()]);
    assert_eq!(ids("active=true&role=doctor").await, [scene.doctor.id.as_str()]);
    for (wrong, pointer) in [
        ("role=boss", "/query/role"),
        ("q=x%3D1", "/query/q"),
        ("q=2353039219", "/query/q"),
        ("order=up", "/query/order"),
        ("cursor=1", "/query/cursor"),
        ("offset=1", "/query/offset"),
        ("limit=0", "/query/limit"),
    ] {
        let answer = admin.get(&format!("/admin/accounts?{wrong}")).await;
        assert_eq!(answer.pointers(), [pointer]);
    }
    details(&scene.admin, &scene.patient.id).await;
    let pool = scene.platform.pool().await;
    let purposes: Vec<String> = sqlx::query_scalar(
        "select distinct purpose from identity.security_events \
         where kind = 'read' and actor_id::text = $1 and subject_ids @> array[$2::uuid] order by 1",
    )
    .bind(&scene.admin.id)
    .bind(scene.patient.id.parse::<uuid::Uuid>().unwrap())
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(purposes, ["account", "accounts", "search_by_email"]);
    scene.finish().await;
}

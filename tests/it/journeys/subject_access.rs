//! Everything about oneself, taken along as JSON and as a page; and consents, given and taken back.

use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_patient_takes_everything_along_as_json_and_as_a_russian_page() {
    let scene = Scene::set().await;
    let mut request = scene.scheduled(scene.slot(2, 0));
    request["symptoms"] = json!("кашель <b>& жар</b>");
    let booking = scene.booked_and_paid(request).await;
    scene.platform.drain().await;
    // An admin looks, so that there is something to be told of.
    scene
        .admin
        .client
        .get(&format!("/bookings/{booking}"))
        .await
        .expect(200);
    let data = scene.patient.client.get("/me/data").await.expect(200);
    assert_eq!(
        data["account"][0]["email"],
        scene.patient.email.as_str(),
        "{data}"
    );
    let visit = &data["bookings"][0];
    assert_eq!(visit["id"], booking.as_str(), "{data}");
    assert_eq!(visit["details"]["address"], "ул. Ленина, 1", "{visit}");
    assert_eq!(
        data["private_records"][0]["content"]["symptoms"], "кашель <b>& жар</b>",
        "{data}"
    );
    assert_eq!(data["payments"][0]["booking_id"], booking.as_str(), "{data}");
    assert_eq!(data["wallet"][0]["balance"], "20000.00", "{data}");
    assert_eq!(data["data_reads"][0]["reader_role"], "admin", "{data}");
    for part in ["second_factor", "sessions", "wallet_entries"] {
        assert_ne!(data[part], json!([]), "{part}: {data}");
    }
    for part in [
        "passkeys",
        "calendar_links",
        "app_links",
        "bank_accounts",
        "payouts",
        "consents",
        "erasures",
    ] {
        assert_eq!(data[part], json!([]), "{part}: {data}");
    }
    a_page_says_the_same(&scene).await;
    // What others are told is the others'.
    let doctors = scene.doctor.client.get("/me/data").await.expect(200);
    assert_eq!(doctors["bookings"][0]["id"], booking.as_str(), "{doctors}");
    assert!(!doctors.to_string().contains("Ленина"), "{doctors}");
    let trail = format!("/admin/audit-trail?kind=own_data&account_id={}", scene.patient.id);
    kit::wait::until("the trail to say that it was taken", || async {
        let trail = scene.admin.client.get(&trail).await.expect(200);
        (trail["items"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    scene.platform.advance(5 * 60).await;
    let late = scene.patient.client.get("/me/data").await;
    late.expect_problem(403, "proof_required");
    scene.finish().await;
}

/// As a browser asks for it.
async fn a_page_says_the_same(scene: &Scene) {
    let accept = [("accept", "text/html"), ("accept-language", "ru")];
    let page = scene
        .patient
        .client
        .send(Method::GET, "/me/data", None, &accept)
        .await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for words in [
        "<html lang=\"ru\">",
        "Все данные обо мне",
        "<dt>адрес</dt>",
        "кашель &lt;b&gt;&amp; жар&lt;/b&gt;",
        "</html>",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
}

#[tokio::test]
async fn long_lists_are_told_whole() {
    let scene = Scene::set().await;
    let patient = &scene.patient.client;
    for _ in 0..103 {
        let booking = patient.post("/bookings", Scene::urgent()).await.expect(200);
        let cancel = json!({"reason": "patient_request", "expected_fee": "0.00"});
        let path = format!("/bookings/{}/cancel", booking["id"].as_str().unwrap());
        patient.post(&path, cancel).await.expect(200);
    }
    scene.platform.drain().await;
    let data = patient.get("/me/data").await.expect(200);
    let ids = |part: &str| -> std::collections::BTreeSet<String> {
        let items = data[part].as_array().unwrap().iter();
        items.map(|item| item["id"].to_string()).collect()
    };
    assert_eq!((ids("bookings").len(), ids("private_records").len()), (103, 103));
    scene.finish().await;
}

#[tokio::test]
async fn consents_are_kept_by_version_and_taking_one_back_says_what_follows() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let texts = anybody.get("/consents").await.expect(200);
    let kinds: Vec<&Value> = texts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|text| &text["kind"])
        .collect();
    assert_eq!(kinds, [&json!("personal_data"), &json!("health_data")], "{texts}");
    let mut register = json!({
        "email": "consents@example.com", "password": "moss-kettle-ferry", "first_name": "Пётр", "last_name": "Безухов",
        "consents": [{"kind": "personal_data", "version": 1}, {"kind": "health_data", "version": 7}],
    });
    let refused = anybody.post("/auth/register", register.clone()).await;
    assert_eq!(refused.pointers(), ["/consents/1/version"], "{}", refused.text);
    register["consents"][1]["version"] = json!(1);
    let session = anybody.post("/auth/register", register.clone()).await.expect(200);
    anybody.post("/auth/register", register).await.expect(200);
    let client = anybody.with_token(session["access_token"].as_str().unwrap());
    let own = client.get("/me/consents").await.expect(200);
    assert_eq!(own["missing"], json!([]), "{own}");
    assert_eq!(
        own["items"].as_array().unwrap().len(),
        2,
        "sent twice is said once: {own}"
    );
    assert_eq!(own["items"][0]["sha256"], texts["items"][1]["sha256"], "{own}");

    // Whoever registered as ever hears what is missing.
    let patient = &scene.patient.client;
    let own = patient.get("/me/consents").await.expect(200);
    assert_eq!(
        own,
        json!({"items": [], "missing": ["personal_data", "health_data"]})
    );
    let said = |version: u16, given: bool| json!({"kind": "health_data", "version": version, "given": given});
    let refused = patient.post("/me/consents", said(2, true)).await;
    assert_eq!(refused.pointers(), ["/version"], "{}", refused.text);
    patient.post("/me/consents", said(1, true)).await.expect(200);
    scene.booked_and_paid(scene.scheduled(scene.slot(2, 0))).await;
    scene.platform.drain().await;
    let back = patient.post("/me/consents", said(1, false)).await.expect(200);
    assert!(
        back["follows"]
            .as_str()
            .unwrap()
            .starts_with("Visits to come take place"),
        "{back}"
    );
    assert_eq!(back["missing"], json!(["personal_data", "health_data"]), "{back}");
    assert_eq!(back["items"].as_array().unwrap().len(), 2, "{back}");
    let pool = scene.platform.pool().await;
    let changed = sqlx::query("update identity.consents set given = true")
        .execute(&pool)
        .await;
    assert!(changed.is_err(), "what was said is never changed");
    pool.close().await;
    scene.finish().await;
}

//! A third party's app signs in, is let act by a patient, and acts: told as the app's in history and trail, and ended by whoever may.

use kit::app::{AppPersona, send_form, sign_in};
use kit::scene::Scene;
use reqwest::Method;
use serde_json::{Value, json};

const SCOPES: [&str; 4] = [
    "bookings:read",
    "bookings:write",
    "payments:read",
    "payments:write",
];

#[tokio::test]
async fn an_app_signs_in_as_the_framework_says_and_is_refused_as_it_says() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let app = AppPersona::made_by(&scene.admin, &anybody, &SCOPES[..2]).await;
    assert!(app.secret.starts_with("tota_"));
    let grant = "grant_type=client_credentials".to_owned();
    let basic = (app.id.as_str(), app.secret.as_str());

    let answer = send_form(&anybody, grant.clone(), Some(basic)).await;
    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        ("no-store", "no-cache")
    );
    let granted = answer.expect(200);
    assert_eq!(
        (&granted["token_type"], &granted["scope"]),
        (&json!("Bearer"), &json!("bookings:read bookings:write"))
    );
    assert!(granted["expires_in"].as_i64().unwrap() <= 900);
    let narrow = sign_in(&anybody, &app.id, &app.secret, Some("bookings:read")).await;
    assert_eq!(narrow.expect(200)["scope"], "bookings:read");

    let nobody = "019a8f0e-0000-7000-8000-00000000dead";
    let wrong = sign_in(&anybody, &app.id, &"tota_wrong".repeat(4), None).await;
    let unknown = sign_in(&anybody, nobody, &app.secret, None).await;
    let no_id = sign_in(&anybody, "somebody", &app.secret, None).await;
    for answer in [&wrong, &unknown, &no_id] {
        assert_eq!(answer.body, wrong.body, "which of the two is wrong is not told");
        assert_eq!(answer.body["error"], "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic "));
        assert_eq!(
            (answer.status.as_u16(), answer.header("cache-control")),
            (401, "no-store")
        );
    }
    let refused = async |form: &str| {
        send_form(&anybody, form.to_owned(), Some(basic))
            .await
            .expect(400)
    };
    assert_eq!(
        refused("grant_type=password").await["error"],
        "unsupported_grant_type"
    );
    assert_eq!(refused("scope=bookings:read").await["error"], "invalid_request");
    for scope in ["payments:read", "everything", "bookings:read++bookings:write"] {
        let form = format!("{grant}&scope={scope}");
        assert_eq!(refused(&form).await["error"], "invalid_scope", "{scope}");
    }
    scene.finish().await;
}

/// However often others fail, also from the same network, a right secret is let in.
#[tokio::test]
async fn guesses_are_braked_and_a_right_secret_is_not() {
    let mut platform = kit::platform::Platform::prepare().await;
    platform.set("TOT_RATE_LIMIT_LOGINS_PER_ADDRESS", "2");
    platform.serve(kit::platform::ALL).await;
    let admin = platform.admin().await;
    let anybody = platform.anonymous();
    let app = AppPersona::made_by(&admin, &anybody, &SCOPES).await;
    let mut statuses = Vec::new();
    for guess in 0..6 {
        let secret = format!("tota_{guess:043}");
        let answer = sign_in(&anybody, &app.id, &secret, None).await;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            answer.is_a_problem();
        }
        sign_in(&anybody, &app.id, &app.secret, None).await.expect(200);
    }
    assert_eq!((statuses[0], statuses[5]), (401, 429), "{statuses:?}");
    platform.finish().await;
}

#[tokio::test]
async fn an_app_acts_for_a_patient_who_agreed_and_history_and_trail_say_that_it_was_the_app() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let app = AppPersona::made_by(&scene.admin, &anybody, &SCOPES).await;
    let thief = AppPersona::made_by(&scene.admin, &anybody, &SCOPES).await;
    let patient = &scene.patient;

    let code = patient
        .client
        .post("/me/apps/link-codes", json!({"app_id": app.id}))
        .await;
    let code = json!({"link_code": code.expect(200)["code"]});
    let stolen = thief.client.post("/apps/me/patients", code.clone()).await;
    stolen.expect_problem(409, "invalid_link_code");
    let linked = app
        .client
        .post("/apps/me/patients", code.clone())
        .await
        .expect(200);
    assert_eq!(linked["patient_id"], patient.id);
    let again = app.client.post("/apps/me/patients", code).await;
    again.expect_problem(409, "invalid_link_code");
    let patients = app.client.get("/apps/me/patients").await.expect(200);
    assert_eq!(patients["items"][0]["patient_id"], patient.id);
    let links = patient.client.get("/me/apps").await.expect(200);
    assert_eq!(links["items"][0]["id"], app.id);

    a_header_names_the_patient(&scene, &app).await;
    let booking = app
        .post_for(&patient.id, "/bookings", Scene::urgent())
        .await
        .expect(200);
    let id = booking["id"].as_str().unwrap();
    assert_eq!(
        scene.booking(id).await["id"],
        booking["id"],
        "it is the patient's"
    );
    let shown = app
        .get_for(&patient.id, &format!("/bookings/{id}"))
        .await
        .expect(200);
    assert_eq!(shown["details"]["address"], "ул. Ленина, 1");
    keys_are_its_own(&scene, &app).await;
    history_tells_of_it(&scene, &app, id).await;
    the_trail_tells_of_it(&scene, &app, id).await;
    it_pays_from_no_wallet(&scene, &app, id).await;
    it_ends_when_the_patient_says(&scene, &app).await;
    scene.finish().await;
}

async fn a_header_names_the_patient(scene: &Scene, app: &AppPersona) {
    let pointers = |answer: kit::client::ApiResponse| answer.pointers();
    let header = vec!["/headers/Tot-On-Behalf-Of".to_owned()];
    assert_eq!(pointers(app.client.get("/bookings").await), header);
    assert_eq!(pointers(app.get_for("somebody", "/bookings").await), header);
    // A patient is nobody's app: what would be passed over is refused.
    let headers = [("Tot-On-Behalf-Of", scene.patient.id.as_str())];
    let answer = scene
        .patient
        .client
        .send(Method::GET, "/bookings", None, &headers)
        .await;
    assert_eq!(pointers(answer), header);
}

/// The same key of the app and of its patient are two keys.
async fn keys_are_its_own(scene: &Scene, app: &AppPersona) {
    let body = Scene::urgent().to_string();
    let headers = [
        ("Idempotency-Key", "one-and-the-same"),
        ("Tot-On-Behalf-Of", scene.patient.id.as_str()),
    ];
    let send = async || {
        let answer = app
            .client
            .send(Method::POST, "/bookings", Some(body.clone()), &headers)
            .await;
        answer.expect(200)["id"].clone()
    };
    let first = send().await;
    assert_eq!(send().await, first);
    let own = scene
        .patient
        .client
        .post_keyed("/bookings", "one-and-the-same", Scene::urgent())
        .await;
    assert_ne!(own.expect(200)["id"], first);
}

async fn history_tells_of_it(scene: &Scene, app: &AppPersona, booking: &str) {
    let path = format!("/bookings/{booking}/history");
    let own = scene.patient.client.get(&path).await.expect(200);
    assert_eq!(
        (&own["items"][0]["by"], &own["items"][0]["app_id"]),
        (&json!("patient"), &json!(app.id))
    );
    let path = format!("/admin/bookings/{booking}/history");
    let chain = scene.admin.client.get(&path).await.expect(200);
    let first = &chain["items"][0];
    assert_eq!(
        (
            &first["actor"]["id"],
            &first["actor"]["app_id"],
            &first["cause"]["app_id"]
        ),
        (&json!(scene.patient.id), &json!(app.id), &json!(app.id))
    );
    scene.platform.sign_in_operator(&scene.admin.email).await;
    for (language, sentence) in [
        ("en", format!("asked for by app {} on behalf of patient", app.id)),
        (
            "ru",
            format!("по запросу приложения {} от имени: пациент", app.id),
        ),
    ] {
        let words = ["replay", "booking", booking, "--lang", language, "--text"];
        let told = scene.platform.tot(&words, "").await;
        assert!(told.contains(&sentence), "{told}");
    }
}

async fn the_trail_tells_of_it(scene: &Scene, app: &AppPersona, booking: &str) {
    let reads = scene.patient.client.get("/me/data-reads").await.expect(200);
    let items = reads["items"].as_array().unwrap();
    let by_app: Vec<&Value> = items
        .iter()
        .filter(|read| read["app_id"] == app.id.as_str())
        .collect();
    assert_eq!(by_app.len(), 1, "{reads}");
    assert_eq!(by_app[0]["booking_id"], booking);
    let linked = entries(scene, "kind=app_link&result=done").await;
    assert_eq!(
        (
            &linked[0]["app_id"],
            &linked[0]["account_id"],
            &linked[0]["target"]
        ),
        (&json!(app.id), &json!(scene.patient.id), &json!(app.id))
    );
    let made = entries(scene, &format!("kind=act&target={}", app.id)).await;
    assert_eq!(
        (&made[0]["what"], &made[0]["account_id"]),
        (&json!("create_app"), &json!(scene.admin.id))
    );
    kit::wait::until("the sign-in to stand in the trail", || async {
        let signed_in = entries(scene, "kind=app_sign_in&result=done").await;
        signed_in
            .iter()
            .any(|entry| entry["app_id"] == app.id.as_str())
            .then_some(())
    })
    .await;
}

async fn entries(scene: &Scene, query: &str) -> Vec<Value> {
    let path = format!("/admin/audit-trail?{query}");
    let answer = scene.admin.client.get(&path).await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

async fn it_pays_from_no_wallet(scene: &Scene, app: &AppPersona, booking: &str) {
    let before = scene.available().await;
    let pay = json!({"booking_id": booking, "payment_method": "wallet"});
    let refused = app.post_for(&scene.patient.id, "/payments", pay).await;
    refused.expect_problem(403, "forbidden_to_apps");
    assert_eq!(scene.available().await, before);
    for path in ["/wallet", "/auth/me", "/me/data", "/auth/sessions", "/me/events"] {
        let refused = app.get_for(&scene.patient.id, path).await;
        refused.expect_problem(403, "forbidden_to_apps");
    }
}

async fn it_ends_when_the_patient_says(scene: &Scene, app: &AppPersona) {
    let patient = &scene.patient;
    app.get_for(&patient.id, "/bookings").await.expect(200);
    let path = format!("/me/apps/{}", app.id);
    let end = async || {
        patient
            .client
            .send(Method::DELETE, &path, None, &[])
            .await
            .expect(200)
    };
    assert_eq!(end().await["ended"], true);
    end().await;
    let refused = app.get_for(&patient.id, "/bookings").await;
    refused.expect_problem(404, "not_found");
    let links = patient.client.get("/me/apps").await.expect(200);
    assert_eq!(links["items"], json!([]));
}

#[tokio::test]
async fn admins_set_what_an_app_may_and_end_it_at_once() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let app = AppPersona::made_by(&scene.admin, &anybody, &SCOPES).await;
    app.link(&scene.patient).await.expect(200);
    let (admin, patient) = (&scene.admin.client, scene.patient.id.as_str());
    let path = format!("/admin/apps/{}", app.id);
    let edit = async |change: Value| {
        let body = Some(change.to_string());
        admin.send(Method::PATCH, &path, body, &[]).await.expect(200)
    };

    // Fewer scopes count for tokens of before, too.
    edit(json!({"scopes": ["bookings:read"]})).await;
    let refused = app.get_for(patient, "/payments").await;
    refused.expect_problem(403, "insufficient_scope");
    app.get_for(patient, "/bookings").await.expect(200);

    edit(json!({"requests_per_minute": 2})).await;
    let mut last = app.get_for(patient, "/bookings").await;
    for _ in 0..2 {
        last = app.get_for(patient, "/bookings").await;
    }
    assert_eq!(last.header("ratelimit-policy"), "\"app-requests\";q=2;w=60");
    assert!(last.header("ratelimit").starts_with("\"app-requests\";r=0;t="));
    last.expect_problem(429, "rate_limited");
    edit(json!({"requests_per_minute": 600, "writes_per_minute": 1, "scopes": SCOPES})).await;
    app.post_for(patient, "/bookings", Scene::urgent())
        .await
        .expect(200);
    let refused = app.post_for(patient, "/bookings", Scene::urgent()).await;
    assert_eq!(refused.header("ratelimit-policy"), "\"app-writes\";q=1;w=60");
    refused.expect_problem(429, "rate_limited");

    let shown = admin.get(&path).await.expect(200);
    let secret = shown["secrets"][0]["id"].as_str().unwrap();
    let revoke = format!("{path}/secrets/{secret}/revoke");
    admin.post(&revoke, json!({})).await.expect(200);
    let refused = app.get_for(patient, "/bookings").await;
    refused.expect_problem(401, "token_revoked");
    let refused = sign_in(&anybody, &app.id, &app.secret, None).await;
    assert_eq!(refused.status, 401);
    scene.finish().await;
}

#[tokio::test]
async fn a_stolen_session_lets_no_app_in() {
    let scene = Scene::set().await;
    let anybody = scene.platform.anonymous();
    let app = AppPersona::made_by(&scene.admin, &anybody, &SCOPES).await;
    scene.platform.advance(6 * 60).await;
    let body = json!({"name": "Другая", "scopes": ["bookings:read"]});
    let refused = scene.admin.client.post("/admin/apps", body).await;
    refused.expect_problem(403, "proof_required");
    let rotate = format!("/admin/apps/{}/rotate-secret", app.id);
    let refused = scene.admin.client.post(&rotate, json!({})).await;
    refused.expect_problem(403, "proof_required");
    let refused = scene
        .patient
        .client
        .post("/me/apps/link-codes", json!({"app_id": app.id}))
        .await;
    refused.expect_problem(403, "proof_required");
    // What ends something needs no proof: whoever notices a theft is in a hurry.
    let off = format!("/admin/apps/{}/deactivate", app.id);
    scene.admin.client.post(&off, json!({})).await.expect(200);
    scene.finish().await;
}

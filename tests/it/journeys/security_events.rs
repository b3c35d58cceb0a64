//! What concerns security stands in the audit trail: each sort of event is provoked and found, with who, from where and in which trace,
//! and without a word that anybody typed.

use std::collections::BTreeSet;

use kit::database;
use kit::markers::holds;
use kit::persona::PASSWORD;
use kit::scene::Scene;
use kit::wait::until;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

/// Typed by somebody who has no account.
const NOBODY: &str = "zqnobody@example.com";
/// What can be provoked over HTTP without limits; the limits have a test of their own.
const PROVOKED: [(&str, &str); 17] = [
    ("access", "forbidden"),
    ("access", "not_theirs"),
    ("act", "done"),
    ("act", "refused"),
    ("act", "requested"),
    ("password", "done"),
    ("password", "wrong_password"),
    ("read", "done"),
    ("registration", "done"),
    ("session", "done"),
    ("session", "reused"),
    ("sign_in", "deactivated"),
    ("sign_in", "done"),
    ("sign_in", "unknown_account"),
    ("sign_in", "wrong_password"),
    ("token", "forged"),
    ("token", "revoked"),
];

async fn entries(scene: &Scene, query: &str) -> Vec<Value> {
    let path = format!("/admin/audit-trail?limit=200&{query}");
    let answer = scene.admin.client.get(&path).await.expect(200);
    answer["items"].as_array().unwrap().clone()
}

/// What is written a moment later is there a moment later.
async fn until_entry(scene: &Scene, query: &str) -> Value {
    until(query, || async { entries(scene, query).await.into_iter().next() }).await
}

async fn try_login(scene: &Scene, email: &str, password: &str, status: u16) -> Value {
    let body = json!({"email": email, "password": password});
    let answer = scene.platform.anonymous().post("/auth/login", body).await;
    answer.expect(status)
}

/// A token that looks like one of the platform's, signed by somebody else.
fn forged(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    format!("{signed}.{first}{}", &signature[1..])
}

#[tokio::test]
async fn every_sort_of_event_is_found_and_holds_nothing_that_was_typed() {
    let scene = Scene::set().await;
    let (admin, anybody) = (&scene.admin.client, scene.platform.anonymous());
    let stranger = scene.platform.patient().await;
    try_login(&scene, NOBODY, "zq-typed-password", 401).await;
    try_login(&scene, &scene.patient.email, "zq-typed-password", 401).await;
    let off = format!("/admin/accounts/{}/deactivate", scene.stand_in.id);
    admin.post(&off, json!({"reason": "left"})).await.expect(200);
    try_login(&scene, &scene.stand_in.email, PASSWORD, 403).await;
    let own = format!("/admin/accounts/{}/deactivate", scene.admin.id);
    admin.post(&own, json!({"reason": "left"})).await.expect(409);
    let rebuild = json!({"force": true});
    admin
        .post("/admin/projections/payouts/rebuild", rebuild)
        .await
        .expect(200);

    let booking = scene.booked_and_paid(Scene::urgent()).await;
    let path = format!("/bookings/{booking}");
    admin.get(&path).await.expect(200);
    stranger.client.get(&path).await.expect_problem(404, "not_found");
    let cancel = json!({"reason": "patient_request", "expected_fee": "0.00"});
    let cancelled = stranger.client.post(&format!("{path}/cancel"), cancel).await;
    assert_eq!(cancelled.status, 404, "{}", cancelled.text);
    let accounts = stranger.client.get("/admin/accounts").await;
    accounts.expect_problem(403, "forbidden");
    let forged = anybody.with_token(&forged(stranger.client.token()));
    forged.get("/auth/me").await.expect_problem(401, "invalid_token");
    own_account(&scene).await;

    let provoked: BTreeSet<(String, String)> = PROVOKED
        .iter()
        .map(|(kind, result)| ((*kind).to_owned(), (*result).to_owned()))
        .collect();
    for (kind, result) in &provoked {
        let entry = until_entry(&scene, &format!("kind={kind}&result={result}")).await;
        let by_command = entry["channel"] == "cli";
        assert!(by_command || entry["operation"].is_string(), "{entry}");
        assert_ne!(entry["operation"], "none", "{entry}");
        assert_eq!(entry["trace_id"].as_str().unwrap().len(), 32, "{entry}");
    }
    names_the_account_and_the_target(&scene, &stranger.id, &booking).await;
    holds_nothing_typed(&scene).await;
    scene.finish().await;
}

/// A session is ended, a token used twice, a password changed.
async fn own_account(scene: &Scene) {
    let anybody = scene.platform.anonymous();
    let other = scene.platform.patient().await;
    let session = try_login(scene, &other.email, PASSWORD, 200).await;
    let client = anybody.with_token(session["access_token"].as_str().unwrap());
    client.post("/auth/logout", json!({})).await.expect(200);
    client.get("/auth/me").await.expect_problem(401, "token_revoked");

    let stolen = try_login(scene, &other.email, PASSWORD, 200).await;
    let refresh = json!({"refresh_token": stolen["refresh_token"]});
    let once = anybody.post("/auth/refresh", refresh.clone()).await.expect(200);
    // Its successor is used, so that the first is not the same refresh sent twice.
    let next = json!({"refresh_token": once["refresh_token"]});
    anybody.post("/auth/refresh", next).await.expect(200);
    let reused = anybody.post("/auth/refresh", refresh).await;
    reused.expect_problem(401, "refresh_reused");

    let session = try_login(scene, &other.email, PASSWORD, 200).await;
    let client = anybody.with_token(session["access_token"].as_str().unwrap());
    let change = |current: &str| json!({"current_password": current, "new_password": "amber-tunnel-violin"});
    let wrong = client.post("/auth/password", change("zq-typed-password")).await;
    wrong.expect_problem(403, "wrong_password");
    client.post("/auth/password", change(PASSWORD)).await.expect(200);
}

async fn names_the_account_and_the_target(scene: &Scene, stranger: &str, booking: &str) {
    let wrong = until_entry(scene, "result=wrong_password&kind=sign_in").await;
    assert_eq!(wrong["subject_ids"], json!([scene.patient.id]));
    assert_eq!(
        (&wrong["account_id"], &wrong["typed_hash"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(wrong["operation"], "auth_login");
    let unknown = until_entry(scene, "result=unknown_account").await;
    assert_eq!(unknown["typed_hash"].as_str().unwrap().len(), 32);
    assert_eq!(unknown["subject_ids"], json!([]));
    let denied = entries(scene, &format!("target={booking}&result=not_theirs")).await;
    let operations: Vec<&Value> = denied.iter().map(|entry| &entry["operation"]).collect();
    assert_eq!(operations, [&json!("bookings_cancel"), &json!("bookings_show")]);
    for entry in &denied {
        assert_eq!(
            (&entry["account_id"], &entry["role"], &entry["target_type"]),
            (&json!(stranger), &json!("patient"), &json!("booking"))
        );
    }
    let refused = until_entry(scene, "kind=act&result=refused").await;
    assert_eq!(refused["operation"], "admin_deactivate_account");
    let off = format!("kind=act&result=done&subject_id={}", scene.stand_in.id);
    let off = entries(scene, &off).await;
    assert_eq!(off[0]["operation"], "admin_deactivate_account");
    by_address(scene, &wrong).await;
}

/// Everything of the tests comes from one address, which is found by itself and by its hash.
async fn by_address(scene: &Scene, entry: &Value) {
    let hash = entry["address_hash"].as_str().unwrap();
    let (path, by_hash) = (
        "/admin/audit-trail?kind=sign_in&result=wrong_password",
        format!("kind=sign_in&result=wrong_password&address_hash={hash}"),
    );
    let found = entries(scene, &by_hash).await;
    assert!(!found.is_empty());
    for (address, expected) in [("127.0.0.1", &found), ("192.0.2.1", &Vec::new())] {
        let headers = [("Tot-Client-Address", address)];
        let answer = scene.admin.client.send(Method::GET, path, None, &headers).await;
        assert_eq!(answer.expect(200)["items"], json!(expected), "{address}");
        let words = ["audit-trail", "--kind", "sign_in", "--result", "wrong_password"];
        let words = [&words[..], &["--address", address, "--json"]].concat();
        let told: Vec<Value> = serde_json::from_str(&scene.platform.tot(&words, "").await).unwrap();
        assert_eq!(told.len(), expected.len(), "{address}");
    }
    let wrong = [("Tot-Client-Address", "somewhere")];
    let answer = scene.admin.client.send(Method::GET, path, None, &wrong).await;
    assert_eq!(answer.pointers(), ["/headers/Tot-Client-Address"]);
    let both = format!("{path}&address_hash={hash}");
    let headers = [("Tot-Client-Address", "127.0.0.1")];
    let answer = scene.admin.client.send(Method::GET, &both, None, &headers).await;
    assert_eq!(answer.pointers(), ["/query/address_hash"]);
}

async fn holds_nothing_typed(scene: &Scene) {
    let pool = scene.platform.pool().await;
    for typed in [
        NOBODY,
        "zq-typed-password",
        &scene.patient.email,
        &scene.stand_in.email,
        "example.com",
        "Каренина",
        "+7900",
        "127.0.0.1",
        scene.patient.client.token(),
    ] {
        let found = holds(&pool, "identity.security_events", typed).await;
        assert!(!found, "{typed} stands in the trail");
    }
    pool.close().await;
}

#[tokio::test]
async fn a_patient_sees_who_read_their_data_and_which() {
    let scene = Scene::set().await;
    let start = scene.slot(1, 0);
    let booking = scene.booked_and_paid(scene.scheduled(start)).await;
    scene
        .until_booking(&booking, "assigned", |booking| booking["status"] == "assigned")
        .await;
    let path = format!("/bookings/{booking}");
    let shown = scene.doctor.client.get(&path).await.expect(200);
    assert!(shown["details"]["phone"].is_string(), "{shown}");
    scene.admin.client.get(&path).await.expect(200);
    scene.patient.client.get(&path).await.expect(200);
    let reads = scene.patient.client.get("/me/data-reads").await.expect(200);
    let reads = reads["items"].as_array().unwrap();
    let of = |role: &str| {
        let mine = reads.iter().filter(|read| read["reader_role"] == role);
        mine.filter(|read| read["purpose"] == "booking")
            .cloned()
            .collect::<Vec<_>>()
    };
    let (doctor, admin) = (of("doctor"), of("admin"));
    assert_eq!((doctor.len(), of("patient").len()), (1, 0), "{reads:?}");
    assert!(doctor[0]["reader_name"].is_string() && admin[0]["reader_name"].is_null());
    for read in doctor.iter().chain(&admin) {
        assert_eq!(
            read["fields"],
            json!(["address", "symptoms", "phone", "name"]),
            "{read}"
        );
        assert_eq!(
            (&read["booking_id"], &read["operation"]),
            (&json!(booking), &json!("bookings_show"))
        );
    }
    // One by one, and nobody else's.
    let one = scene
        .patient
        .client
        .get("/me/data-reads?limit=1")
        .await
        .expect(200);
    let next = one["next"].as_str().unwrap();
    let rest = format!("/me/data-reads?cursor={next}");
    let rest = scene.patient.client.get(&rest).await.expect(200);
    assert_eq!(rest["items"], json!(reads[1..]));
    let others = scene.platform.patient().await;
    let others = others.client.get("/me/data-reads").await.expect(200);
    assert_eq!(others["items"], json!([]));
    let wrong = format!("/admin/audit-trail?cursor={next}");
    scene
        .admin
        .client
        .get(&wrong)
        .await
        .expect_problem(422, "invalid");
    answers_who_read_between(&scene, &booking).await;
    scene.finish().await;
}

/// As the page on incidents says: whose data, between two instants, by one command.
async fn answers_who_read_between(scene: &Scene, booking: &str) {
    let (patient, now) = (scene.patient.id.as_str(), scene.platform.now().await);
    let (from, to) = (
        (now - jiff::SignedDuration::from_hours(1)).to_string(),
        now.to_string(),
    );
    let words = ["audit-trail", "--kind", "read", "--subject", patient];
    let words = [&words[..], &["--from", &from, "--to", &to, "--json"]].concat();
    let told = scene.platform.tot(&words, "").await;
    let told: Vec<Value> = serde_json::from_str(&told).unwrap();
    let mine = told.iter().filter(|entry| entry["target"] == booking);
    assert_eq!(mine.count(), 2, "{told:?}");
}

#[tokio::test]
async fn nobody_is_shown_anything_and_no_act_is_answered_unless_it_is_recorded() {
    let scene = Scene::set().await;
    let booking = scene.booked_and_paid(Scene::urgent()).await;
    let path = format!("/bookings/{booking}");
    let mut owner = PgConnection::connect(scene.platform.owner_url()).await.unwrap();
    let closed = "alter table identity.security_events add constraint closed check (false) not valid";
    sqlx::query(closed).execute(&mut owner).await.unwrap();
    for asked in [
        path.clone(),
        "/bookings".to_owned(),
        "/admin/accounts".to_owned(),
        format!("/admin/accounts/{}", scene.patient.id),
        format!("/admin/search?q={}", scene.patient.id),
        format!("/admin/bookings/{booking}/history"),
    ] {
        let answer = scene.admin.client.get(&asked).await;
        assert_eq!(answer.status, 500, "{asked}: {}", answer.text);
        assert!(!answer.text.contains("Каренина"), "{}", answer.text);
    }
    let off = format!("/admin/accounts/{}/deactivate", scene.stand_in.id);
    let act = scene.admin.client.post(&off, json!({"reason": "left"})).await;
    assert_eq!(act.status, 500, "{}", act.text);
    // Nobody else waits for it.
    let asked = scene.patient.client.post("/bookings", Scene::urgent()).await;
    asked.expect(200);
    scene.patient.client.get(&path).await.expect(200);
    try_login(&scene, NOBODY, "zq-typed-password", 401).await;
    let open = "alter table identity.security_events drop constraint closed";
    sqlx::query(open).execute(&mut owner).await.unwrap();
    scene.admin.client.get(&path).await.expect(200);
    // What waited meanwhile is written.
    until_entry(&scene, "result=unknown_account").await;
    scene.finish().await;
}

#[tokio::test]
async fn what_waits_is_written_before_a_process_ends() {
    let scene = Scene::set().await;
    for _ in 0..20 {
        try_login(&scene, NOBODY, "zq-typed-password", 401).await;
    }
    let mut platform = scene.platform;
    platform.halt().await;
    let pool = database::pool(platform.app_url()).await;
    let found = "select count(*) from identity.security_events where result = 'unknown_account'";
    let found: i64 = sqlx::query_scalar(found).fetch_one(&pool).await.unwrap();
    pool.close().await;
    assert_eq!(found, 20);
}

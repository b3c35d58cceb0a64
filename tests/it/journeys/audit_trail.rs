//! What staff read and had done stands in the trail: who, what, when, whose; page by page, and nobody rewrites it.

use kit::scene::Scene;
use serde_json::{Value, json};

/// Entries of a page and where the next begins.
async fn page(scene: &Scene, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = scene
        .admin
        .client
        .get(&format!("/admin/audit-trail?{query}"))
        .await
        .expect(200);
    let next = answer["next"].as_str().map(str::to_owned);
    (answer["items"].as_array().unwrap().clone(), next)
}

fn whats(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["what"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn what_staff_read_and_had_done_stands_in_the_trail() {
    let scene = Scene::set().await;
    let admin = &scene.admin.client;
    let analyst = scene.platform.made_by(&scene.admin, "analyst").await;
    let email = url::form_urlencoded::byte_serialize(scene.patient.email.as_bytes()).collect::<String>();
    admin.get(&format!("/admin/search?q={email}")).await.expect(200);
    let booking = scene.booked_and_paid(Scene::urgent()).await;
    admin.get(&format!("/bookings/{booking}")).await.expect(200);
    admin
        .post("/admin/projections/bookings/rebuild", json!({"force": false}))
        .await
        .expect(200);
    admin
        .post(
            "/admin/projections/payouts/unpark",
            json!({"partition_key": "some-key"}),
        )
        .await
        .expect(200);
    let window = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"});
    admin.post("/admin/reconciliations", window).await.expect(200);
    assert_eq!(analyst.client.get("/exports/bookings").await.status, 200);
    // Asked for, though there is none: that it was tried stands there, too.
    let nothing = "/admin/intents/00000000-0000-4000-8000-000000000000/retry";
    admin
        .post(nothing, json!({}))
        .await
        .expect_problem(404, "not_found");

    let (all, end) = page(&scene, "").await;
    assert_eq!(
        whats(&all),
        [
            "retry_intent",
            "export",
            "reconcile",
            "unpark",
            "rebuild",
            "booking",
            "search_by_email",
            // The analyst, and the scene's two doctors and their clinic.
            "create_account",
            "create_account",
            "create_account",
            "create_account",
            // How the platform opened.
            "tot prices publish",
            "tot second-factor confirm",
            "tot second-factor enrol",
            "tot admin create"
        ]
    );
    assert_eq!(end, None);
    tells_who_did_what_to_whom(&all, [&scene.admin.id, &analyst.id, &scene.patient.id]);

    let (mut turned, mut cursor) = (Vec::new(), String::new());
    loop {
        let (entries, next) = page(&scene, &format!("limit=1{cursor}")).await;
        turned.extend(entries);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(turned, all);
    is_narrowed_and_refuses_what_it_does_not_know(&scene, &all, &analyst.id, &cursor).await;
    scene.finish().await;
}

fn tells_who_did_what_to_whom(all: &[Value], [admin, analyst, patient]: [&str; 3]) {
    assert_eq!(
        (&all[1]["account_id"], &all[1]["target"]),
        (&json!(analyst), &json!("bookings"))
    );
    assert_eq!(all[7]["target"], format!("analyst {analyst}"));
    assert_eq!(all[7]["account_id"], json!(admin));
    assert_eq!(all[3]["target"], "payouts some-key");
    assert_eq!(
        (&all[3]["channel"], &all[3]["result"]),
        (&json!("http"), &Value::Null)
    );
    assert_eq!(
        (&all[4]["kind"], &all[4]["account_id"]),
        (&json!("act"), &json!(admin))
    );
    assert_eq!(all[4]["trace_id"].as_str().unwrap().len(), 32);
    assert_eq!(
        (&all[5]["kind"], &all[5]["subject_ids"]),
        (&json!("read"), &json!([patient]))
    );
}

async fn is_narrowed_and_refuses_what_it_does_not_know(
    scene: &Scene,
    all: &[Value],
    analyst: &str,
    cursor: &str,
) {
    let (acts, patient) = ("kind=act", format!("subject_id={}", scene.patient.id));
    assert_eq!(page(scene, acts).await.0, [&all[..5], &all[7..]].concat());
    assert_eq!(page(scene, &patient).await.0, all[5..7]);
    assert_eq!(
        page(scene, &format!("{patient}&{acts}")).await.0,
        [json!(null); 0]
    );
    assert_eq!(page(scene, &format!("account_id={analyst}")).await.0, all[1..2]);
    let at = all[2]["at"].as_str().unwrap();
    assert_eq!(page(scene, &format!("from={at}")).await.0, all[..3]);
    assert_eq!(page(scene, &format!("to={at}")).await.0, all[3..]);
    for wrong in [
        "kind=write",
        "account_id=x",
        "from=yesterday",
        "from=-009999-01-03T00:00:00Z",
        "what=export",
        "cursor=x",
        "from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z",
    ] {
        let path = format!("/admin/audit-trail?{wrong}");
        scene.admin.client.get(&path).await.expect_problem(422, "invalid");
    }
    for list in [
        "/admin/events",
        "/bookings",
        "/admin/ledger/accounts/clinic_revenue/entries",
    ] {
        let path = format!("{list}?from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z");
        let refused = scene.admin.client.get(&path).await;
        refused.expect_problem(422, "invalid");
    }
    let unknown = "/admin/projections/nix/unpark";
    scene
        .admin
        .client
        .post(unknown, json!({}))
        .await
        .expect_problem(404, "not_found");
    let path = format!("/admin/intents?limit=1{cursor}");
    scene.admin.client.get(&path).await.expect_problem(422, "invalid");
}

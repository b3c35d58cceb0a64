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

    let (requested, end) = page(&scene, "kind=act&result=requested").await;
    assert_eq!(
        whats(&requested),
        ["retry_intent", "export", "reconcile", "unpark", "rebuild"]
    );
    assert_eq!(end, None);
    let (reads, _) = page(&scene, "kind=read").await;
    assert_eq!(whats(&reads), ["booking", "search_by_email"]);
    let (made, _) = page(&scene, &format!("target={}", analyst.id)).await;
    let (opened, _) = page(&scene, "kind=act&account_id=019a8f0e-0000-7000-8000-00000000dead").await;
    assert_eq!((whats(&made), whats(&opened)), (vec!["create_account"], vec![]));
    let people = [&scene.admin.id, &analyst.id, &scene.patient.id].map(String::as_str);
    tells_who_did_what_to_whom(&requested, &reads, &made[0], people);

    let (all, _) = page(&scene, "kind=act&limit=200").await;
    let (mut turned, mut cursor) = (Vec::new(), String::new());
    loop {
        let (entries, next) = page(&scene, &format!("kind=act&limit=1{cursor}")).await;
        turned.extend(entries);
        let Some(next) = next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(turned, all);
    // How the platform opened.
    assert_eq!(
        whats(&all)[all.len() - 4..],
        [
            "tot prices publish",
            "tot second-factor confirm",
            "tot second-factor enrol",
            "tot admin create"
        ]
    );
    is_narrowed_and_refuses_what_it_does_not_know(&scene, &all, &analyst.id, &cursor).await;
    scene.finish().await;
}

fn tells_who_did_what_to_whom(
    requested: &[Value],
    reads: &[Value],
    made: &Value,
    [admin, analyst, patient]: [&str; 3],
) {
    let export = &requested[1];
    assert_eq!(
        (&export["account_id"], &export["role"], &export["target"]),
        (&json!(analyst), &json!("analyst"), &json!("bookings"))
    );
    assert_eq!(made["target_type"], "analyst_account");
    assert_eq!(
        (&made["account_id"], &made["result"]),
        (&json!(admin), &json!("done"))
    );
    assert_eq!(requested[3]["target"], "payouts some-key");
    assert_eq!(requested[3]["channel"], "http");
    assert_eq!(
        (&requested[4]["kind"], &requested[4]["account_id"]),
        (&json!("act"), &json!(admin))
    );
    assert_eq!(requested[4]["operation"], "admin_rebuild");
    for entry in requested.iter().chain(reads) {
        assert_eq!(entry["trace_id"].as_str().unwrap().len(), 32, "{entry}");
        assert_eq!(entry["address_hash"].as_str().unwrap().len(), 32, "{entry}");
    }
    let read = &reads[0];
    assert_eq!(
        (&read["kind"], &read["subject_ids"], &read["target_type"]),
        (&json!("read"), &json!([patient]), &json!("booking"))
    );
    assert_eq!(read["fields"], json!(["address", "phone", "name"]));
}

async fn is_narrowed_and_refuses_what_it_does_not_know(
    scene: &Scene,
    all: &[Value],
    analyst: &str,
    cursor: &str,
) {
    let by_analyst = page(scene, &format!("kind=act&account_id={analyst}")).await.0;
    assert_eq!(whats(&by_analyst), ["export"]);
    let (at, trace) = (
        all[2]["at"].as_str().unwrap(),
        all[2]["trace_id"].as_str().unwrap(),
    );
    assert_eq!(page(scene, &format!("kind=act&from={at}")).await.0, all[..3]);
    assert_eq!(
        page(scene, &format!("kind=act&limit=200&to={at}")).await.0,
        all[3..]
    );
    assert_eq!(page(scene, &format!("trace_id={trace}")).await.0, all[2..3]);
    let patient = format!("subject_id={}&kind=read", scene.patient.id);
    assert_eq!(
        whats(&page(scene, &patient).await.0),
        ["booking", "search_by_email"]
    );
    for wrong in [
        "kind=write",
        "result=good",
        "account_id=x",
        "target=",
        "trace_id=x",
        "address_hash=ABCDEF",
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

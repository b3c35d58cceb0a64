//! Reports over HTTP and on the command line: what is asked wrongly is refused with the choices, and nobody's personal data come out.

use kit::scene::Scene;
use serde_json::{Value, json};

use crate::exports::files::{refused, visited};

/// How many reports there are.
const REPORTS: usize = 24;

/// An analyst's names of all reports.
async fn names(scene: &Scene) -> Vec<String> {
    let listed = scene.admin.client.get("/reports").await.expect(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), REPORTS);
    let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
    items.iter().map(name).collect()
}

#[tokio::test]
async fn a_report_that_is_asked_for_wrongly_is_refused_with_the_choices() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    let absent = admin
        .get("/reports/accounts")
        .await
        .expect_problem(404, "not_found");
    let detail = absent["detail"].as_str().unwrap();
    for name in names(&scene).await {
        assert!(detail.contains(&name), "{name}: {detail}");
    }

    let unknown = admin.get("/reports/funnel?colour=red").await;
    assert_eq!(unknown.pointers(), ["/query/colour"]);
    let choices = "there are from, to, clinic, doctor, call_type, method, limit, format";
    assert!(unknown.text.contains(choices), "{}", unknown.text);
    unknown.expect_problem(422, "invalid");
    let listed = admin.get("/reports?name=funnel").await;
    assert!(listed.text.contains("it takes none"), "{}", listed.text);
    listed.expect_problem(422, "invalid");

    let doctor = &scene.doctor.id;
    let foreign = admin
        .get(&format!(
            "/reports/refunds?doctor={doctor}&call_type=urgent&method=sbp"
        ))
        .await;
    assert_eq!(foreign.pointers(), ["/query/call_type", "/query/doctor"]);
    let choices = "the report refunds has no filter doctor; it has from, to, method, limit";
    assert!(foreign.text.contains(choices), "{}", foreign.text);
    foreign.expect_problem(422, "invalid");

    let wrong =
        "from=yesterday&to=2026-13-01&clinic=north&call_type=taxi&method=gold&limit=20001&format=xlsx";
    let wrong = admin.get(&format!("/reports/funnel?{wrong}")).await;
    let expected = ["call_type", "clinic", "format", "from", "limit", "method", "to"];
    assert_eq!(wrong.pointers(), expected.map(|name| format!("/query/{name}")));
    for choices in [
        "urgent, scheduled, consultation",
        "yookassa, sbp, wallet",
        "json, csv",
        "between 1 and 20000",
    ] {
        assert!(wrong.text.contains(choices), "{choices}: {}", wrong.text);
    }
    wrong.expect_problem(422, "invalid");
    for (period, at, code) in [
        ("from=2026-02-01&to=2026-01-31", "/query/to", "ends_first"),
        ("from=2006-01-01&to=2026-01-01", "/query/from", "too_long"),
    ] {
        let refused = admin.get(&format!("/reports/funnel?{period}")).await;
        assert_eq!(refused.body["errors"][0]["code"], code);
        assert_eq!(refused.pointers(), [at]);
        refused.expect_problem(422, "invalid");
    }
    scene.finish().await;
}

#[tokio::test]
async fn a_report_says_what_it_shows_and_a_limit_says_that_there_is_more() {
    let scene = visited().await;
    let admin = &scene.admin.client;
    let shown = admin.get("/reports/bookings_by_day").await.expect(200);
    // A visit of each kind that the scene has, requested today.
    let rows = shown["rows"].as_array().unwrap();
    let told: Vec<(&Value, &Value)> = rows
        .iter()
        .map(|row| (&row["status"], &row["bookings"]))
        .collect();
    assert_eq!(
        told,
        [(&json!("assigned"), &json!(1)), (&json!("cancelled"), &json!(1))]
    );
    let today = rows[0]["requested_date"].as_str().unwrap();
    assert_eq!(shown["to"], today, "the period ends today: {shown}");
    assert!(shown["from"].as_str().unwrap().ends_with("-01"), "{shown}");
    assert!(shown["as_of"].as_str().unwrap().ends_with('Z'), "{shown}");
    assert_eq!(shown["has_more"], false);

    let first = admin.get("/reports/bookings_by_day?limit=1").await.expect(200);
    assert_eq!(first["rows"], json!([rows[0]]));
    assert_eq!(first["has_more"], true);
    let elsewhere = "019a8f0e-0000-7000-8000-00000000dead";
    for (query, found) in [
        (format!("clinic={}", scene.clinic.id), 2),
        (format!("clinic={elsewhere}"), 0),
        ("call_type=scheduled".to_owned(), 2),
        ("call_type=urgent".to_owned(), 0),
        ("to=2025-01-31".to_owned(), 0),
    ] {
        let some = admin
            .get(&format!("/reports/bookings_by_day?{query}"))
            .await
            .expect(200);
        assert_eq!(some["rows"].as_array().unwrap().len(), found, "{query}");
    }
    let money = admin.get("/reports/income").await.expect(200);
    let taken = money["rows"][0]["taken"].as_str().unwrap();
    assert!(taken.ends_with(".00"), "rubles are exact text: {money}");
    scene.finish().await;
}

#[tokio::test]
async fn no_report_shows_whose_booking_it_was() {
    let scene = visited().await;
    let profile = scene.patient.client.get("/auth/me").await.expect(200);
    let mut personal: Vec<String> = ["id", "email", "phone", "first_name", "last_name"]
        .into_iter()
        .map(|member| profile[member].as_str().unwrap().to_owned())
        .collect();
    let key = scene.platform.pool().await;
    let pseudonym: String = sqlx::query_scalar("select patient_key from analytics.bookings limit 1")
        .fetch_one(&key)
        .await
        .unwrap();
    key.close().await;
    personal.push(pseudonym);
    for name in names(&scene).await {
        let shown = scene.admin.client.get(&format!("/reports/{name}")).await;
        for one in &personal {
            assert!(!shown.text.contains(one), "{name} shows {one}");
        }
        shown.expect(200);
    }
    scene.finish().await;
}

#[tokio::test]
async fn the_command_line_refuses_what_http_refuses_and_lists_what_there_is() {
    let scene = visited().await;
    let platform = &scene.platform;
    let listed = platform.tot(&["report", "--list"], "").await;
    let said = refused(platform, &["report", "accounts"]).await;
    for name in names(&scene).await {
        assert!(
            said.contains(&name) && listed.contains(&name),
            "{name}: {said}{listed}"
        );
    }
    let listed: Value =
        serde_json::from_str(&platform.tot(&["report", "--list", "--json"], "").await).unwrap();
    let over_http = scene.admin.client.get("/reports").await.expect(200);
    assert_eq!(listed, over_http["items"]);
    for (arguments, told) in [
        (&["report"][..], "--list"),
        (
            &["report", "books", "--from", "2026-01-01"],
            "the report books has no filter from; it has limit",
        ),
        (
            &["report", "funnel", "--method", "sbp"],
            "has no filter method; it has from, to, clinic",
        ),
        (
            &["report", "funnel", "--call-type", "taxi"],
            "urgent, scheduled, consultation",
        ),
        (
            &["report", "funnel", "--from", "2026-02-01", "--to", "2026-01-01"],
            "before it begins on 2026-02-01",
        ),
        (&["report", "funnel", "--format", "xlsx"], "table, csv, json"),
        (&["report", "funnel", "--limit", "0"], "1..=20000"),
        (
            &["report", "funnel", "--chart", "/nowhere/at/all.svg"],
            "/nowhere/at/all.svg cannot be written",
        ),
    ] {
        let said = refused(platform, arguments).await;
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
    let funnel = platform.tot(&["report", "funnel"], "").await;
    let english = over_http["items"].as_array().unwrap();
    let english = english.iter().find(|report| report["name"] == "funnel").unwrap();
    let title = english["title"]["en"].as_str().unwrap();
    assert!(funnel.starts_with(&format!("{title}\n")), "{funnel}");
    let russian = platform.tot(&["report", "funnel", "--lang", "ru"], "").await;
    assert!(russian.starts_with("Где заявки теряются по пути?\n"), "{russian}");
    let listed = platform.tot(&["report", "--list"], "").await;
    assert!(listed.contains(title) && !listed.contains("Где"), "{listed}");
    let listed = platform.tot(&["report", "--list", "--lang", "ru"], "").await;
    assert!(listed.contains("Где заявки теряются по пути?"), "{listed}");
    assert!(
        funnel.contains("as of 20") && funnel.contains("scheduled"),
        "{funnel}"
    );
    scene.finish().await;
}

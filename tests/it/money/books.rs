//! Our books against the providers': they agree after honest days, and say what happened behind our backs.

use kit::platform::Platform;
use kit::wait::until;
use serde_json::{Value, json};

use super::merchant_dashboard::{MerchantDashboard, rub};
use super::provider_fixture::{A_WHILE, CARD, FixtureOptions, ProviderFixture, id_of};

/// A comparison at the command line: its exit code, and the report.
pub async fn compared(platform: &Platform, arguments: &[&str]) -> (i32, Value) {
    let command = [&["reconcile", "--json"], arguments].concat();
    let output = platform.try_tot(&command, "").await;
    let said = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{told}"));
    (output.status.code().unwrap(), report)
}

/// What a report says happened, and what was done about it.
pub fn said(report: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = report["lines"].as_array().unwrap().iter();
    let mut said: Vec<_> = lines
        .map(|line| (word(&line["kind"]), word(&line["done"])))
        .collect();
    said.sort();
    said
}

pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(kind, done): &(&str, &str)| ((*kind).to_owned(), (*done).to_owned());
    expected.iter().map(owned).collect()
}

/// Nobody looks by plan within the test, and the shop asks for no receipts.
pub fn alone() -> FixtureOptions {
    let later = |name| (name, "7200".to_owned());
    FixtureOptions {
        variables: vec![
            later("TOT_PLAN_PAYMENT_LOOKS"),
            later("TOT_PLAN_TAIL_LOOKS"),
            later("TOT_PLAN_REPEAT_SECONDS"),
            ("TOT_RECEIPTS", "off".to_owned()),
        ],
        settings: json!({"shop": {"fiscalization": {"mode": "off"}}}),
        ..FixtureOptions::default()
    }
}

#[tokio::test]
async fn after_honest_days_there_are_no_differences_and_a_silent_provider_is_no_agreement() {
    let fixture = ProviderFixture::set().await;
    let (kept, by_card) = fixture.secured_by_card().await;
    fixture.visit(&kept, &["depart", "start", "complete"]).await;
    fixture.until(&by_card, "completed").await;
    let (called_off, by_code) = fixture.secured_by_code().await;
    fixture.visit(&called_off, &["depart"]).await;
    fixture.cancel_as_quoted(&called_off).await;
    fixture.urgent("yookassa").await;
    fixture.drain().await;
    let fixture = fixture.later(A_WHILE).await;
    fixture.until(&by_code, "partially_refunded").await;
    let platform = &fixture.scene.platform;

    let told = platform.try_tot(&["reconcile"], "").await;
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.ends_with("\n\n0 differences\n"), "{text}");
    assert_eq!(told.status.code(), Some(0), "{text}");
    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (0, vec![]), "{report}");
    let totals = report["totals"].as_array().unwrap();
    let total = |status: &str| {
        let found = totals.iter().find(|total| total["status"] == status);
        found.unwrap_or_else(|| panic!("{status} in {report}"))
    };
    let card = total("completed");
    assert_eq!(
        (&card["provider"], &card["captured"]),
        (&json!("yookassa"), &json!("1500.00"))
    );
    assert!(card["fees"].as_str().unwrap() > "0.00", "{card}");
    assert_eq!(total("partially_refunded")["refunded"], "1050.00");
    let csv = platform.tot(&["reconcile", "--format", "csv"], "").await;
    assert!(
        csv.starts_with("row,provider,status,payments,") && csv.contains("\r\ntotal,tbank,"),
        "{csv}"
    );

    // The shop's lists break off: what is not known is not called agreement, and nothing is lost.
    fixture
        .control
        .faults("payments.list", 0, json!({"kind": "error_before"}))
        .await;
    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (4, vec![]), "{report}");
    assert!(!report["gaps"].as_array().unwrap().is_empty());
    fixture.control.no_faults().await;
    assert_eq!(compared(platform, &[]).await.0, 0);
    let wrong = platform
        .try_tot(&["reconcile", "--from", "2026-11-02", "--to", "2026-11-01"], "")
        .await;
    assert_eq!(wrong.status.code(), Some(1));
    fixture.finish().await;
}

#[tokio::test]
async fn what_happened_behind_our_backs_is_adopted_or_told() {
    let fixture = ProviderFixture::with(alone()).await;
    let (platform, control) = (&fixture.scene.platform, &fixture.control);
    // The provider tells nothing any more.
    let (_, refunded) = fixture.urgent("yookassa").await;
    let (_, tampered) = fixture.urgent("yookassa").await;
    for payment in [&refunded, &tampered] {
        fixture.pay_by_card(payment).await;
        fixture.until(payment, "authorised").await;
    }
    let merchant_dashboard = MerchantDashboard::of_shop(platform);
    let there = control.shop_payment(id_of(&refunded)).await["id"].clone();
    control.delivery_faults("*", 0, json!({"kind": "drop"})).await;
    // In the dashboard: all of a hold is taken and a part given back; of another hold less is taken than was agreed.
    let capture = |id: &Value| format!("/payments/{}/capture", id.as_str().unwrap());
    merchant_dashboard
        .post(&capture(&there), json!({"amount": rub("1500.00")}))
        .await;
    merchant_dashboard
        .post("/refunds", json!({"payment_id": there, "amount": rub("700.00")}))
        .await;
    let other = control.shop_payment(id_of(&tampered)).await["id"].clone();
    merchant_dashboard
        .post(&capture(&other), json!({"amount": rub("900.00")}))
        .await;
    let (lost_booking, lost) = lost_payment(&fixture).await;
    foreign_payment(&fixture, &merchant_dashboard).await;
    control.quiet().await;
    platform.drain().await;

    let (code, report) = compared(platform, &[]).await;
    let expected = [
        ("foreign_payment", "nothing"),
        ("foreign_refund", "anomaly_open"),
        ("payment_differs", "anomaly_open"),
        ("unlinked_payment", "adopted"),
    ];
    assert_eq!((code, said(&report)), (3, pairs(&expected)), "{report:#}");
    fixture.until(&lost, "authorised").await;
    fixture.until_secured(&lost_booking).await;
    assert_eq!(fixture.anomalies(&refunded).await, ["foreign_refund"]);
    assert_eq!(fixture.anomalies(&tampered).await, ["amount_mismatch"]);
    until("operators to be told in the log", || async {
        let log = std::fs::read_to_string(platform.log(kit::platform::ALL)).unwrap();
        let told = |kind: &str| log.contains(&format!("\"anomaly.kind\":\"{kind}\""));
        (told("foreign_refund") && told("amount_mismatch")).then_some(())
    })
    .await;

    the_operators_tasks_are_settled(&fixture, &refunded, &tampered).await;

    let (code, report) = compared(platform, &[]).await;
    assert_eq!(code, 3, "what is foreign stays foreign");
    assert_eq!(
        said(&report),
        pairs(&[
            ("foreign_payment", "nothing"),
            ("foreign_refund", "settled"),
            ("payment_differs", "settled")
        ]),
        "{report:#}"
    );
    fixture.finish().await;
}

/// A payment that was made, but whose answer and notices were lost: it is ours. Answers its booking and the payment.
async fn lost_payment(fixture: &ProviderFixture) -> (String, Value) {
    let control = &fixture.control;
    control
        .fault("payments.create", json!({"kind": "drop_after"}))
        .await;
    let lost_booking = fixture.book(kit::scene::Scene::urgent()).await;
    let lost = fixture.begin(&lost_booking, "yookassa").await;
    let pair = json!({"key": "payment_id", "value": id_of(&lost)});
    until("the payment to be there", || async {
        (control.shop_payments(id_of(&lost)).await.len() == 1).then_some(())
    })
    .await;
    control
        .tell("/pay", json!({"metadata": pair, "card": CARD}))
        .await;
    (lost_booking, lost)
}

/// A payment that nobody here asked for.
async fn foreign_payment(fixture: &ProviderFixture, merchant_dashboard: &MerchantDashboard<'_>) {
    let foreign = json!({
        "amount": rub("42.00"), "capture": true, "payment_method_data": {"type": "bank_card"},
        "confirmation": {"type": "redirect", "return_url": "https://example.com"},
    });
    let foreign = merchant_dashboard.post("/payments", foreign).await;
    fixture
        .control
        .tell("/pay", json!({"payment": foreign["id"], "card": CARD}))
        .await;
}

/// An operator settles both anomalies, one over HTTP and one at the command line.
async fn the_operators_tasks_are_settled(fixture: &ProviderFixture, refunded: &Value, tampered: &Value) {
    let platform = &fixture.scene.platform;
    let admin = &fixture.scene.admin.client;
    platform.drain().await;
    let open = admin.get("/admin/anomalies?open=true&limit=1").await.expect(200);
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
    let next = open["next"].as_str().unwrap();
    let rest = admin
        .get(&format!("/admin/anomalies?limit=1&cursor={next}"))
        .await
        .expect(200);
    assert_eq!(rest["next"], Value::Null);
    let path = |payment: &Value, number: u32| format!("/admin/anomalies/{}/{number}/resolve", id_of(payment));
    let by_hand = json!({"resolution": "settled_by_hand"});
    let settled = admin
        .post_keyed(&path(refunded, 1), "settle-1", by_hand.clone())
        .await
        .expect(200);
    assert_eq!(settled["resolution"], "settled_by_hand");
    // The first word counts, asked again under its key or anew.
    let again = admin
        .post_keyed(&path(refunded, 1), "settle-1", by_hand.clone())
        .await;
    assert_eq!(again.header("idempotent-replayed"), "true");
    let otherwise = admin
        .post(&path(refunded, 1), json!({"resolution": "written_off"}))
        .await
        .expect(200);
    assert_eq!(otherwise["resolution"], "settled_by_hand");
    assert_eq!(fixture.count(refunded, "PaymentAnomalyResolved").await, 1);
    admin
        .post(&path(refunded, 2), by_hand.clone())
        .await
        .expect_problem(404, "not_found");
    admin
        .post(&path(tampered, 1), json!({"resolution": "so"}))
        .await
        .expect_problem(422, "invalid");
    let listed = platform.tot(&["anomalies", "list"], "").await;
    assert!(
        listed.contains("amount_mismatch") && !listed.contains("foreign_refund"),
        "{listed}"
    );
    platform.sign_in_operator(&fixture.scene.admin.email).await;
    let told = [
        "anomalies",
        "resolve",
        id_of(tampered),
        "1",
        "--resolution",
        "accepted",
    ];
    platform.tot(&told, "").await;
    let waiting = admin
        .get_after("/admin/anomalies", settled["position"].as_i64().unwrap())
        .await;
    until("nothing to wait for an operator", || async {
        let open = admin.get("/admin/anomalies").await.expect(200);
        (open["items"] == json!([])).then_some(())
    })
    .await;
    waiting.expect(200);
}

#[tokio::test]
async fn every_night_the_books_are_compared_once_and_an_admin_reads_the_report() {
    let nightly = ("TOT_RECONCILE_AT", "03:00 Europe/Moscow".to_owned());
    let fixture = ProviderFixture::with(FixtureOptions {
        variables: vec![nightly],
        ..FixtureOptions::default()
    })
    .await;
    // Two more processes that could do it as well.
    let others = [
        fixture.scene.platform.spawn("intents").await,
        fixture.scene.platform.spawn("intents").await,
    ];
    fixture.secured_by_card().await;
    let list = "/admin/reconciliations?limit=200";
    let waiting = until("the next night to be known", || async {
        let admin = &fixture.scene.admin.client;
        let listed = admin.get(list).await.expect(200);
        listed["items"].as_array().unwrap().first().cloned()
    })
    .await;
    assert_eq!(
        (&waiting["origin"], &waiting["state"]),
        (&json!("nightly"), &json!("waiting"))
    );

    let fixture = fixture.later(24 * 60 * 60).await;
    let admin = &fixture.scene.admin.client;
    let done = until("the night's comparison", || async {
        let listed = admin.get(list).await.expect(200);
        let items = listed["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["state"] == "done")
    })
    .await;
    assert_eq!(
        (&done["id"], &done["result"]),
        (&waiting["id"], &json!("clean")),
        "{done}"
    );
    assert_eq!(done["asked_by"], Value::Null);

    an_admin_asks_for_a_window(&fixture, &done).await;

    let listed = admin.get(list).await.expect(200);
    let nights = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["origin"] == "nightly");
    assert!(nights.clone().all(|night| night["state"] != "failed"), "{listed}");
    assert_eq!(nights.filter(|night| night["id"] == waiting["id"]).count(), 1);
    for other in others {
        other.stop().await;
    }
    fixture.finish().await;
}

/// An admin asks for a window of their own; it is answered at once and carried out behind.
async fn an_admin_asks_for_a_window(fixture: &ProviderFixture, done: &Value) {
    let admin = &fixture.scene.admin.client;
    let request = json!({"from": done["from"], "to": done["to"]});
    let asked = admin.post("/admin/reconciliations", request).await;
    let path = asked.header("location").trim_start_matches("/api/v1").to_owned();
    let asked = asked.expect(200);
    assert_eq!(
        (&asked["origin"], &asked["asked_by"]),
        (&json!("admin"), &json!(fixture.scene.admin.id))
    );
    let kept = until("the admin's comparison", || async {
        let kept = admin.get(&path).await.expect(200);
        (kept["state"] == "done").then_some(kept)
    })
    .await;
    assert_eq!(
        (&kept["result"], &kept["report"]["differences"]),
        (&json!("clean"), &json!(0))
    );
    let csv = admin.get(&format!("{path}?format=csv")).await;
    assert!(csv.header("content-type").starts_with("text/csv"), "{csv:?}");
    assert!(csv.text.contains("\r\ntotal,yookassa,"), "{}", csv.text);
    let by_header = admin
        .send(reqwest::Method::GET, &path, None, &[("accept", "text/csv")])
        .await;
    assert_eq!(by_header.text, csv.text);
    let backwards = json!({"from": done["to"], "to": done["from"]});
    let refused = admin.post("/admin/reconciliations", backwards).await;
    assert_eq!(refused.pointers(), ["/to"]);
}

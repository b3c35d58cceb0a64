//! What we paid out against the gateway's statement: it agrees after honest days, and says what happened behind our backs.

use kit::database;
use kit::wait::until;
use serde_json::{Value, json};

use super::books::{alone, compared, pairs, said};
use super::merchant_dashboard::{MerchantDashboard, rub};
use super::payouts::{BANK, PHONE, SHARE, at_the_gateway, ends, name_doctors_destination, run};
use super::provider_fixture::{FixtureOptions, ProviderFixture};
use super::withdrawals::name_patients_destination;

/// The patient takes so much out of the wallet; answers the payout's id.
async fn withdraw(fixture: &ProviderFixture, amount: &str) -> Value {
    let request = json!({"amount": amount, "phone": PHONE, "bank_id": BANK});
    let patient = &fixture.scene.patient.client;
    let sent = patient
        .post_once("/wallet/withdrawals", request)
        .await
        .expect(200);
    sent["id"].clone()
}

/// The same, and nobody knows what became of it.
async fn withdraw_in_vain(fixture: &ProviderFixture, amount: &str, fault: &str) -> Value {
    let answer = json!({"kind": fault});
    fixture.control.fault("payouts.create", answer).await;
    let id = withdraw(fixture, amount).await;
    let path = format!("/payouts/{}", id.as_str().unwrap());
    until("the gateway's answer to be missed", || async {
        let seen = fixture.scene.patient.client.get(&path).await.expect(200);
        (seen["checking"] == true).then_some(())
    })
    .await;
    id
}

/// A payout that somebody makes in the gateway's dashboard; `of` is what it says that it is of ours.
async fn in_the_dashboard(fixture: &ProviderFixture, amount: &str, of: Option<&Value>) -> Value {
    let mut request = json!({
        "amount": rub(amount), "description": "By hand",
        "payout_destination_data": {"type": "sbp", "phone": "79990001122", "bank_id": BANK},
    });
    if let Some(of) = of {
        request["metadata"] = json!({"payout_id": of});
    }
    MerchantDashboard::of_gateway(&fixture.scene.platform)
        .post("/payouts", request)
        .await
}

/// The kinds of anomalies recorded of a payout.
async fn anomalies(fixture: &ProviderFixture, payout: &Value) -> Vec<String> {
    let pool = fixture.scene.platform.pool().await;
    let facts = database::facts(&pool).await;
    pool.close().await;
    let anomalies = facts.iter().filter(|fact| {
        fact.event_type == "PayoutAnomalyRecorded" && fact.aggregate_id == payout.as_str().unwrap()
    });
    anomalies
        .map(|fact| fact.body["anomaly"]["kind"].as_str().unwrap().to_owned())
        .collect()
}

/// The line about this payout.
fn line_of<'a>(report: &'a Value, payout: &Value, kind: &str) -> &'a Value {
    let mut lines = report["lines"].as_array().unwrap().iter();
    let line = lines.find(|line| line["payout_id"] == *payout && line["kind"] == kind);
    line.unwrap_or_else(|| panic!("no {kind} of {payout} in {report:#}"))
}

#[tokio::test]
async fn after_honest_payouts_there_are_no_differences_and_a_silent_gateway_is_no_agreement() {
    let mut fixture = ProviderFixture::set().await;
    let (booking, _) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    name_doctors_destination(&mut fixture).await;
    name_patients_destination(&mut fixture).await;
    let (doctor, patient) = (&fixture.scene.doctor.client, &fixture.scene.patient.client);
    let earned = run(&fixture).await["payout_id"].clone();
    let withdrawn = withdraw(&fixture, "500.00").await;
    fixture.drain().await;
    ends(doctor, &earned, "paid").await;
    ends(patient, &withdrawn, "paid").await;
    fixture.control.set(json!({"gateway": {"balance": 0}})).await;
    let in_vain = withdraw(&fixture, "100.00").await;
    fixture.drain().await;
    ends(patient, &in_vain, "cancelled").await;
    let platform = &fixture.scene.platform;

    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (0, vec![]), "{report}");
    assert_eq!(
        report["gateways"],
        json!([{"provider": "yookassa", "payouts": 3}])
    );
    assert_eq!(SHARE, "1200.00");
    assert_eq!(
        report["payout_totals"],
        json!([
            {"provider": "yookassa", "status": "cancelled", "currency": "RUB", "payouts": 1, "amount": "100.00"},
            {"provider": "yookassa", "status": "paid", "currency": "RUB", "payouts": 2, "amount": "1700.00"},
        ])
    );
    let text = platform.tot(&["reconcile"], "").await;
    assert!(
        text.contains("payouts   amount") && text.contains("1700.00"),
        "{text}"
    );
    assert!(text.ends_with("\n\n0 differences\n"), "{text}");
    let csv = platform.tot(&["reconcile", "--format", "csv"], "").await;
    assert!(csv.contains("\r\npayout_total,yookassa,paid,"), "{csv}");

    // The gateway's statement breaks off, or is refused: that is no agreement, and payments are compared all the same.
    let broken_off = json!({"kind": "error_before"});
    fixture.control.faults("payouts.list", 0, broken_off).await;
    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (4, vec![]), "{report}");
    let gaps = report["gaps"].as_array().unwrap();
    assert!(
        !gaps.is_empty() && gaps.iter().all(|gap| gap["what"] == "payouts"),
        "{report}"
    );
    assert!(
        report["compared"][0]["payments"].as_u64().unwrap() > 0,
        "{report}"
    );
    fixture.control.no_faults().await;
    fixture
        .control
        .set(json!({"gateway": {"secret": "test_other"}}))
        .await;
    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (4, vec![]), "{report}");
    let why = report["gaps"][0]["why"].as_str().unwrap();
    assert!(why.contains("invalid_credentials"), "{report}");
    let secret = platform.variable("TOT_YOOKASSA_GATEWAY_SECRET");
    fixture.control.set(json!({"gateway": {"secret": secret}})).await;
    assert_eq!(compared(platform, &[]).await.0, 0);
    fixture.finish().await;
}

#[tokio::test]
async fn what_a_gateway_did_behind_our_backs_is_adopted_or_told() {
    let mut fixture = ProviderFixture::with(alone()).await;
    name_patients_destination(&mut fixture).await;
    let (platform, patient) = (&fixture.scene.platform, &fixture.scene.patient.client);
    // Nobody tells us anything.
    let drop = json!({"kind": "drop"});
    fixture.control.delivery_faults("*", 0, drop).await;
    let doubled = withdraw(&fixture, "500.00").await;
    ends(patient, &doubled, "paid").await;
    let behind = ended_unheard(&fixture).await;
    // One was made, but its answer was lost. One never reached the gateway, and something else stands there in its name.
    let lost = withdraw_in_vain(&fixture, "300.00", "drop_after").await;
    let tampered = withdraw_in_vain(&fixture, "400.00", "reset_before").await;
    in_the_dashboard(&fixture, "4.00", Some(&tampered)).await;
    // A second one for the same money, one of somebody else, and one that calls itself ours.
    let second = in_the_dashboard(&fixture, "500.00", Some(&doubled)).await;
    let foreign = in_the_dashboard(&fixture, "42.00", None).await;
    let nobodys = json!("019a8f0e-7000-7c3e-9a51-1f2d3c4b5a69");
    in_the_dashboard(&fixture, "43.00", Some(&nobodys)).await;
    fixture.drain().await;

    let (code, report) = compared(platform, &[]).await;
    let expected = [
        ("foreign_payout", "nothing"),
        ("payout_differs", "anomaly_open"),
        ("payout_differs", "recorded"),
        ("second_payout", "anomaly_open"),
        ("unknown_reference", "nothing"),
        ("unlinked_payout", "adopted"),
    ];
    assert_eq!((code, said(&report)), (3, pairs(&expected)), "{report:#}");
    let differs = line_of(&report, &tampered, "payout_differs");
    assert_eq!(
        (&differs["ours"]["amount"], &differs["theirs"]["amount"]),
        (&json!("400.00"), &json!("4.00"))
    );
    assert_eq!(
        line_of(&report, &doubled, "second_payout")["provider_id"],
        second["id"]
    );
    assert_eq!(
        line_of(&report, &Value::Null, "foreign_payout")["provider_id"],
        foreign["id"]
    );
    line_of(&report, &nobodys, "unknown_reference");
    line_of(&report, &lost, "unlinked_payout");
    for payout in [&behind, &lost] {
        ends(patient, payout, "paid").await;
    }
    assert_eq!(anomalies(&fixture, &tampered).await, ["amount_mismatch"]);
    assert_eq!(anomalies(&fixture, &doubled).await, ["second_payment"]);
    until("operators to be told in the log", || async {
        let log = std::fs::read_to_string(platform.log(kit::platform::ALL)).unwrap();
        let told = |kind: &str| log.contains(&format!("\"anomaly.kind\":\"{kind}\""));
        (told("second_payment") && told("amount_mismatch")).then_some(())
    })
    .await;

    settled_by_an_operator(&fixture, doubled.as_str().unwrap()).await;
    let (code, report) = compared(platform, &[]).await;
    let left = [
        ("foreign_payout", "nothing"),
        ("payout_differs", "anomaly_open"),
        ("second_payout", "settled"),
        ("unknown_reference", "nothing"),
    ];
    assert_eq!((code, said(&report)), (3, pairs(&left)), "{report:#}");
    read_by_an_admin(&fixture, &report, &second).await;
    fixture.finish().await;
}

/// A withdrawal that ends at the gateway without our being told.
async fn ended_unheard(fixture: &ProviderFixture) -> Value {
    let platform = &fixture.scene.platform;
    fixture.control.set(json!({"gateway": {"outcome": "wait"}})).await;
    let behind = withdraw(fixture, "600.00").await;
    let there = until("the gateway to have it", || async {
        let all = at_the_gateway(fixture).await;
        all.into_iter()
            .find(|payout| payout["metadata"]["payout_id"] == behind)
    })
    .await;
    platform.drain().await;
    let end = format!("/payouts/{}", there["id"].as_str().unwrap());
    fixture.control.tell(&end, json!({"outcome": "succeeded"})).await;
    fixture
        .control
        .set(json!({"gateway": {"outcome": "succeed"}}))
        .await;
    behind
}

/// An operator settles the payout's anomaly; what was mended is told no more.
async fn settled_by_an_operator(fixture: &ProviderFixture, payout: &str) {
    let platform = &fixture.scene.platform;
    platform.sign_in_operator(&fixture.scene.admin.email).await;
    let settle = |how: &'static str| {
        let words = ["anomalies", "resolve", payout, "1", "--resolution", how];
        async move { platform.tot(&words, "").await }
    };
    assert!(settle("settled_by_hand").await.contains("settled_by_hand"));
    let again = settle("written_off").await;
    assert!(
        again.contains("settled_by_hand"),
        "the first word counts: {again}"
    );
}

/// An admin asks for the same window and reads the same, as a table too.
async fn read_by_an_admin(fixture: &ProviderFixture, report: &Value, second: &Value) {
    let admin = &fixture.scene.admin.client;
    let request = json!({"from": report["from"], "to": report["to"]});
    let asked = admin.post("/admin/reconciliations", request).await;
    let path = asked.header("location").trim_start_matches("/api/v1").to_owned();
    let kept = until("the admin's comparison", || async {
        let kept = admin.get(&path).await.expect(200);
        (kept["state"] == "done").then_some(kept)
    })
    .await;
    assert_eq!(said(&kept["report"]), said(report), "{kept:#}");
    assert_eq!(kept["report"]["payout_totals"], report["payout_totals"]);
    let csv = admin.get(&format!("{path}?format=csv")).await.text;
    let of_second = csv
        .lines()
        .find(|row| row.contains(second["id"].as_str().unwrap()));
    assert!(
        of_second.is_some_and(|row| row.contains("second_payout,settled")),
        "{csv}"
    );
    assert!(csv.contains("\r\npayout_total,yookassa,paid,"), "{csv}");
}

#[tokio::test]
async fn without_a_payout_gateway_none_is_asked_and_the_report_says_so() {
    let without = |name| (name, String::new());
    let fixture = ProviderFixture::with(FixtureOptions {
        variables: vec![
            without("TOT_YOOKASSA_GATEWAY_ID"),
            without("TOT_YOOKASSA_GATEWAY_SECRET"),
        ],
        ..FixtureOptions::default()
    })
    .await;
    fixture.secured_by_card().await;
    fixture.drain().await;
    let platform = &fixture.scene.platform;
    let (code, report) = compared(platform, &[]).await;
    assert_eq!((code, said(&report)), (0, vec![]), "{report}");
    assert_eq!(
        (&report["gateways"], &report["payout_totals"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(fixture.control.count("payouts.list.200").await, 0);
    let text = platform.tot(&["reconcile"], "").await;
    assert!(text.contains("No payout gateway is set up"), "{text}");
    fixture.finish().await;
}

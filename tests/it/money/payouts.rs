//! Money to doctors and out of wallets, through a payout gateway that answers late, twice, wrongly or not at all.

use kit::client::Client;
use kit::wait::until;
use reqwest::Method;
use serde_json::{Value, json};

use super::provider_fixture::{A_WHILE, FixtureOptions, ProviderFixture};

pub const PHONE: &str = "+79995550123";
pub const BANK: &str = "100000000111";
/// What an urgent visit of 1500.00 leaves its doctor.
pub const SHARE: &str = "1200.00";

/// A doctor who has come to an urgent visit paid by card, and named a bank account.
pub async fn earned(settings: Value) -> ProviderFixture {
    let wanted = FixtureOptions {
        variables: vec![("TOT_PLAN_REPEAT_SECONDS", "10".to_owned())],
        settings,
        ..FixtureOptions::default()
    };
    let mut fixture = ProviderFixture::with(wanted).await;
    let (booking, _) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    assert_eq!(
        available(&fixture.scene.doctor.client).await,
        SHARE,
        "the visit earned"
    );
    name_doctors_destination(&mut fixture).await;
    fixture
}

/// The doctor has an app from now on, and a bank account that was named a day ago.
pub async fn name_doctors_destination(fixture: &mut ProviderFixture) {
    let scene = &mut fixture.scene;
    scene.doctor = scene.platform.with_second_factor(&scene.doctor).await;
    name_destination(&scene.doctor.client).await;
    scene.platform.rest_bank_accounts().await;
}

pub async fn name_destination(owner: &Client) {
    let request = json!({"phone": PHONE, "bank_id": BANK});
    let named = owner
        .send(
            Method::PUT,
            "/me/payout-destination",
            Some(request.to_string()),
            &[],
        )
        .await
        .expect(200);
    assert_eq!(named["phone"], "+7******0123");
}

pub async fn available(owner: &Client) -> String {
    let wallet = owner.get("/wallet").await.expect(200);
    wallet["available"].as_str().unwrap().to_owned()
}

/// Runs the payouts of this week; answers the doctor's line.
pub async fn run(fixture: &ProviderFixture) -> Value {
    let report = fixture
        .scene
        .admin
        .client
        .post_once("/admin/payouts/run", json!({"through": today(fixture).await}))
        .await;
    let report = report.expect(200);
    let items = report["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "every doctor has one line: {report}");
    let doctor = fixture.scene.doctor.id.as_str();
    let line = items.iter().find(|line| line["doctor_id"] == doctor);
    line.unwrap().clone()
}

/// The day it is, by which a run names its week.
async fn today(fixture: &ProviderFixture) -> String {
    fixture.scene.platform.now().await.to_string()[..10].to_owned()
}

/// Looks at a payout, as its owner, until it has this status.
pub async fn ends(owner: &Client, payout: &Value, status: &str) -> Value {
    let id = payout.as_str().unwrap();
    until(&format!("the payout to be {status}"), || async {
        let seen = owner.get(&format!("/payouts/{id}")).await.expect(200);
        (seen["status"] == status).then_some(seen)
    })
    .await
}

pub async fn at_the_gateway(fixture: &ProviderFixture) -> Vec<Value> {
    fixture.control.all("payouts").await
}

#[tokio::test]
async fn a_completed_visit_earns_its_doctor_and_the_weekly_run_pays_once() {
    let fixture = earned(json!({})).await;
    let (doctor, admin) = (&fixture.scene.doctor.client, &fixture.scene.admin.client);
    let dry = admin
        .post_once(
            "/admin/payouts/run",
            json!({"through": today(&fixture).await, "dry_run": true}),
        )
        .await
        .expect(200);
    assert_eq!(
        (&dry["dry_run"], &dry["items"][0]["amount"]),
        (&json!(true), &json!(SHARE))
    );
    assert_eq!(available(doctor).await, SHARE, "nothing was asked for");

    let line = run(&fixture).await;
    assert_eq!(
        (&line["outcome"], &line["amount"]),
        (&json!("requested"), &json!(SHARE))
    );
    assert_eq!(line["payout_id"], dry["items"][0]["payout_id"]);
    assert_eq!(available(doctor).await, "0.00");
    fixture.drain().await;
    let paid = ends(doctor, &line["payout_id"], "paid").await;
    assert_eq!(
        (&paid["purpose"], &paid["amount"]),
        (&json!("doctor_earnings"), &json!(SHARE))
    );
    let there = at_the_gateway(&fixture).await;
    assert_eq!(there.len(), 1);
    let told = &there[0];
    assert_eq!(
        (&told["phone"], &told["bank_id"]),
        (&json!("79995550123"), &json!(BANK))
    );

    let again = run(&fixture).await;
    assert_eq!(
        (&again["outcome"], &again["code"]),
        (&json!("already_this_week"), &json!("paid"))
    );
    let output = fixture
        .scene
        .platform
        .tot(&["payouts", "list", "--status", "paid"], "")
        .await;
    assert!(
        output.contains(SHARE) && output.contains(&fixture.scene.doctor.id),
        "{output}"
    );
    fixture.drain().await;
    assert_eq!(at_the_gateway(&fixture).await.len(), 1);

    stands_in_the_log(&fixture).await;
    // What a doctor gets is not the patient's to read.
    let bookings = fixture.scene.patient.client.get("/bookings").await.expect(200);
    let id = bookings["items"][0]["id"].as_str().unwrap().to_owned();
    let history = fixture
        .scene
        .patient
        .client
        .get(&format!("/bookings/{id}/history"))
        .await
        .expect(200);
    assert!(!history.to_string().contains("BookingEarned"));
    fixture.finish().await;
}

/// The money's whole way stands in the log; the number it went to does not.
async fn stands_in_the_log(fixture: &ProviderFixture) {
    let pool = fixture.scene.platform.pool().await;
    let facts = kit::database::facts(&pool).await;
    pool.close().await;
    for name in [
        "BookingEarned",
        "WalletEarned",
        "PayoutRequested",
        "WalletPaidOut",
        "PayoutPaid",
    ] {
        assert_eq!(
            facts.iter().filter(|fact| fact.event_type == name).count(),
            1,
            "{name}"
        );
    }
    for fact in &facts {
        assert!(
            !fact.body.to_string().contains("9995550123"),
            "{}",
            fact.event_type
        );
    }
}

#[tokio::test]
async fn case_30_a_payout_without_funds_comes_back_and_is_paid_by_the_next_run_after_the_top_up() {
    let fixture = earned(json!({"gateway": {"balance": 0}})).await;
    let doctor = &fixture.scene.doctor.client;
    let line = run(&fixture).await;
    fixture.drain().await;
    let cancelled = ends(doctor, &line["payout_id"], "cancelled").await;
    assert_eq!(cancelled["code"], "insufficient_funds", "the doctor sees why");
    assert_eq!(available(doctor).await, SHARE, "and has it back");
    let destination = doctor.get("/me/payout-destination").await.expect(200);
    assert!(destination["doubtful"].is_null(), "the account is not to blame");

    fixture
        .control
        .set(json!({"gateway": {"balance": 1_000_000}}))
        .await;
    let next = run(&fixture).await;
    assert_eq!(next["outcome"], "requested");
    assert_ne!(next["payout_id"], line["payout_id"]);
    fixture.drain().await;
    ends(doctor, &next["payout_id"], "paid").await;
    assert_eq!(available(doctor).await, "0.00");
    let succeeded = at_the_gateway(&fixture).await;
    assert_eq!(succeeded.len(), 2, "one in vain, one paid");
    fixture.finish().await;
}

#[tokio::test]
async fn a_reply_that_is_lost_or_a_500_before_or_after_makes_no_second_payout() {
    for fault in ["drop_after", "error_before", "error_after", "reset_before"] {
        let fixture = earned(json!({})).await;
        // Nobody tells either: what became of it is found out by asking alone.
        fixture
            .control
            .delivery_faults("payout.succeeded", 0, json!({"kind": "drop"}))
            .await;
        fixture
            .control
            .faults("payouts.create", 2, json!({"kind": fault}))
            .await;
        let line = run(&fixture).await;
        fixture.drain().await;
        let seen = fixture
            .scene
            .doctor
            .client
            .get(&format!("/payouts/{}", line["payout_id"].as_str().unwrap()))
            .await;
        let seen = seen.expect(200);
        assert_eq!(
            (&seen["status"], &seen["checking"]),
            (&json!("pending"), &json!(true)),
            "{fault}"
        );
        let fixture = fixture.later(A_WHILE).await.later(A_WHILE).await;
        ends(&fixture.scene.doctor.client, &line["payout_id"], "paid").await;
        assert_eq!(
            at_the_gateway(&fixture).await.len(),
            1,
            "{fault}: one key, one payout"
        );
        fixture.finish().await;
    }
}

#[tokio::test]
async fn after_23_hours_nothing_is_sent_again_and_the_search_tells() {
    for (fault, ends_as, code) in [
        ("drop_after", "paid", Value::Null),
        ("reset_before", "cancelled", json!("not_created")),
    ] {
        let fixture = earned(json!({})).await;
        fixture
            .control
            .delivery_faults("payout.succeeded", 0, json!({"kind": "drop"}))
            .await;
        fixture
            .control
            .faults("payouts.create", 1, json!({"kind": fault}))
            .await;
        let line = run(&fixture).await;
        fixture.drain().await;
        let fixture = fixture.later(23 * 3_600 + 60).await;
        fixture.drain().await;
        let seen = ends(&fixture.scene.doctor.client, &line["payout_id"], ends_as).await;
        assert_eq!(seen["code"], code, "{fault}");
        assert_eq!(fixture.control.count("payouts.search.200").await, 1, "{fault}");
        let there = at_the_gateway(&fixture).await;
        assert_eq!(there.len(), usize::from(ends_as == "paid"), "{fault}");
        let left = available(&fixture.scene.doctor.client).await;
        assert_eq!(left, if ends_as == "paid" { "0.00" } else { SHARE }, "{fault}");
        fixture.finish().await;
    }
}

#[tokio::test]
async fn a_bank_account_that_cannot_be_paid_into_must_be_named_again() {
    let fixture =
        earned(json!({"gateway": {"outcome": "cancel", "reason": "recipient_not_found", "seconds": 5}}))
            .await;
    let doctor = &fixture.scene.doctor.client;
    let line = run(&fixture).await;
    fixture.drain().await;
    ends(doctor, &line["payout_id"], "pending").await;
    let fixture = fixture.later(A_WHILE).await;
    let doctor = &fixture.scene.doctor.client;
    let seen = ends(doctor, &line["payout_id"], "cancelled").await;
    assert_eq!(seen["code"], "recipient_not_found");
    fixture.drain().await;
    let destination = doctor.get("/me/payout-destination").await.expect(200);
    assert_eq!(destination["doubtful"], "recipient_not_found");
    let skipped = run(&fixture).await;
    assert_eq!(
        (&skipped["outcome"], &skipped["code"]),
        (&json!("destination_doubtful"), &json!("recipient_not_found"))
    );
    fixture
        .control
        .set(json!({"gateway": {"outcome": "succeed", "seconds": 0}}))
        .await;
    name_destination(doctor).await;
    let line = run(&fixture).await;
    fixture.drain().await;
    ends(doctor, &line["payout_id"], "paid").await;
    fixture.finish().await;
}

#[tokio::test]
async fn what_a_visit_earned_rests_a_day_before_the_weekly_run_takes_it() {
    let wanted = FixtureOptions {
        earning_rest_hours: 24,
        ..FixtureOptions::default()
    };
    let fixture = ProviderFixture::with(wanted).await;
    let (booking, _) = fixture.secured_by_card().await;
    fixture.visit(&booking, &["depart", "start", "complete"]).await;
    fixture.drain().await;
    let mut fixture = fixture.later(23 * 3_600).await;
    name_doctors_destination(&mut fixture).await;
    let doctor = &fixture.scene.doctor.client;
    let wallet = doctor.get("/wallet").await.expect(200);
    let shown = [&wallet["balance"], &wallet["resting"], &wallet["available"]];
    assert_eq!(shown, [SHARE, SHARE, "0.00"]);
    assert_eq!(run(&fixture).await["outcome"], "below_minimum");

    let fixture = fixture.later(3_600).await;
    let line = run(&fixture).await;
    assert_eq!(
        (&line["outcome"], &line["amount"]),
        (&json!("requested"), &json!(SHARE))
    );
    fixture.drain().await;
    ends(&fixture.scene.doctor.client, &line["payout_id"], "paid").await;
    fixture.finish().await;
}

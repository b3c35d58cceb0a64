//! A patient's withdrawals, and a payout that an operator has to settle.

use kit::wait::until;
use serde_json::{Value, json};

use super::merchant_dashboard::{MerchantDashboard, rub};
use super::payouts::{BANK, PHONE, SHARE, at_the_gateway, available, earned, ends, name_destination, run};
use super::provider_fixture::ProviderFixture;

/// The patient has an app from now on, and a bank account that was named a day ago.
pub async fn name_patients_destination(fixture: &mut ProviderFixture) {
    let scene = &mut fixture.scene;
    scene.patient = scene.platform.with_second_factor(&scene.patient).await;
    name_destination(&scene.patient.client).await;
    scene.platform.rest_bank_accounts().await;
}

#[tokio::test]
async fn a_patient_withdraws_what_the_wallet_holds_and_no_more() {
    let mut fixture = ProviderFixture::set().await;
    let scene = &mut fixture.scene;
    scene.patient = scene.platform.with_second_factor(&scene.patient).await;
    let patient = &fixture.scene.patient.client;
    let withdraw = |request: Value| patient.post_once("/wallet/withdrawals", request);
    withdraw(json!({"amount": "100.00"}))
        .await
        .expect_problem(409, "no_payout_destination");
    let odd = withdraw(json!({"amount": "100.00", "phone": PHONE})).await;
    assert_eq!(odd.pointers(), ["/bank_id"]);
    odd.expect_problem(422, "invalid");
    let stranger = json!({"amount": "100.00", "phone": PHONE, "bank_id": "999999999999"});
    withdraw(stranger).await.expect_problem(409, "unknown_bank");
    let banks = patient.get("/sbp-banks").await.expect(200);
    assert!(
        banks["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|bank| bank["bank_id"] == BANK)
    );

    let once = json!({"amount": "19000.00", "phone": PHONE, "bank_id": BANK});
    withdraw(once.clone())
        .await
        .expect_problem(409, "destination_resting");
    fixture.scene.platform.rest_bank_accounts().await;
    let sent = patient
        .post_keyed("/wallet/withdrawals", "the-same", once.clone())
        .await
        .expect(200);
    let again = patient
        .post_keyed("/wallet/withdrawals", "the-same", once)
        .await
        .expect(200);
    assert_eq!(sent["id"], again["id"], "asked twice, sent once");
    assert_eq!(available(patient).await, "1000.00");
    withdraw(json!({"amount": "1000.01", "phone": PHONE, "bank_id": BANK}))
        .await
        .expect_problem(409, "insufficient_funds");
    fixture.drain().await;
    let paid = ends(patient, &sent["id"], "paid").await;
    assert_eq!(paid["purpose"], "wallet_withdrawal");
    assert_eq!(at_the_gateway(&fixture).await.len(), 1);

    // What the gateway refuses comes back.
    fixture.control.set(json!({"gateway": {"balance": 0}})).await;
    name_destination(patient).await;
    let sent = withdraw(json!({"amount": "1000.00"})).await.expect(200);
    fixture.drain().await;
    ends(patient, &sent["id"], "cancelled").await;
    assert_eq!(available(patient).await, "1000.00");
    let own = patient.get("/payouts?status=cancelled").await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let id = sent["id"].as_str().unwrap();
    fixture
        .scene
        .doctor
        .client
        .get(&format!("/payouts/{id}"))
        .await
        .expect_problem(404, "not_found");
    fixture.finish().await;
}

#[tokio::test]
async fn a_second_payout_under_one_name_waits_for_an_operator_who_says_how_it_was_settled() {
    let fixture = earned(json!({})).await;
    let admin = &fixture.scene.admin.client;
    let id = run(&fixture).await["payout_id"].clone();
    fixture.drain().await;
    ends(&fixture.scene.doctor.client, &id, "paid").await;
    assert_eq!(
        admin.get("/admin/anomalies").await.expect(200)["items"],
        json!([])
    );

    let destination = json!({"type": "sbp", "phone": "79995550123", "bank_id": BANK});
    let request =
        json!({"amount": rub(SHARE), "payout_destination_data": destination, "metadata": {"payout_id": id}});
    let double = MerchantDashboard::of_gateway(&fixture.scene.platform)
        .post("/payouts", request)
        .await;
    fixture.drain().await;
    let waits = until("the anomaly to be listed", || async {
        let page = admin.get("/admin/anomalies").await.expect(200);
        let items = page["items"].as_array().unwrap().clone();
        (!items.is_empty()).then_some(items)
    })
    .await;
    let [waits] = waits.try_into().unwrap();
    assert_eq!(
        (
            &waits["subject"],
            &waits["subject_id"],
            &waits["kind"],
            &waits["provider_id"]
        ),
        (&json!("payout"), &id, &json!("second_payment"), &double["id"])
    );
    let log = std::fs::read_to_string(fixture.scene.platform.log(kit::platform::ALL)).unwrap();
    assert!(
        log.contains(&format!("\"payout.id\":{id}")),
        "operators are told in the log"
    );

    settled_by_hand(&fixture, id.as_str().unwrap()).await;
    fixture.drain().await;
    let listed = fixture.scene.platform.tot(&["anomalies", "list"], "").await;
    assert!(listed.contains("no anomalies"), "{listed}");
    let listed = fixture
        .scene
        .platform
        .tot(&["anomalies", "list", "--all"], "")
        .await;
    assert!(
        listed.contains("payout") && listed.contains("settled_by_hand"),
        "{listed}"
    );
    fixture.finish().await;
}

/// An operator says how the payout's anomaly was settled, and another one later says it otherwise.
async fn settled_by_hand(fixture: &ProviderFixture, payout: &str) {
    let path = format!("/admin/anomalies/{}/1/resolve", payout);
    let request = json!({"resolution": "settled_by_hand"});
    let settled = fixture.scene.admin.client.post(&path, request).await.expect(200);
    assert_eq!(
        (&settled["subject"], &settled["resolution"]),
        (&json!("payout"), &json!("settled_by_hand"))
    );
    // The first word counts, also from the command line.
    let told = ["anomalies", "resolve", payout, "1", "--resolution", "written_off"];
    let scene = &fixture.scene;
    scene.platform.sign_in_operator(&scene.admin.email).await;
    let said = fixture.scene.platform.tot(&told, "").await;
    assert!(said.contains("settled_by_hand"), "{said}");
}

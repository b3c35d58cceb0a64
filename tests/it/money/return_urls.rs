//! Each app has its patients back where it says, as far as the deployment allows; the address stays out of the log.

use kit::browser;
use kit::scene::Scene;
use serde_json::{Value, json};

use super::provider_fixture::{FixtureOptions, ProviderFixture, id_of};

const WEB: &str = "https://app.example/paid?visit=7&name=Zqreturn";
const PHONE: &str = "tot-patient://paid?name=Zqreturn";

async fn fixture() -> ProviderFixture {
    ProviderFixture::with(FixtureOptions {
        variables: vec![(
            "TOT_PAYMENT_RETURN_ALLOWED",
            "https://app.example,tot-patient:".to_owned(),
        )],
        ..FixtureOptions::default()
    })
    .await
}

#[tokio::test]
async fn each_payment_leads_back_where_its_app_said() {
    let fixture = fixture().await;
    let patient = &fixture.scene.patient.client;
    let booking = fixture.book(Scene::urgent()).await;
    let by_card = json!({"booking_id": booking, "payment_method": "card", "return_url": WEB});
    let payment = patient.post("/payments", by_card).await.expect(200);
    let page = fixture.page(&payment).await;
    let done = page
        .press("Оплатить", &[("number", super::provider_fixture::CARD)])
        .await;
    assert_eq!((done.status, done.leads_to.as_deref()), (303, Some(WEB)));
    fixture.until_secured(&booking).await;

    let deposit = json!({"amount": "500.00", "payment_method": "sbp", "return_url": WEB});
    let deposit = patient.post_once("/wallet/deposits", deposit).await.expect(200);
    let bank = browser::open(deposit["qr_payload"].as_str().unwrap()).await;
    let done = bank.press("Оплатить", &[]).await;
    assert!(
        done.html.contains("https://app.example/paid?visit=7&amp;name"),
        "{}",
        done.html
    );

    // A browser of this sandbox follows no app's scheme; what matters is that the bank has it.
    let deposit = json!({"amount": "500.00", "payment_method": "sbp", "return_url": PHONE});
    let deposit = patient.post_once("/wallet/deposits", deposit).await.expect(200);
    let there = fixture.control.bank_payment(id_of(&deposit)).await;
    assert_eq!(there["success_url"], PHONE, "{there}");

    let pool = fixture.scene.platform.pool().await;
    for table in ["public.events", "identity.vault"] {
        assert!(!kit::markers::holds(&pool, table, "Zqreturn").await, "{table}");
    }
    pool.close().await;
    fixture.finish().await;
}

#[tokio::test]
async fn an_address_that_the_deployment_did_not_allow_is_refused_and_nothing_is_begun() {
    let fixture = fixture().await;
    let patient = &fixture.scene.patient.client;
    let booking = fixture.book(Scene::urgent()).await;
    for elsewhere in [
        "https://app.example.evil.example/",
        "http://app.example/",
        "tot-doctor://paid",
    ] {
        let pay = json!({"booking_id": booking, "payment_method": "card", "return_url": elsewhere});
        let refused = patient.post("/payments", pay).await;
        let problem: Value = refused.expect_problem(409, "return_url_not_allowed");
        assert!(!problem.to_string().contains("paid"), "{problem}");
        let deposit = json!({"amount": "500.00", "payment_method": "sbp", "return_url": elsewhere});
        let refused = patient.post_once("/wallet/deposits", deposit).await;
        refused.expect_problem(409, "return_url_not_allowed");
    }
    let payments = patient.get("/payments").await.expect(200);
    assert_eq!(payments["items"], json!([]));
    // The platform's own origin needs no setting.
    let ours = format!("{}/paid", fixture.scene.platform.url());
    let pay = json!({"booking_id": booking, "payment_method": "card", "return_url": ours});
    patient.post("/payments", pay).await.expect(200);
    fixture.finish().await;
}

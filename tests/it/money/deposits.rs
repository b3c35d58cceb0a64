//! Money that a patient puts into the own wallet by card or by code: in it once it is taken, out of it when it goes back.

use kit::browser;
use kit::scene::Scene;
use serde_json::{Value, json};

use super::provider_fixture::{ProviderFixture, id_of};

async fn deposit(fixture: &ProviderFixture, method: &str, amount: &str) -> Value {
    let request = json!({"amount": amount, "payment_method": method});
    let answer = fixture
        .scene
        .patient
        .client
        .post_once("/wallet/deposits", request)
        .await;
    let location = answer.header("location").to_owned();
    let payment = answer.expect(200);
    assert_eq!(location, format!("/api/v1/payments/{}", id_of(&payment)));
    assert_eq!(
        (&payment["purpose"], &payment["booking_id"], &payment["status"]),
        (&json!("deposit"), &Value::Null, &json!("pending"))
    );
    knows_its_link(fixture, &payment).await;
    payment
}

/// The position that an answer names is one at which what it shows was known.
async fn knows_its_link(fixture: &ProviderFixture, payment: &Value) {
    assert!(!payment["confirmation_url"].is_null() || !payment["qr_payload"].is_null());
    let path = format!("/admin/streams/payment/{}", id_of(payment));
    let facts = fixture.scene.admin.client.get(&path).await.expect(200);
    let facts = facts["items"].as_array().unwrap();
    let offered = facts
        .iter()
        .find(|fact| fact["type"] == "PaymentLinkOffered")
        .unwrap();
    assert!(
        offered["position"].as_i64() <= payment["position"].as_i64(),
        "offered at {}, answered at {}",
        offered["position"],
        payment["position"]
    );
}

async fn available(fixture: &ProviderFixture) -> Value {
    fixture.scene.patient.client.get("/wallet").await.expect(200)["available"].clone()
}

/// What stands on an account of the ledger, with everything that has happened.
async fn stands_on(fixture: &ProviderFixture, account: &str) -> String {
    fixture.drain().await;
    let accounts = fixture
        .scene
        .admin
        .client
        .get("/admin/ledger/accounts")
        .await
        .expect(200);
    let items = accounts["items"].as_array().unwrap();
    let found = items.iter().find(|item| item["account"] == account).unwrap();
    found["amount"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_deposit_by_card_pays_for_a_visit_and_is_an_advance_on_its_receipt() {
    let fixture = ProviderFixture::set().await;
    let payment = deposit(&fixture, "yookassa", "5000.00").await;
    assert_eq!(available(&fixture).await, "20000.00");
    fixture.pay_by_card(&payment).await;
    let paid = fixture.until(&payment, "completed").await;
    assert_eq!(paid["captured"], "5000.00");
    assert_eq!(available(&fixture).await, "25000.00");

    let patient = &fixture.scene.patient.client;
    fixture.drain().await;
    let entries = patient.get("/wallet/entries").await.expect(200);
    let newest = &entries["items"][0];
    assert_eq!(
        (&newest["kind"], &newest["amount"], &newest["payment_id"]),
        (&json!("deposited"), &json!("5000.00"), &paid["id"])
    );
    let held = fixture.scene.booked_and_paid(Scene::urgent()).await;
    assert_eq!(available(&fixture).await, "23500.00", "booking {held}");

    // The provider was told of a transfer, and its cash register of an advance.
    let all = fixture.control.all("payments").await;
    let there = all
        .iter()
        .find(|there| there["metadata"]["transfer_id"] == paid["id"])
        .unwrap();
    let receipts = fixture.control.receipts(there).await;
    assert_eq!(receipts.len(), 1, "{receipts:#?}");
    assert_eq!(receipts[0]["told"]["items"][0]["payment_mode"], "advance");

    // It is nobody else's, and nothing of it is held for a visit.
    let other = fixture.scene.platform.patient().await;
    let path = format!("/payments/{}", id_of(&payment));
    other.client.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(fixture.count(&payment, "PaymentAuthorised").await, 0);
    assert!(fixture.anomalies(&payment).await.is_empty());
    fixture.finish().await;
}

#[tokio::test]
async fn a_deposit_by_code_goes_back_as_far_as_it_is_still_there() {
    let fixture = ProviderFixture::set().await;
    let payment = deposit(&fixture, "sbp", "700.00").await;
    let patient = &fixture.scene.patient.client;
    let svg = patient
        .get(&format!("/payments/{}/qr.svg", id_of(&payment)))
        .await;
    assert_eq!(svg.status.as_u16(), 200);
    let bank = browser::open(payment["qr_payload"].as_str().unwrap()).await;
    bank.press("Оплатить", &[]).await;
    fixture.until(&payment, "completed").await;
    assert_eq!(available(&fixture).await, "20700.00");
    assert_eq!(stands_on(&fixture, "tbank_sbp_clearing").await, "700.00");

    let admin = &fixture.scene.admin.client;
    let refund = |amount: &str| json!({"amount": amount, "reason": "mistake"});
    let path = format!("/payments/{}/refund", id_of(&payment));
    admin
        .post_once(&path, refund("700.01"))
        .await
        .expect_problem(409, "exceeds_captured");
    admin.post_once(&path, refund("200.00")).await.expect(200);
    assert_eq!(
        available(&fixture).await,
        "20500.00",
        "it cannot be spent from now on"
    );
    fixture.drain().await;
    let fixture = fixture.later(super::provider_fixture::A_WHILE).await;
    fixture.until(&payment, "partially_refunded").await;
    assert_eq!(available(&fixture).await, "20500.00");
    assert_eq!(stands_on(&fixture, "tbank_sbp_clearing").await, "500.00");
    assert_eq!(stands_on(&fixture, "refunds_in_transit").await, "0.00");

    the_statement_tells_it_line_by_line(&fixture).await;
    the_command_line_tells_the_same(&fixture).await;
    fixture.finish().await;
}

/// The owner's statement, as the accountant reads it: page by page, and as a file.
async fn the_statement_tells_it_line_by_line(fixture: &ProviderFixture) {
    let admin = &fixture.scene.admin.client;
    let path = format!(
        "/admin/ledger/accounts/wallet_liability/entries?subject={}",
        fixture.scene.patient.id
    );
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("{path}&limit=2{cursor}")).await.expect(200);
        assert_eq!(
            (&page["opening_balance"], &page["closing_balance"]),
            (&json!("0.00"), &json!("-20500.00"))
        );
        lines.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let told: Vec<_> = lines
        .iter()
        .map(|line| ["kind", "amount", "balance"].map(|name| line[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["deposited", "-20000.00", "-20000.00"],
            ["deposited", "-700.00", "-20700.00"],
            ["returned", "200.00", "-20500.00"],
        ]
    );
    let file = admin.get(&format!("{path}&format=csv")).await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    let rows: Vec<&str> = file.text.lines().collect();
    assert_eq!(rows.len(), 1 + 1 + 3 + 1, "{}", file.text);
    assert!(rows[1].contains("opening_balance,,0.00,RUB"), "{}", file.text);
    assert!(rows[4].contains("returned,200.00,-20500.00,RUB"), "{}", file.text);
    assert!(
        rows[5].contains("closing_balance,,-20500.00,RUB"),
        "{}",
        file.text
    );

    let after = lines[1]["at"].as_str().unwrap();
    let later = admin.get(&format!("{path}&from={after}")).await.expect(200);
    assert_eq!(later["opening_balance"], "-20000.00");
    assert_eq!(later["items"].as_array().unwrap().len(), 2);
    admin
        .get("/admin/ledger/accounts/no_such_account/entries")
        .await
        .expect_problem(404, "not_found");
    let nobodys = format!(
        "/admin/ledger/accounts/clinic_revenue/entries?subject={}",
        fixture.scene.patient.id
    );
    admin.get(&nobodys).await.expect_problem(422, "invalid");

    let analyst = fixture
        .scene
        .platform
        .made_by(&fixture.scene.admin, "analyst")
        .await;
    analyst.client.get("/admin/ledger/accounts").await.expect(200);
    let revenue = "/admin/ledger/accounts/clinic_revenue/entries";
    analyst.client.get(revenue).await.expect(200);
    analyst.client.get(&path).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_deposit_outside_the_limits_is_refused_with_them() {
    let fixture = ProviderFixture::set().await;
    let patient = &fixture.scene.patient.client;
    for (method, amount, least, most) in [
        ("yookassa", "0.99", "1.00", "10000000.00"),
        ("sbp", "9.99", "10.00", "700000.00"),
        ("sbp", "700000.01", "10.00", "700000.00"),
    ] {
        let request = json!({"amount": amount, "payment_method": method});
        let answer = patient.post_once("/wallet/deposits", request).await;
        let problem = answer.expect_problem(409, "deposit_limit");
        assert_eq!(
            (&problem["least"]["amount"], &problem["most"]["amount"]),
            (&json!(least), &json!(most))
        );
    }
    let request = json!({"amount": "10000000.01", "payment_method": "yookassa"});
    patient
        .post_once("/wallet/deposits", request)
        .await
        .expect_problem(422, "invalid");
    fixture.finish().await;
}

/// `tot ledger` shows what HTTP shows, and says what is wrong with a question.
async fn the_command_line_tells_the_same(fixture: &ProviderFixture) {
    let platform = &fixture.scene.platform;
    let read = |said: String| serde_json::from_str::<Value>(&said).unwrap();
    let accounts = read(platform.tot(&["ledger", "accounts", "--json"], "").await);
    let shown = fixture
        .scene
        .admin
        .client
        .get("/admin/ledger/accounts")
        .await
        .expect(200);
    let sums = |accounts: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let accounts = accounts.as_array().unwrap().iter();
        accounts
            .map(|account| (text(&account["account"]), text(&account["amount"])))
            .collect()
    };
    assert_eq!(sums(&accounts), sums(&shown["items"]));
    let alone = platform.tot(&["ledger"], "").await;
    let (first, last) = (alone.lines().next().unwrap(), alone.lines().last().unwrap());
    assert!(first.starts_with("account"), "{alone}");
    let lines: i64 = accounts
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["lines"].as_i64().unwrap())
        .sum();
    let words: Vec<_> = last.split_whitespace().collect();
    assert_eq!(words, ["total", "0.00", &lines.to_string()], "{alone}");

    let whose = fixture.scene.patient.id.as_str();
    let question = ["ledger", "statement", "wallet_liability", "--subject", whose];
    let told = read(
        platform
            .tot(&[question.as_slice(), &["--json"]].concat(), "")
            .await,
    );
    assert_eq!(
        (&told["opening_balance"], &told["closing_balance"]),
        (&json!("0.00"), &json!("-20500.00"))
    );
    let kinds: Vec<_> = told["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["kind"])
        .collect();
    assert_eq!(kinds, ["deposited", "deposited", "returned"]);
    let table = platform.tot(&question, "").await;
    assert!(
        table.contains("closing balance") && table.contains("-20500.00"),
        "{table}"
    );

    for (question, mend) in [
        (["ledger", "statement", "petty_cash"].as_slice(), "there are "),
        (
            &["ledger", "statement", "clinic_revenue", "--subject", whose],
            "the platform's own account",
        ),
    ] {
        let refused = platform.try_tot(question, "").await;
        assert!(!refused.status.success());
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains(mend), "{said}");
    }
}

//! T-Bank: sessions, QR codes, states, refunds, signatures and notifications.

use serde_json::{Value, json};

use crate::kit::{TestSandbox, judge_bank_notice, signature, text};

async fn init(stage: &TestSandbox, order: &str, amount: i64) -> String {
    let request = json!({"Amount": amount, "OrderId": order, "Description": "Visit"});
    let session = stage.bank("Init", request).await;
    assert_eq!(session["Status"], "NEW");
    assert_eq!(session["Success"], true);
    text(&session, "/PaymentId")
}

async fn paid(stage: &TestSandbox, order: &str, amount: i64) -> String {
    let id = init(stage, order, amount).await;
    stage.bank("GetQr", json!({"PaymentId": id})).await;
    let done = stage.bank("SbpPayTest", json!({"PaymentId": id})).await;
    assert_eq!(done["Success"], true);
    id
}

async fn state(stage: &TestSandbox, id: &str) -> String {
    text(&stage.bank("GetState", json!({"PaymentId": id})).await, "/Status")
}

#[tokio::test]
async fn a_qr_is_shown_paid_and_told() {
    let stage = TestSandbox::start().await;
    let id = init(&stage, "order-1", 150_000).await;
    let qr = stage
        .bank("GetQr", json!({"PaymentId": id, "DataType": "PAYLOAD"}))
        .await;
    assert!(qr["PaymentId"].is_number(), "a number here, a text elsewhere");
    let link = text(&qr, "/Data");
    assert!(
        link.contains("?type=02&bank=") && link.contains("&sum=150000&cur=RUB&crc="),
        "{link}"
    );
    assert_eq!(state(&stage, &id).await, "FORM_SHOWED");
    let image = stage
        .bank("GetQr", json!({"PaymentId": id, "DataType": "IMAGE"}))
        .await;
    assert!(text(&image, "/Data").contains("<svg"));
    stage.bank("SbpPayTest", json!({"PaymentId": id})).await;
    assert_eq!(state(&stage, &id).await, "CONFIRMED");
    stage.quiet().await;
    let notices = stage.sink.notices();
    assert_eq!(stage.sink.events(), ["CONFIRMED"]);
    judge_bank_notice(&notices[0]);
    assert!(notices[0]["PaymentId"].is_number());
    let signed = signature(&notices[0], &stage.settings.terminal.password);
    assert_eq!(notices[0]["Token"], signed.as_str(), "signed over all scalars");
    let order = stage.bank("CheckOrder", json!({"OrderId": "order-1"})).await;
    assert_eq!(order["Payments"][0]["Success"], "true");
    assert_eq!(text(&order, "/Payments/0/SbpPaymentId").len(), 32);
}

#[tokio::test]
async fn a_qr_leads_to_the_sandbox_or_to_the_real_host() {
    let stage = TestSandbox::start().await;
    let id = init(&stage, "order-1", 1_000).await;
    let link = text(&stage.bank("GetQr", json!({"PaymentId": id})).await, "/Data");
    assert!(
        link.starts_with(&format!("{}/qr/", stage.sandbox.api_url)),
        "{link}"
    );
    stage.set(json!({"unsettled": {"qr_leads_to": "nspk"}})).await;
    let link = text(&stage.bank("GetQr", json!({"PaymentId": id})).await, "/Data");
    assert!(link.starts_with("https://qr.nspk.ru/A"), "{link}");
    let little = init(&stage, "order-2", 999).await;
    let refused = stage.bank("GetQr", json!({"PaymentId": little})).await;
    assert_eq!(refused["ErrorCode"], "3016");
}

#[tokio::test]
async fn signatures_and_terminals_are_checked() {
    let stage = TestSandbox::start().await;
    let mut request = json!({"TerminalKey": stage.settings.terminal.key, "Amount": 1_000, "OrderId": "o"});
    request["Token"] = json!(signature(&request, "other"));
    assert_eq!(stage.bank_raw("Init", &request).await["ErrorCode"], "204");
    request["Token"] = json!(signature(&request, &stage.settings.terminal.password));
    request["Amount"] = json!(1);
    assert_eq!(
        stage.bank_raw("Init", &request).await["ErrorCode"],
        "204",
        "changed after signing"
    );
    request["TerminalKey"] = json!("Stranger");
    assert_eq!(stage.bank_raw("Init", &request).await["ErrorCode"], "331");
    // Nested objects are not signed: they may change.
    let mut request = json!({"TerminalKey": stage.settings.terminal.key, "Amount": 1_000, "OrderId": "o"});
    request["Token"] = json!(signature(&request, &stage.settings.terminal.password));
    request["DATA"] = json!({"Phone": "+79000000000"});
    assert_eq!(stage.bank_raw("Init", &request).await["Success"], true);
}

#[tokio::test]
async fn a_refund_is_asynchronous_and_a_repeated_one_gives_back_twice() {
    let stage = TestSandbox::start().await;
    let id = paid(&stage, "order-1", 10_000).await;
    let first = stage
        .bank("Cancel", json!({"PaymentId": id, "Amount": 3_000}))
        .await;
    assert_eq!(first["Status"], "ASYNC_REFUNDING");
    assert_eq!(
        (&first["OriginalAmount"], &first["NewAmount"]),
        (&json!(10_000), &json!(7_000))
    );
    let meanwhile = stage
        .bank("Cancel", json!({"PaymentId": id, "Amount": 1_000}))
        .await;
    assert_eq!(meanwhile["ErrorCode"], "8");
    stage.advance(3).await;
    assert_eq!(state(&stage, &id).await, "PARTIAL_REFUNDED");
    stage
        .bank("Cancel", json!({"PaymentId": id, "Amount": 3_000}))
        .await;
    stage.advance(3).await;
    let refund = stage.bank("GetQrState", json!({"PaymentId": id})).await;
    assert_eq!(refund["Amount"], 6_000, "no idempotency: ask before repeating");
    let too_much = stage
        .bank("Cancel", json!({"PaymentId": id, "Amount": 4_001}))
        .await;
    assert_eq!(too_much["Success"], false);
    stage.bank("Cancel", json!({"PaymentId": id})).await;
    stage.advance(3).await;
    assert_eq!(state(&stage, &id).await, "REFUNDED");
}

#[tokio::test]
async fn a_refund_may_fail_and_says_why() {
    let stage = TestSandbox::start().await;
    stage.set(json!({"terminal": {"refund": "wait"}})).await;
    let id = paid(&stage, "order-1", 10_000).await;
    stage.bank("Cancel", json!({"PaymentId": id})).await;
    stage.advance(60 * 60).await;
    assert_eq!(state(&stage, &id).await, "ASYNC_REFUNDING");
    stage
        .tell(
            &format!("/bank-refunds/{id}"),
            json!({"outcome": "canceled", "reason": "I05043"}),
        )
        .await;
    let refund = stage.bank("GetQrState", json!({"PaymentId": id})).await;
    assert_eq!(
        (&refund["Status"], &refund["QrCancelCode"]),
        (&json!("CONFIRMED"), &json!("I05043"))
    );
    assert_eq!(refund["Amount"], 0);
}

#[tokio::test]
async fn sessions_are_closed_rejected_or_left_to_expire() {
    let stage = TestSandbox::start().await;
    let closed = init(&stage, "a", 1_000).await;
    assert_eq!(
        stage.bank("Cancel", json!({"PaymentId": closed})).await["Status"],
        "CANCELED"
    );
    let late = stage.bank("SbpPayTest", json!({"PaymentId": closed})).await;
    assert_eq!(late["ErrorCode"], "8");
    let rejected = init(&stage, "b", 1_000).await;
    let refusal = json!({"PaymentId": rejected, "IsRejected": true});
    stage.bank("SbpPayTest", refusal).await;
    assert_eq!(state(&stage, &rejected).await, "REJECTED");
    let flagged = init(&stage, "c", 1_000).await;
    let both = json!({"PaymentId": flagged, "IsRejected": true, "IsDeadlineExpired": true});
    assert_eq!(stage.bank("SbpPayTest", both).await["Success"], false);
    stage
        .bank(
            "SbpPayTest",
            json!({"PaymentId": flagged, "IsDeadlineExpired": true}),
        )
        .await;
    assert_eq!(state(&stage, &flagged).await, "DEADLINE_EXPIRED");
    let idle = init(&stage, "d", 1_000).await;
    stage.advance(24 * 60 * 60 + 1).await;
    assert_eq!(state(&stage, &idle).await, "DEADLINE_EXPIRED");
}

#[tokio::test]
async fn notifications_are_repeated_hourly_until_the_answer_is_exactly_ok() {
    let stage = TestSandbox::start().await;
    stage.sink.answer(&[(200, "ok"), (200, "<p>OK</p>"), (204, "")]);
    paid(&stage, "order-1", 10_000).await;
    stage.quiet().await;
    for expected in [2, 3, 4, 4] {
        stage.advance(60 * 60).await;
        stage.quiet().await;
        assert_eq!(stage.sink.events().len(), expected);
    }
}

#[tokio::test]
async fn resend_repeats_what_was_not_acknowledged() {
    let stage = TestSandbox::start().await;
    stage.sink.answer(&[(500, "")]);
    paid(&stage, "order-1", 10_000).await;
    stage.quiet().await;
    let resent = stage.bank("Resend", json!({})).await;
    assert_eq!(resent["Count"], 1);
    stage.quiet().await;
    assert_eq!(stage.sink.events(), ["CONFIRMED", "CONFIRMED"]);
}

#[tokio::test]
async fn after_a_day_notifications_go_on_daily_or_not_at_all() {
    for (month, attempts) in [(true, 54), (false, 25)] {
        let stage = TestSandbox::start().await;
        stage
            .set(json!({"unsettled": {"notify_for_a_month": month}}))
            .await;
        stage.sink.answer(&[(500, ""); 100]);
        paid(&stage, "order-1", 10_000).await;
        stage.advance(40 * 24 * 60 * 60).await;
        stage.quiet().await;
        let delivery = stage.look("/webhooks").await[0].clone();
        assert_eq!(delivery["state"], "given_up");
        let tried: &Vec<Value> = delivery["attempts"].as_array().unwrap();
        assert_eq!(tried.len(), attempts, "a month: {month}");
    }
}

#[tokio::test]
async fn a_repeated_order_makes_a_second_payment_or_not() {
    let stage = TestSandbox::start().await;
    let first = init(&stage, "order-1", 1_000).await;
    assert_ne!(init(&stage, "order-1", 1_000).await, first);
    let order = stage.bank("CheckOrder", json!({"OrderId": "order-1"})).await;
    assert_eq!(order["Payments"].as_array().unwrap().len(), 2);
    stage
        .set(json!({"unsettled": {"duplicate_order": "same_payment"}}))
        .await;
    let one = init(&stage, "order-2", 1_000).await;
    assert_eq!(init(&stage, "order-2", 1_000).await, one);
    stage
        .set(json!({"unsettled": {"duplicate_order": "refuse"}}))
        .await;
    let refused = stage
        .bank("Init", json!({"Amount": 1_000, "OrderId": "order-2"}))
        .await;
    assert_eq!(refused["Success"], false);
}

#[tokio::test]
async fn notifications_are_bare_or_full_and_signed_either_way() {
    let stage = TestSandbox::start().await;
    stage
        .set(json!({"unsettled": {"sbp_notification": "full"}}))
        .await;
    paid(&stage, "order-1", 1_000).await;
    stage.quiet().await;
    let full = &stage.sink.notices()[0];
    assert!(full["Pan"].is_string() && full["Data"].is_object(), "{full}");
    assert_eq!(
        full["Token"],
        signature(full, &stage.settings.terminal.password).as_str()
    );
}

#[tokio::test]
async fn a_lost_reply_leaves_a_payment_that_the_order_finds() {
    let stage = TestSandbox::start().await;
    stage.fault("tbank.Init", json!({"kind": "drop_after"})).await;
    let mut request = json!({"TerminalKey": stage.settings.terminal.key, "Amount": 1_000, "OrderId": "lost"});
    request["Token"] = json!(signature(&request, &stage.settings.terminal.password));
    let url = format!("{}/v2/Init", stage.sandbox.api_url);
    assert!(stage.http.post(url).json(&request).send().await.is_err());
    let order = stage.bank("CheckOrder", json!({"OrderId": "lost"})).await;
    assert_eq!(order["Payments"][0]["Status"], "NEW");
}

#[tokio::test]
async fn receipts_must_add_up_and_banks_are_listed() {
    let stage = TestSandbox::start().await;
    let item = |sum: i64| json!({"Name": "Visit", "Price": sum, "Quantity": 1, "Amount": sum, "Tax": "none"});
    let request = |sum: i64| {
        json!({
            "Amount": 1_000,
            "OrderId": "o",
            "Receipt": {"Email": "a@example.com", "Taxation": "osn", "Items": [item(sum)]},
        })
    };
    assert_eq!(stage.bank("Init", request(999)).await["ErrorCode"], "308");
    assert_eq!(stage.bank("Init", request(1_000)).await["Success"], true);
    stage
        .set(json!({"shop": {"fiscalization": {"mode": "payment_first"}}}))
        .await;
    let missing = stage.bank("Init", json!({"Amount": 1_000, "OrderId": "o"})).await;
    assert_eq!(missing["ErrorCode"], "309");
    let banks = stage
        .bank("GetQrBankList", json!({"Device": {"Type": "desktop"}}))
        .await;
    assert!(banks["BankList"].as_array().unwrap().len() > 3);
}

#[tokio::test]
async fn a_cash_register_tells_what_it_registered_of_a_payment_its_closing_and_its_refund() {
    let stage = TestSandbox::start().await;
    let receipt = |sum: i64, mode: &str| {
        let item = json!({
            "Name": "Visit", "Price": sum, "Quantity": 1, "Amount": sum, "Tax": "none", "PaymentMethod": mode,
        });
        json!({"Email": "a@example.com", "Taxation": "osn", "Items": [item]})
    };
    let request = json!({"Amount": 1_000, "OrderId": "o", "Receipt": receipt(1_000, "full_prepayment")});
    let id = text(&stage.bank("Init", request).await, "/PaymentId");
    stage.tell("/pay", json!({"order_id": "o"})).await;
    let close = |sum: i64| json!({"PaymentId": id, "Receipt": receipt(sum, "full_payment")});
    assert_eq!(
        stage.bank("SendClosingReceipt", close(1_001)).await["ErrorCode"],
        "308"
    );
    assert_eq!(
        stage.bank("SendClosingReceipt", close(300)).await["Success"],
        true
    );
    let back = json!({"PaymentId": id, "Amount": 700, "Receipt": receipt(700, "full_prepayment")});
    assert_eq!(stage.bank("Cancel", back).await["Status"], "ASYNC_REFUNDING");
    assert_eq!(
        stage.bank("SendClosingReceipt", close(300)).await["ErrorCode"],
        "8",
        "only while nothing has gone back"
    );
    stage.advance(60).await;
    stage.quiet().await;
    let mut notices = stage.sink.notices();
    notices.retain(|notice| notice["Status"] == "RECEIPT");
    notices.iter().for_each(judge_bank_notice);
    let told: Vec<_> = notices
        .iter()
        .map(|notice| {
            (
                notice["Type"].as_str().unwrap(),
                notice["Amount"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("Income", 1_000), ("Income", 300), ("IncomeReturn", 700)]);
    let password = &stage.settings.terminal.password;
    assert!(
        notices
            .iter()
            .all(|notice| notice["Token"] == signature(notice, password))
    );
}

#[tokio::test]
async fn a_session_may_name_its_own_address_and_lifetime() {
    let stage = TestSandbox::start().await;
    let elsewhere = crate::sink::Sink::open().await;
    let now: jiff::Timestamp = text(&stage.look("/clock").await, "/now").parse().unwrap();
    let due = |seconds: i64| (now + jiff::SignedDuration::from_secs(seconds)).to_string();
    let request = |seconds: i64| {
        json!({
            "Amount": 1_000,
            "OrderId": "order-1",
            "NotificationURL": elsewhere.url,
            "RedirectDueDate": due(seconds),
        })
    };
    assert_eq!(
        stage.bank("Init", request(30)).await["Success"],
        false,
        "too short"
    );
    let id = text(&stage.bank("Init", request(300)).await, "/PaymentId");
    stage.advance(301).await;
    assert_eq!(state(&stage, &id).await, "DEADLINE_EXPIRED");
    stage.quiet().await;
    assert_eq!(elsewhere.events(), ["DEADLINE_EXPIRED"]);
    assert!(stage.sink.events().is_empty());
}

//! The pages, clicked through as a browser would.

use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;

use crate::kit::{TestSandbox, by_sbp, card_hold, text};

/// A browser that shows redirects instead of following them.
fn browser() -> Client {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .unwrap()
}

async fn press(address: &str, fields: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    browser()
        .post(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn read(address: &str) -> String {
    let page = browser().get(address).send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    page.text().await.unwrap()
}

/// The first link to the payer's bank on a page.
fn bank_link(page: &str) -> String {
    let (_, from_link) = page.split_once("href=\"").expect("a link");
    let (link, _) = from_link.split_once('"').expect("its end");
    link.replace("&amp;", "&")
}

#[tokio::test]
async fn a_payer_pays_by_card_with_a_code_and_is_led_back() {
    let stage = TestSandbox::start().await;
    let mut request = card_hold("1500.00");
    request["description"] = json!("Visit <script>alert(1)</script>");
    let payment = stage.post("/payments", &request).await.ok();
    let (id, link) = (
        text(&payment, "/id"),
        text(&payment, "/confirmation/confirmation_url"),
    );
    let page = read(&link).await;
    assert!(
        page.contains("1500,00") && page.contains("Оплатить") && page.contains("Pay"),
        "{page}"
    );
    assert!(!page.contains("<script>"), "foreign text is text");
    assert!(!page.contains("/qr/"), "the shop asked for a card");
    let address = link.split('?').next().unwrap();
    let card = [
        ("orderId", id.as_str()),
        ("way", "card"),
        ("number", "5555 5555 5555 4477"),
    ];
    let code = press(address, &card).await.text().await.unwrap();
    assert!(code.contains("way\" value=\"confirmed\""), "{code}");
    assert_eq!(
        stage.get(&format!("/payments/{id}")).await.ok()["status"],
        "pending"
    );
    let confirmed = [
        ("orderId", id.as_str()),
        ("way", "confirmed"),
        ("number", "5555555555554477"),
    ];
    let back = press(address, &confirmed).await;
    assert_eq!(back.status().as_u16(), 303);
    assert_eq!(back.headers()["location"], "https://clinic.example/back");
    assert_eq!(
        stage.get(&format!("/payments/{id}")).await.ok()["status"],
        "waiting_for_capture"
    );
    assert!(
        read(&link).await.contains("Деньги удержаны"),
        "the page cannot be paid twice"
    );
}

#[tokio::test]
async fn a_declined_card_is_told_and_a_payer_may_refuse() {
    let stage = TestSandbox::start().await;
    for (way, number, reason) in [
        ("card", "5555555555554600", "insufficient_funds"),
        ("decline", "", "permission_revoked"),
    ] {
        let payment = stage.post("/payments", &card_hold("10.00")).await.ok();
        let (id, link) = (
            text(&payment, "/id"),
            text(&payment, "/confirmation/confirmation_url"),
        );
        let address = link.split('?').next().unwrap();
        let fields = [("orderId", id.as_str()), ("way", way), ("number", number)];
        let told = press(address, &fields).await.text().await.unwrap();
        assert!(
            told.contains(reason) && told.contains("https://clinic.example/back"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_qr_leads_to_the_bank_where_it_is_paid() {
    let stage = TestSandbox::start().await;
    let payment = stage.post("/payments", &by_sbp("10.00")).await.ok();
    let page = read(&text(&payment, "/confirmation/confirmation_url")).await;
    assert!(page.contains("<svg"), "a picture to scan");
    let link = bank_link(&page);
    let bank = read(&link).await;
    assert!(bank.contains("10,00") && bank.contains("Отклонить"), "{bank}");
    let paid = press(&link, &[("act", "pay")]).await.text().await.unwrap();
    assert!(paid.contains("succeeded"), "{paid}");
    let id = text(&payment, "/id");
    assert_eq!(
        stage.get(&format!("/payments/{id}")).await.ok()["status"],
        "succeeded"
    );
}

#[tokio::test]
async fn t_banks_form_leads_to_the_bank_which_refuses_three_times() {
    let stage = TestSandbox::start().await;
    let request = json!({"Amount": 1_000, "OrderId": "o-1", "SuccessURL": "https://clinic.example/ok"});
    let session = stage.bank("Init", request).await;
    let id = text(&session, "/PaymentId");
    let form = read(&text(&session, "/PaymentURL")).await;
    assert!(form.contains("10,00") && form.contains("Оплатить"), "{form}");
    let (_, action) = form.split_once("action=\"").unwrap();
    let link = format!("{}{}", stage.sandbox.api_url, action.split('"').next().unwrap());
    let state = async || stage.bank("GetState", json!({"PaymentId": id})).await["Status"].clone();
    assert_eq!(state().await, "FORM_SHOWED");
    for expected in ["FORM_SHOWED", "FORM_SHOWED", "REJECTED"] {
        press(&link, &[("act", "reject")]).await;
        assert_eq!(state().await, expected);
    }
    let late = read(&text(&session, "/PaymentURL")).await;
    assert!(late.contains("REJECTED"), "the form says how it stands: {late}");
    assert_eq!(state().await, "REJECTED");
}

#[tokio::test]
async fn a_lost_payer_is_told_so() {
    let stage = TestSandbox::start().await;
    for path in [
        "/qr/none",
        "/new/1",
        "/checkout/payments/v2/contract?orderId=none",
    ] {
        let page = browser()
            .get(format!("{}{path}", stage.sandbox.api_url))
            .send()
            .await
            .unwrap();
        assert_eq!(page.status().as_u16(), 404, "{path}");
    }
    assert!(read(&stage.sandbox.api_url).await.contains("Sandbox"));
}

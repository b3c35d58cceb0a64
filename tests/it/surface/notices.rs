//! Notices of payment providers, forged and in disguise, at a platform that is set up with keys.

use kit::client::{ApiResponse, Client};
use kit::platform::{ALL, Platform};
use reqwest::Method;
use serde_json::{Value, json};

/// One of YooKassa's published addresses, and one of T-Bank's.
const YOOKASSA: &str = "77.75.156.11";
const TBANK: &str = "91.194.226.1";
const STRANGER: &str = "198.51.100.1";

/// A platform with keys of both providers, behind one proxy of ours. Nobody answers at the providers' addresses.
async fn set_up() -> Platform {
    let mut platform = Platform::prepare().await;
    for (name, value) in [
        ("TOT_TRUSTED_PROXY_HOPS", "1"),
        ("TOT_YOOKASSA_SHOP_ID", "100500"),
        ("TOT_YOOKASSA_SECRET_KEY", "test_zqsecret"),
        ("TOT_YOOKASSA_API_URL", "http://127.0.0.1:9/v3"),
        ("TOT_TBANK_TERMINAL_KEY", "1234567890DEMO"),
        ("TOT_TBANK_PASSWORD", "zqpassword"),
        ("TOT_TBANK_API_URL", "http://127.0.0.1:9"),
    ] {
        platform.set(name, value);
    }
    platform.serve(ALL).await;
    platform
}

async fn told(client: &Client, provider: &str, seen: &str, notice: &Value) -> ApiResponse {
    let path = format!("/webhooks/{provider}");
    let headers = [("x-forwarded-for", seen)];
    client
        .send(Method::POST, &path, Some(notice.to_string()), &headers)
        .await
}

#[tokio::test]
async fn case_09_forged_notices_are_refused_wherever_they_pretend_to_come_from() {
    let mut platform = set_up().await;
    let anybody = platform.anonymous();
    let succeeded = json!({
        "type": "notification", "event": "payment.succeeded",
        "object": {"id": "2a9f0e4c-000f-5000-8000-1d0a6ad2c9d1", "status": "succeeded"},
    });
    let forged = json!({
        "TerminalKey": "1234567890DEMO", "OrderId": "1", "Success": true, "Status": "CONFIRMED", "PaymentId": 1,
        "ErrorCode": "0", "Amount": 150_000, "Token": "0".repeat(64),
    });
    for seen in [
        STRANGER,
        &format!("{YOOKASSA}, {STRANGER}"),
        "",
        "127.0.0.1",
        TBANK,
    ] {
        let answer = told(&anybody, "yookassa", seen, &succeeded).await;
        answer.expect_problem(403, "unknown_sender");
    }
    // From the bank's own network, but not signed with the terminal's password.
    for seen in [STRANGER, TBANK] {
        let answer = told(&anybody, "tbank", seen, &forged).await;
        answer.expect_problem(403, "unknown_sender");
    }
    for (provider, seen) in [("yookassa", YOOKASSA), ("tbank", TBANK)] {
        let answer = told(&anybody, provider, seen, &json!({"what": "ever"})).await;
        answer.expect_problem(422, "invalid");
    }
    platform.halt().await;
    let said = std::fs::read_to_string(platform.log(ALL)).unwrap();
    assert_eq!(said.matches("A notice was not believed").count(), 9, "{said}");
    for secret in ["zqsecret", "zqpassword"] {
        assert!(!said.contains(secret), "a secret was logged");
    }
}

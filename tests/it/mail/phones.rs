//! A number is proven by a code, and is then one account's: the latest prover's.

use kit::persona::Persona;
use kit::platform::Platform;
use provider_sandbox::{Mailbox, ReceivedMail};
use reqwest::Method;
use serde_json::{Value, json};

use super::{mail_to, nth_mail, prove, running};

const CODE: &str = "/auth/phone/code";
const CONFIRM: &str = "/auth/phone/confirm";
const SUBJECT: &str = "SMS";

async fn with_phone(platform: &Platform, phone: &str) -> Persona {
    let patient = platform.patient().await;
    set_phone(&patient, phone).await;
    patient
}

async fn set_phone(persona: &Persona, phone: &str) -> Value {
    let change = json!({"phone": phone}).to_string();
    let changed = persona
        .client
        .send(Method::PUT, "/auth/me", Some(change), &[])
        .await;
    changed.expect(200)
}

/// The six digits in a text message.
fn code_in(message: &ReceivedMail) -> String {
    let (_, rest) = message.text.split_once("код ").unwrap();
    rest[..6].to_owned()
}

async fn code_sent(mailbox: &Mailbox, persona: &Persona, phone: &str) -> String {
    let to = phone.trim_start_matches('+');
    let before = mail_to(mailbox, to, SUBJECT).len();
    persona.client.post(CODE, json!({})).await.expect(200);
    code_in(&nth_mail(mailbox, to, SUBJECT, before).await)
}

#[tokio::test]
async fn a_number_is_proven_by_a_code_and_moves_to_whoever_proves_it_last() {
    let (platform, mailbox) = running().await;
    let phone = "+79995550101";
    let first = with_phone(&platform, phone).await;
    prove(&mailbox, &first).await;
    let code = code_sent(&mailbox, &first, phone).await;
    let message = &mail_to(&mailbox, &phone[1..], SUBJECT)[0];
    assert_eq!(message.from, "TOT");
    assert!(message.text.starts_with("TOT: код "), "{}", message.text);
    assert!(message.text.encode_utf16().count() <= 70, "{}", message.text);
    let wrong = json!({"code": if code == "000000" { "000001" } else { "000000" }});
    first
        .client
        .post(CONFIRM, wrong)
        .await
        .expect_problem(403, "wrong_code");
    let malformed = first.client.post(CONFIRM, json!({"code": "ABCDE-FGHJK"})).await;
    let fault = malformed.expect_problem(422, "invalid");
    assert_eq!(fault["errors"][0]["code"], "not_a_code");
    let me = first
        .client
        .post(CONFIRM, json!({"code": code}))
        .await
        .expect(200);
    assert_eq!(me["phone_proven"], true);
    first
        .client
        .post(CONFIRM, json!({"code": code}))
        .await
        .expect_problem(403, "wrong_code");

    let second = with_phone(&platform, phone).await;
    let code = code_sent(&mailbox, &second, phone).await;
    first
        .client
        .post(CONFIRM, json!({"code": code}))
        .await
        .expect_problem(403, "wrong_code");
    let moved = second
        .client
        .post(CONFIRM, json!({"code": code}))
        .await
        .expect(200);
    assert_eq!(moved["phone_proven"], true);
    let me = first.client.get("/auth/me").await.expect(200);
    assert_eq!(
        (&me["phone"], &me["phone_proven"]),
        (&json!(phone), &json!(false))
    );
    let told = nth_mail(&mailbox, &first.email, "Phone number confirmed elsewhere", 0).await;
    assert!(!told.text.contains("5550101"), "{}", told.text);
    // Another number is not proven.
    assert_eq!(set_phone(&second, "+79995550102").await["phone_proven"], false);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn a_number_gets_so_many_codes_whoever_asks() {
    let (platform, mailbox) = running().await;
    let phone = "+79995550103";
    for _ in 0..3 {
        let asker = with_phone(&platform, phone).await;
        code_sent(&mailbox, &asker, phone).await;
    }
    let fourth = with_phone(&platform, phone).await;
    let limited = fourth.client.post(CODE, json!({})).await;
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((3_400..=3_600).contains(&wait), "{wait}");
    limited.expect_problem(429, "rate_limited");
    platform.advance(3_601).await;
    let fourth = platform.again(&fourth).await;
    code_sent(&mailbox, &fourth, phone).await;
    assert_eq!(mail_to(&mailbox, &phone[1..], SUBJECT).len(), 4);
    platform.finish().await;
    mailbox.stop().await;
}

#[tokio::test]
async fn without_a_gateway_or_a_number_there_is_no_code() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    for (path, body) in [(CODE, json!({})), (CONFIRM, json!({"code": "123456"}))] {
        let problem = patient
            .client
            .post(path, body)
            .await
            .expect_problem(409, "sms_not_configured");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("TOT_SMS_SENDER") && detail.contains("TOT_SMS_KEY"),
            "{detail}"
        );
    }
    platform.finish().await;
    let (platform, mailbox) = running().await;
    let request = json!({"email": "nora@example.com", "password": "amber-tunnel-violin", "first_name": "Нора", "last_name": "Иванова"});
    let session = platform
        .anonymous()
        .post("/auth/register", request)
        .await
        .expect(200);
    let client = platform
        .anonymous()
        .with_token(session["access_token"].as_str().unwrap());
    client.post(CODE, json!({})).await.expect_problem(409, "no_phone");
    platform.finish().await;
    mailbox.stop().await;
}

//! A sandbox with a receiver of its notifications, and clients that have every answer judged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use provider_sandbox::{Options, RunningSandbox, Sandbox, Settings};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::judge::{TBANK, YOOKASSA};
use crate::sink::Sink;

/// T-Bank's methods that its description does not describe.
const NOT_DESCRIBED: [&str; 1] = ["Resend"];

/// A running sandbox and its surroundings.
pub struct TestSandbox {
    pub sandbox: RunningSandbox,
    pub sink: Sink,
    pub http: Client,
    pub settings: Settings,
    keys: AtomicU64,
}

/// An answer of YooKassa's.
#[derive(Debug, Clone)]
pub struct ProviderResponse {
    pub status: u16,
    pub body: Value,
}

impl ProviderResponse {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// The field at fault of a 400.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.status, 400, "{:#}", self.body);
        assert_eq!(self.body["code"], "invalid_request");
        self.body["parameter"].as_str().unwrap_or_default().to_owned()
    }
}

/// A text field.
#[track_caller]
pub fn text(body: &Value, pointer: &str) -> String {
    body.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {body:#}"))
        .to_owned()
}

/// A sum in YooKassa's notation.
pub fn rub(value: &str) -> Value {
    json!({"value": value, "currency": "RUB"})
}

/// The body of a card payment that is held first.
pub fn card_hold(value: &str) -> Value {
    json!({
        "amount": rub(value),
        "payment_method_data": {"type": "bank_card"},
        "confirmation": {"type": "redirect", "return_url": "https://clinic.example/back"},
        "metadata": {"payment_id": "our-1"},
        "description": "Visit",
    })
}

/// The body of a payment through the fast payment system.
pub fn by_sbp(value: &str) -> Value {
    json!({
        "amount": rub(value),
        "capture": true,
        "payment_method_data": {"type": "sbp"},
        "confirmation": {"type": "redirect", "return_url": "https://clinic.example/back"},
    })
}

impl TestSandbox {
    /// Starts with the usual settings.
    pub async fn start() -> Self {
        let sink = Sink::open().await;
        let mut settings = Settings::default();
        settings.shop.webhook_url = Some(sink.url.clone());
        settings.gateway.webhook_url = Some(sink.url.clone());
        settings.terminal.notification_url = Some(sink.url.clone());
        let sandbox = Sandbox::start(Options {
            seed: Some(1),
            settings: settings.clone(),
            ..Options::default()
        })
        .await
        .unwrap();
        // A connection of its own for each request: a cut one must not be retried behind the test's back.
        let http = Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .unwrap();
        Self {
            sandbox,
            sink,
            http,
            settings,
            keys: AtomicU64::new(0),
        }
    }

    /// Asks YooKassa as the shop, with a key (a new one when none is told).
    pub async fn shop(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
    ) -> ProviderResponse {
        let shop = &self.settings.shop;
        self.ask(method, path, body, key, &shop.id, &shop.secret)
            .await
            .unwrap()
    }

    /// The same, when no answer may come.
    pub async fn try_shop(
        &self,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<ProviderResponse, reqwest::Error> {
        let shop = &self.settings.shop;
        self.ask(Method::POST, path, Some(body), Some(key), &shop.id, &shop.secret)
            .await
    }

    /// Posts as the shop under a new key.
    pub async fn post(&self, path: &str, body: &Value) -> ProviderResponse {
        self.shop(Method::POST, path, Some(body), None).await
    }

    /// Posts as the shop under this key.
    pub async fn post_keyed(&self, path: &str, body: &Value, key: &str) -> ProviderResponse {
        self.shop(Method::POST, path, Some(body), Some(key)).await
    }

    /// Gets as the shop.
    pub async fn get(&self, path: &str) -> ProviderResponse {
        self.shop(Method::GET, path, None, None).await
    }

    /// Asks YooKassa as the payout gateway.
    pub async fn gateway(&self, method: Method, path: &str, body: Option<&Value>) -> ProviderResponse {
        let gateway = &self.settings.gateway;
        self.ask(method, path, body, None, &gateway.id, &gateway.secret)
            .await
            .unwrap()
    }

    /// Asks YooKassa and has the answer judged.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
        id: &str,
        secret: &str,
    ) -> Result<ProviderResponse, reqwest::Error> {
        let fresh = format!("key-{}", self.keys.fetch_add(1, Ordering::SeqCst));
        let mut request = self
            .http
            .request(method.clone(), format!("{}/v3{path}", self.sandbox.api_url))
            .basic_auth(id, Some(secret));
        if method == Method::POST {
            request = request.header("Idempotence-Key", key.unwrap_or(&fresh));
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = request.send().await?;
        let status = reply.status().as_u16();
        let bytes = reply.bytes().await?;
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        judge(method.as_str(), path, status, &body);
        Ok(ProviderResponse { status, body })
    }

    /// Asks T-Bank, signed, and has the answer judged.
    pub async fn bank(&self, method: &str, fields: Value) -> Value {
        let mut body = fields;
        body["TerminalKey"] = json!(self.settings.terminal.key);
        body["Token"] = json!(signature(&body, &self.settings.terminal.password));
        self.bank_raw(method, &body).await
    }

    /// Asks T-Bank with this very body.
    pub async fn bank_raw(&self, method: &str, body: &Value) -> Value {
        let url = format!("{}/v2/{method}", self.sandbox.api_url);
        let reply = self.http.post(url).json(body).send().await.unwrap();
        assert_eq!(
            reply.status().as_u16(),
            200,
            "T-Bank answers 200 even when it refuses"
        );
        let answer: Value = reply.json().await.unwrap();
        judge_bank(method, &answer);
        answer
    }

    /// Tells the control surface something.
    pub async fn tell(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.sandbox.control_url);
        let reply = self.http.post(url).json(&body).send().await.unwrap();
        let status = reply.status();
        let answer: Value = reply.json().await.unwrap();
        assert!(status.is_success(), "{path} {body}: {answer}");
        answer
    }

    /// Lets this befall the next request of that name.
    pub async fn fault(&self, on: &str, fault: Value) {
        self.tell("/faults", json!({"on": on, "fault": fault})).await;
    }

    /// Lets this befall the next notification of that name.
    pub async fn delivery_fault(&self, on: &str, fault: Value) {
        self.tell("/webhooks/script", json!({"on": on, "fault": fault}))
            .await;
    }

    /// The payer declines on the payment's page.
    pub async fn decline(&self, id: &str) {
        let url = format!("{}/checkout/payments/v2/contract", self.sandbox.api_url);
        let request = self
            .http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        let page = request.body(format!("orderId={id}&way=decline")).send().await;
        assert_eq!(page.unwrap().status().as_u16(), 200);
    }

    /// Asks the control surface something.
    pub async fn look(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.sandbox.control_url);
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Changes settings.
    pub async fn set(&self, patch: Value) {
        let url = format!("{}/settings", self.sandbox.control_url);
        let reply = self.http.patch(url).json(&patch).send().await.unwrap();
        assert!(reply.status().is_success(), "{}", reply.text().await.unwrap());
    }

    /// Moves the clock.
    pub async fn advance(&self, seconds: i64) {
        self.tell("/clock/advance", json!({"seconds": seconds})).await;
    }

    /// Waits until every notification that is due has been delivered.
    pub async fn quiet(&self) {
        self.tell("/quiet", json!({})).await;
    }

    /// The payer pays with the usual card (or by what the shop asked for).
    pub async fn pay(&self, id: &str) -> Value {
        self.tell("/pay", json!({"payment": id})).await
    }

    /// A held payment.
    pub async fn held(&self, value: &str) -> String {
        let payment = self.post("/payments", &card_hold(value)).await.ok();
        let id = text(&payment, "/id");
        assert_eq!(self.pay(&id).await["status"], "waiting_for_capture");
        id
    }

    /// A charged card payment.
    pub async fn charged(&self, value: &str) -> String {
        let id = self.held(value).await;
        self.post(&format!("/payments/{id}/capture"), &json!({}))
            .await
            .ok();
        id
    }
}

/// Every answer of YooKassa's, judged. What its description forgets is judged by the schema of its kind.
fn judge(method: &str, path: &str, status: u16, body: &Value) {
    let Some(judge) = &*YOOKASSA else { return };
    let path = path.split('?').next().unwrap_or(path);
    let context = format!("{method} {path} {status}");
    match status {
        // Legacy, and absent from the description.
        202 => assert_eq!(body["type"], "processing"),
        405 | 415 => assert_eq!(*body, Value::Null, "no body is promised"),
        // The description points the 500 at the schema of the 429, whose code it cannot have.
        500 => {
            judge.check("/components/schemas/Error", body, &context);
            assert_eq!(body["code"], "internal_server_error");
        }
        404 => judge.check("/components/schemas/NotFound", body, &context),
        429 => judge.check("/components/schemas/TooManyRequests", body, &context),
        _ => {
            let pointer = judge
                .pointer_of(method, path, status)
                .unwrap_or_else(|| panic!("{context} is not described"));
            judge.check(&pointer, body, &context);
        }
    }
}

/// The object in a notification of YooKassa's, judged.
pub fn judge_notice(notice: &Value) {
    let Some(judge) = &*YOOKASSA else { return };
    let event = notice["event"].as_str().unwrap();
    let schema = match event.split('.').next() {
        Some("payment") => "Payment",
        Some("refund") => "Refund",
        Some("payout") => "Payout",
        other => panic!("an event about {other:?}"),
    };
    judge.check(&format!("/components/schemas/{schema}"), &notice["object"], event);
}

/// The notification of T-Bank's, judged.
pub fn judge_bank_notice(notice: &Value) {
    let Some(judge) = &*TBANK else { return };
    let schema = match notice["Status"].as_str() {
        Some("RECEIPT") => "NotificationFiscalization",
        _ => "NotificationPayment",
    };
    judge.check(&format!("/components/schemas/{schema}"), notice, schema);
}

fn judge_bank(method: &str, answer: &Value) {
    let Some(judge) = &*TBANK else { return };
    if answer["Success"] == json!(false) {
        // The description requires of refusals what only successes have; what they do have is judged here.
        assert!(
            answer["ErrorCode"].is_string() && answer["ErrorCode"] != "0",
            "{answer:#}"
        );
        assert!(answer["Message"].is_string(), "{answer:#}");
        return;
    }
    if NOT_DESCRIBED.contains(&method) {
        return;
    }
    let pointer = judge
        .pointer_of("POST", &format!("/v2/{method}"), 200)
        .or_else(|| judge.pointer_of("POST", &format!("/cashbox/{method}"), 200))
        .unwrap_or_else(|| panic!("{method} is not described"));
    judge.check(&pointer, answer, method);
}

/// T-Bank's signature, as a client computes it.
pub fn signature(body: &Value, password: &str) -> String {
    let mut parts = BTreeMap::from([("Password".to_owned(), password.to_owned())]);
    for (name, value) in body.as_object().unwrap() {
        let part = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        if name != "Token" {
            parts.insert(name.clone(), part);
        }
    }
    hex::encode(Sha256::digest(parts.into_values().collect::<String>()))
}

//! The sandbox's control surface: what tests script there, and what they look at.

use reqwest::Method;
use serde_json::{Value, json};

/// A proxy to the control surface.
#[derive(Clone, Debug)]
pub struct Control {
    http: reqwest::Client,
    url: String,
}

impl Control {
    /// The control surface at `url`.
    pub fn at(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            http,
            url: url.to_owned(),
        }
    }

    /// Asks for something, and answers the status with the body.
    pub async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if method != Method::GET {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Tells something, which must be done.
    pub async fn tell(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, &body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    /// Looks at something.
    pub async fn look(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Changes settings.
    pub async fn set(&self, patch: Value) {
        let (status, answer) = self.ask(Method::PATCH, "/settings", &patch).await;
        assert_eq!(status, 200, "{patch}: {answer}");
    }

    /// Lets the next request of an operation meet with a fault.
    pub async fn fault(&self, operation: &str, fault: Value) {
        self.faults(operation, 1, fault).await;
    }

    /// The same, for so many in a row; 0 means all that follow.
    pub async fn faults(&self, operation: &str, times: u32, fault: Value) {
        let rule = json!({"on": operation, "times": times, "fault": fault});
        self.tell("/faults", rule).await;
    }

    /// No more faults.
    pub async fn no_faults(&self) {
        let (status, _) = self.ask(Method::DELETE, "/faults", &Value::Null).await;
        assert_eq!(status, 200);
    }

    /// Notices go their way again.
    pub async fn no_delivery_faults(&self) {
        let (status, _) = self.ask(Method::DELETE, "/webhooks/script", &Value::Null).await;
        assert_eq!(status, 200);
    }

    /// Lets the next notice of an event go another way.
    pub async fn delivery_fault(&self, event: &str, delivery_fault: Value) {
        self.delivery_faults(event, 1, delivery_fault).await;
    }

    /// The same, for so many in a row; 0 means all that follow.
    pub async fn delivery_faults(&self, event: &str, times: u32, delivery_fault: Value) {
        let rule = json!({"on": event, "times": times, "fault": delivery_fault});
        self.tell("/webhooks/script", rule).await;
    }

    /// Waits until no notice is due or under way.
    pub async fn quiet(&self) {
        self.tell("/quiet", json!({})).await;
    }

    /// Every notice that was sent, with its attempts.
    pub async fn notices(&self) -> Vec<Value> {
        self.look("/webhooks").await.as_array().unwrap().clone()
    }

    /// The notices of one event.
    pub async fn notices_of(&self, event: &str) -> Vec<Value> {
        let mut all = self.notices().await;
        all.retain(|notice| notice["event"] == event);
        all
    }

    /// How often something happened: requests by operation and status, faults, notices.
    pub async fn count(&self, name: &str) -> u64 {
        self.look("/counters").await[name].as_u64().unwrap_or(0)
    }

    /// Moves the providers' clock.
    pub async fn advance(&self, seconds: i64) {
        self.tell("/clock/advance", json!({"seconds": seconds})).await;
    }

    /// Everything of a kind that the providers keep.
    pub async fn all(&self, kind: &str) -> Vec<Value> {
        let dump = self.look("/dump").await;
        dump[kind].as_array().unwrap().clone()
    }

    /// YooKassa's payments for one of ours.
    pub async fn shop_payments(&self, payment_id: &str) -> Vec<Value> {
        let mut all = self.all("payments").await;
        all.retain(|payment| payment["metadata"]["payment_id"] == payment_id);
        all
    }

    /// YooKassa's payment for one of ours; fails unless there is exactly one.
    pub async fn shop_payment(&self, payment_id: &str) -> Value {
        let mut found = self.shop_payments(payment_id).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    /// T-Bank's payments for one of ours.
    pub async fn bank_payments(&self, payment_id: &str) -> Vec<Value> {
        let order = payment_id.replace('-', "");
        let mut all = self.all("bank_payments").await;
        all.retain(|payment| payment["order_id"].as_str().unwrap().starts_with(&order));
        all
    }

    /// T-Bank's payment for one of ours; fails unless there is exactly one.
    pub async fn bank_payment(&self, payment_id: &str) -> Value {
        let mut found = self.bank_payments(payment_id).await;
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    /// The receipts at T-Bank's cash register for one of its payments, oldest first.
    pub async fn bank_receipts(&self, bank_payment: &Value) -> Vec<Value> {
        let mut all = self.all("bank_receipts").await;
        all.retain(|receipt| receipt["payment"] == bank_payment["number"]);
        all
    }

    /// The receipts at YooKassa's cash register for one of its payments, refunds' included, oldest first.
    pub async fn receipts(&self, shop_payment: &Value) -> Vec<Value> {
        self.of_payment("receipts", shop_payment).await
    }

    /// YooKassa's refunds of one of its payments.
    pub async fn refunds(&self, shop_payment: &Value) -> Vec<Value> {
        self.of_payment("refunds", shop_payment).await
    }

    async fn of_payment(&self, kind: &str, shop_payment: &Value) -> Vec<Value> {
        let mut all = self.all(kind).await;
        all.retain(|thing| thing["payment_id"] == shop_payment["id"]);
        all
    }
}

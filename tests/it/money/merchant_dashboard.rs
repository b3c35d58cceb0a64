//! The provider's own dashboard, in which people do things that the platform knows nothing of.

use kit::platform::Platform;
use serde_json::{Value, json};

/// Somebody in the dashboard.
pub struct MerchantDashboard<'a> {
    platform: &'a Platform,
    login: &'static str,
    password: &'static str,
}

impl<'a> MerchantDashboard<'a> {
    /// The shop's, where money comes in.
    pub const fn of_shop(platform: &'a Platform) -> Self {
        Self {
            platform,
            login: "TOT_YOOKASSA_SHOP_ID",
            password: "TOT_YOOKASSA_SECRET_KEY",
        }
    }

    /// The gateway's, where money goes out.
    pub const fn of_gateway(platform: &'a Platform) -> Self {
        Self {
            platform,
            login: "TOT_YOOKASSA_GATEWAY_ID",
            password: "TOT_YOOKASSA_GATEWAY_SECRET",
        }
    }

    /// Does something, which must be possible.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let variable = |name| self.platform.variable(name);
        let url = format!("{}{path}", variable("TOT_YOOKASSA_API_URL"));
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(url);
        let answer = request
            .basic_auth(variable(self.login), Some(variable(self.password)))
            .header("Idempotence-Key", format!("{:032x}", rand::random::<u128>()))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// A sum as it stands in requests.
pub fn rub(value: &str) -> Value {
    json!({"value": value, "currency": "RUB"})
}

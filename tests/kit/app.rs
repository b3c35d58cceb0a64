//! Third parties' apps in tests: made by an admin, signed in by their credentials, linked by a patient's code.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{ApiResponse, Client};
use crate::persona::Persona;

/// A third party's app.
#[derive(Clone, Debug)]
pub struct AppPersona {
    /// Its id, and its `client_id`.
    pub id: String,
    /// What it signs in with.
    pub secret: String,
    /// Its HTTP client, with a token of all its scopes.
    pub client: Client,
}

impl AppPersona {
    /// Makes one that may do this, and signs it in.
    pub async fn made_by(admin: &Persona, anonymous: &Client, scopes: &[&str]) -> Self {
        let body = json!({"name": "Страховая", "scopes": scopes});
        let made = admin.client.post("/admin/apps", body).await.expect(200);
        let (id, secret) = (text(&made["app"]["id"]), text(&made["client_secret"]));
        let granted = sign_in(anonymous, &id, &secret, None).await.expect(200);
        Self {
            client: anonymous.with_token(granted["access_token"].as_str().unwrap()),
            id,
            secret,
        }
    }

    /// Links a patient by a code of theirs.
    pub async fn link(&self, patient: &Persona) -> ApiResponse {
        let asked = json!({"app_id": self.id});
        let made = patient
            .client
            .post("/me/apps/link-codes", asked)
            .await
            .expect(200);
        let code = json!({"link_code": made["code"]});
        self.client.post("/apps/me/patients", code).await
    }

    /// A question on behalf of a patient.
    pub async fn get_for(&self, patient: &str, path: &str) -> ApiResponse {
        let headers = [("Tot-On-Behalf-Of", patient)];
        self.client.send(Method::GET, path, None, &headers).await
    }

    /// A command on behalf of a patient.
    pub async fn post_for(&self, patient: &str, path: &str, body: Value) -> ApiResponse {
        let headers = [("Tot-On-Behalf-Of", patient)];
        self.client
            .send(Method::POST, path, Some(body.to_string()), &headers)
            .await
    }
}

/// Asks for a token with credentials in the body.
pub async fn sign_in(anonymous: &Client, id: &str, secret: &str, scope: Option<&str>) -> ApiResponse {
    let scope = scope.map_or_else(String::new, |scope| format!("&scope={}", scope.replace(' ', "+")));
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}{scope}");
    send_form(anonymous, form, None).await
}

/// Sends a form to the token endpoint, with HTTP Basic if it is given.
pub async fn send_form(anonymous: &Client, form: String, basic: Option<(&str, &str)>) -> ApiResponse {
    let mut request = anonymous
        .request(Method::POST, "/api/v1/oauth/token", None, &[])
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    if let Some((id, secret)) = basic {
        request = request.basic_auth(id, Some(secret));
    }
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    ApiResponse {
        status,
        headers,
        body,
        text,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

//! People as JSON: one's own account, and what signing in answers.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use identity::{Account, People, SignedIn};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::refresh_cookie;
use crate::representation::timestamp::shown;

/// A signed-in person's own account.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "019a8f0e-0000-7000-8000-000000000001",
    "role": "patient",
    "email": "patient@example.com",
    "phone": "+79990000000",
    "first_name": "Иван",
    "last_name": "Иванов",
    "is_active": true,
    "created_at": "2026-12-01T09:00:00Z",
    "email_proven": true,
    "phone_proven": false
}))]
pub struct AccountView {
    /// The account.
    pub id: Uuid,
    /// `patient`, `doctor`, `clinic`, `admin` or `analyst`.
    #[schema(value_type = String, example = "patient")]
    pub role: &'static str,
    /// The name to sign in with.
    pub email: String,
    /// Telephone number.
    pub phone: Option<String>,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether it may sign in.
    pub is_active: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Whether a code that was sent to the address has been brought.
    pub email_proven: bool,
    /// Whether a code that was sent to the number has been brought.
    pub phone_proven: bool,
}

/// The answer to signing in, registering or refreshing.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJhbGciOiJFZERTQSIs…",
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "totr_7Qm3v9Zk1XwB5nYc8LhT2sRfUa0JdEgKiOpMxVzNqWs",
    "device_token": "totd_2Hc8sVb5Rk0YpWm7Xq4TnLz9JfEa1GdUiOoKvCxBt3M",
    "user": {
        "id": "019a8f0e-0000-7000-8000-000000000001",
        "role": "patient",
        "email": "patient@example.com",
        "phone": "+79990000000",
        "first_name": "Иван",
        "last_name": "Иванов",
        "is_active": true,
        "created_at": "2026-12-01T09:00:00Z",
        "email_proven": true,
        "phone_proven": false
    }
}))]
pub struct SessionView {
    /// Send it as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `bearer`.
    #[schema(value_type = String, example = "bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// Renews both tokens, once. Empty where it was asked for in a cookie, or came in one.
    pub refresh_token: String,
    /// To be brought when signing in again on this device; opens nothing by itself. A refresh answers none.
    pub device_token: Option<String>,
    /// Who signed in.
    pub user: AccountView,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.uuid(),
            role: account.role.as_str(),
            email: account.email.as_str().to_owned(),
            phone: account.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            first_name: account.first_name.as_str().to_owned(),
            last_name: account.last_name.as_str().to_owned(),
            is_active: account.active,
            created_at: shown(account.created_at),
            email_proven: account.email_proven,
            phone_proven: account.phone_proven,
        }
    }
}

impl From<&SignedIn> for SessionView {
    fn from(signed_in: &SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.expose_secret().to_owned(),
            token_type: "bearer",
            expires_in: signed_in.expires_in_s,
            refresh_token: signed_in.refresh_token.expose().to_owned(),
            device_token: signed_in
                .device_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            user: AccountView::from(&signed_in.account),
        }
    }
}

/// The answer to signing in, whichever way its refresh token goes.
pub struct SessionResponse {
    view: SessionView,
    cookie: Option<HeaderValue>,
}

impl SessionResponse {
    /// With the refresh token as JSON or in a cookie alone, which lasts as long as it does.
    pub fn new(people: &People, signed_in: &SignedIn, in_cookie: bool) -> Self {
        let mut view = SessionView::from(signed_in);
        let cookie = in_cookie.then(|| {
            view.refresh_token = String::new();
            let seconds = people.refresh_seconds(signed_in.account.role);
            refresh_cookie::set(&signed_in.refresh_token, seconds)
        });
        Self { view, cookie }
    }
}

impl SessionResponse {
    /// The same as a part of something else.
    pub fn within<T: Serialize>(self, wrapped: impl FnOnce(SessionView) -> T) -> Response {
        let mut response = Json(wrapped(self.view)).into_response();
        if let Some(cookie) = self.cookie {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl IntoResponse for SessionResponse {
    fn into_response(self) -> Response {
        self.within(|view| view)
    }
}

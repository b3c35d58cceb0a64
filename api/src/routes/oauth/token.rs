//! An app signs in by its own credentials and gets an access token (RFC 6749, section 4.4).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::apps::AppScopes;
use domain::ids::AppId;
use identity::{AppToken, AuditTarget, ClientRefusal, NewSecurityEvent, SecurityEvent};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::credentials::TokenRequest;
use super::error::{OauthError, OauthErrorView, never_kept};
use crate::app::App;
use crate::extract::body_bytes::form_bytes;
use crate::problem::Problem;
use crate::security_events::origin::RequestOrigin;
use crate::security_events::{note, note_first};

/// What an app asks with. HTTP Basic may take the place of `client_id` and `client_secret`.
#[derive(ToSchema)]
#[schema(example = json!({
    "grant_type": "client_credentials",
    "client_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69",
    "client_secret": "tota_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "scope": "bookings:read"
}))]
#[expect(dead_code, reason = "describes the wire; TokenRequest is what is read")]
pub struct TokenForm {
    /// `client_credentials`.
    grant_type: String,
    /// The app's id.
    client_id: Option<String>,
    /// Its secret.
    client_secret: Option<String>,
    /// Scopes separated by single spaces; all that the app has if absent.
    scope: Option<String>,
}

/// A token of an app (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": "bookings:read bookings:write"
}))]
pub struct AppTokenView {
    /// For `Authorization: Bearer`.
    pub access_token: String,
    /// `Bearer`.
    #[schema(value_type = String)]
    pub token_type: &'static str,
    /// Seconds until it expires.
    pub expires_in: i64,
    /// What it lets the app do, separated by spaces.
    pub scope: String,
}

impl From<AppToken> for AppTokenView {
    fn from(token: AppToken) -> Self {
        Self {
            access_token: token.access_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: token.expires_in_s,
            scope: token.scopes.to_string(),
        }
    }
}

/// Sign an app in
///
/// For apps: OAuth 2.0 client credentials (RFC 6749, section 4.4), by HTTP Basic or in the body. The token is good for a quarter of an hour
/// at most; there is none to renew it by: ask again. With it an app calls what names it (`app`) for a patient of its own, whom the header
/// `Tot-On-Behalf-Of` names. Errors are those of section 5.2.
#[utoipa::path(post, path = "/oauth/token", tag = "apps",
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Signed in", body = AppTokenView),
        (status = 400, description = "`invalid_request`, `unsupported_grant_type`, `invalid_scope`", body = OauthErrorView),
        (status = 401, description = "`invalid_client`: no such app, one that is off, or not its secret", body = OauthErrorView),
    ))]
pub async fn token(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = form_bytes(&parts.headers, body, app.settings().body_within).await?;
    let origin = RequestOrigin::of_parts(&parts, &app);
    let asked = match TokenRequest::read(&parts, &bytes) {
        Ok(asked) => asked,
        Err(error) => return Ok(error.into_response()),
    };
    match signed_in(&app, &origin, &asked).await? {
        Err(error) => Ok(error.into_response()),
        Ok(token) => {
            let mut response = Json(AppTokenView::from(token)).into_response();
            never_kept(response.headers_mut());
            Ok(response)
        }
    }
}

/// The token, once the secret was looked at: a right one is let in however many others failed before, a wrong one counts against where it
/// comes from.
async fn signed_in(
    app: &App,
    origin: &RequestOrigin,
    asked: &TokenRequest,
) -> Result<Result<AppToken, OauthError>, Problem> {
    let now = app.now();
    let wanted = asked.scope.as_deref().map(AppScopes::parse);
    // Whoever is no app is told so first: what else is wrong is nobody else's to know.
    let scopes = wanted.flatten();
    let attempt = app.sign_in_brake().try_passkey(origin.address(), now).await;
    // What is no id is no app's: the same work, and the same answer.
    let client: AppId = asked
        .client_id
        .parse()
        .unwrap_or(AppId::from_uuid(uuid::Uuid::nil()));
    let secret = asked.client_secret.expose_secret();
    let done = app.people().sign_in_app(client, secret, scopes, now).await?;
    let told = |event| {
        let mut origin = origin.event_origin();
        origin.app_id = Some(client);
        NewSecurityEvent::new(event, origin).on(Some(AuditTarget::new("app", client)))
    };
    match done {
        Err(ClientRefusal::InvalidClient) => match attempt {
            Ok(attempt) => {
                attempt.failed();
                note(app, told(SecurityEvent::AppSignInRefused));
                Ok(Err(OauthError::InvalidClient))
            }
            Err(braked) => {
                origin.set_told();
                let key = ("app_sign_in", origin.address());
                note_first(app, key, told(SecurityEvent::AppSignInBraked));
                Err(braked)
            }
        },
        Err(ClientRefusal::InvalidScope) => Ok(Err(OauthError::InvalidScope)),
        Ok(_) if !asked.is_for_client_credentials() => Ok(Err(OauthError::UnsupportedGrantType)),
        Ok(_) if wanted == Some(None) => Ok(Err(OauthError::InvalidScope)),
        Ok(token) => {
            note(app, told(SecurityEvent::AppSignedIn));
            Ok(Ok(token))
        }
    }
}

//! Errors as RFC 6749 section 5.2 has them: no problem documents, for clients that know the framework alone.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// Marks an answer that has the form of the framework: it is left as it is.
#[derive(Clone, Copy)]
pub struct OauthAnswer;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OauthError {
    /// A parameter is missing, repeated or malformed.
    InvalidRequest(&'static str),
    /// There is no such app, it is off, or the secret is none of its own.
    InvalidClient,
    /// Only `client_credentials` is known here.
    UnsupportedGrantType,
    /// It asks for what the app may not do.
    InvalidScope,
}

/// Why there is no token (RFC 6749, section 5.2).
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!({"error": "invalid_client", "error_description": "unknown client, or not its secret"}))]
pub struct OauthErrorView {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    #[schema(value_type = String)]
    pub error: &'static str,
    /// The same in a sentence.
    #[schema(value_type = String)]
    pub error_description: &'static str,
}

impl OauthError {
    /// Every word of the contract.
    pub const WORDS: [&str; 4] = [
        "invalid_request",
        "invalid_client",
        "unsupported_grant_type",
        "invalid_scope",
    ];

    const fn told(self) -> OauthErrorView {
        let (error, error_description) = match self {
            Self::InvalidRequest(why) => ("invalid_request", why),
            Self::InvalidClient => (
                "invalid_client",
                "unknown client, one that is off, or not its secret: send client_id and client_secret, or HTTP Basic",
            ),
            Self::UnsupportedGrantType => (
                "unsupported_grant_type",
                "only grant_type=client_credentials is known here",
            ),
            Self::InvalidScope => (
                "invalid_scope",
                "scope must be scopes of the app, separated by single spaces; without it all of them are granted",
            ),
        };
        OauthErrorView {
            error,
            error_description,
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::InvalidClient => StatusCode::UNAUTHORIZED,
            Self::InvalidRequest(_) | Self::UnsupportedGrantType | Self::InvalidScope => {
                StatusCode::BAD_REQUEST
            }
        };
        let mut response = (status, Json(self.told())).into_response();
        response.extensions_mut().insert(OauthAnswer);
        let headers = response.headers_mut();
        never_kept(headers);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"TOT\", charset=\"UTF-8\""),
            );
        }
        response
    }
}

/// What no cache keeps (RFC 6749, section 5.1).
pub fn never_kept(headers: &mut http::HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("pragma"),
        HeaderValue::from_static("no-cache"),
    );
}

//! YooKassa's transport: Basic authentication, the idempotency key, JSON both ways.

use std::fmt;

use commands::ports::{IdempotencyKey, ProviderReply, RequestAttempt, UnknownReason};
use jiff::SignedDuration;
use reqwest_tls::Method;
use reqwest_tls::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::answers::classify;
use crate::http::{Http, Sent};

const IDEMPOTENCE_KEY: HeaderName = HeaderName::from_static("idempotence-key");

/// A shop's, or a payout gateway's, id and secret key.
#[derive(Clone)]
pub struct Credentials {
    /// The number of the shop or gateway.
    pub id: String,
    /// Its secret key; test keys start with `test_`.
    pub secret: SecretString,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// One shop or gateway at one address.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: Http,
    credentials: Credentials,
    repeat_within: SignedDuration,
}

impl Client {
    pub(super) const fn new(http: Http, credentials: Credentials, repeat_within: SignedDuration) -> Self {
        Self {
            http,
            credentials,
            repeat_within,
        }
    }

    pub(super) const fn limits(&self) -> &crate::Limits {
        self.http.limits()
    }

    /// Asks for something to be done, once. A repeat is not even sent when YooKassa may have forgotten the key.
    pub(super) async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        request_attempt: &RequestAttempt,
        body: &B,
    ) -> ProviderReply<T> {
        let forgotten =
            |first_sent_at| request_attempt.at.duration_since(first_sent_at) >= self.repeat_within;
        if request_attempt.first_sent_at.is_some_and(forgotten) {
            return ProviderReply::Unknown(UnknownReason::TooLateToRepeat);
        }
        let Ok(body) = serde_json::to_vec(body) else {
            return ProviderReply::Unknown(UnknownReason::NotConnected);
        };
        let mut headers = self.authorization();
        headers.extend(key(request_attempt.key));
        let sent = Sent {
            operation,
            method: Method::POST,
            path: owned(path),
            query: vec![],
            headers,
            body: Some(body),
        };
        classify(self.http.act(&sent).await)
    }

    /// Reads something; tried a few times.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        query: Vec<(String, String)>,
    ) -> ProviderReply<T> {
        let sent = Sent {
            operation,
            method: Method::GET,
            path: owned(path),
            query,
            headers: self.authorization(),
            body: None,
        };
        classify(self.http.ask(&sent).await)
    }

    fn authorization(&self) -> Vec<(HeaderName, HeaderValue)> {
        let pair = format!(
            "{}:{}",
            self.credentials.id,
            self.credentials.secret.expose_secret()
        );
        let value = HeaderValue::from_str(&format!("Basic {}", base64(pair.as_bytes())));
        let hidden = value.map(|mut value| {
            value.set_sensitive(true);
            (AUTHORIZATION, value)
        });
        hidden.into_iter().collect()
    }
}

fn key(key: IdempotencyKey) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_str(&key.to_string()).ok()?;
    Some((IDEMPOTENCE_KEY, value))
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&part| part.to_owned()).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

//! T-Bank's transport: signed JSON by POST, whether it does something or only asks.

use std::fmt;

use commands::ports::ProviderReply;
use reqwest_tls::Method;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::answers::classify;
use super::token;
use crate::http::{Http, Sent};

/// A terminal's key and password.
#[derive(Clone)]
pub struct Terminal {
    /// The key; a test terminal's ends with `DEMO`.
    pub key: String,
    /// Signs every request, and every notice of the bank.
    pub password: SecretString,
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Terminal {
    /// Whether payments here move no real money.
    pub(super) fn is_test(&self) -> bool {
        self.key.ends_with("DEMO")
    }
}

/// What a call is about, unsigned. No `Debug`: a receipt in it says where the patient is reached.
pub(super) type RequestFields = Map<String, Value>;

/// One terminal at one address.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: Http,
    pub terminal: Terminal,
}

impl Client {
    pub(super) const fn new(http: Http, terminal: Terminal) -> Self {
        Self { http, terminal }
    }

    /// Asks for something to be done, once.
    pub(super) async fn act<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        fields: RequestFields,
    ) -> ProviderReply<T> {
        classify(self.http.act(&self.sent(operation, path, fields)).await)
    }

    /// Reads something; tried a few times.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &[&str],
        fields: RequestFields,
    ) -> ProviderReply<T> {
        classify(self.http.ask(&self.sent(operation, path, fields)).await)
    }

    fn sent(&self, operation: &'static str, path: &[&str], mut fields: RequestFields) -> Sent {
        fields.insert("TerminalKey".to_owned(), self.terminal.key.clone().into());
        let token = token::sign(&fields, &self.terminal.password);
        fields.insert("Token".to_owned(), token.into());
        Sent {
            operation,
            method: Method::POST,
            path: path.iter().map(|&part| part.to_owned()).collect(),
            query: vec![],
            headers: vec![],
            body: Some(Value::Object(fields).to_string().into_bytes()),
        }
    }
}

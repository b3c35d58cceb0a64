//! A signed-in person's view of the HTTP contract, as small as the demo needs it.

use std::time::Duration;

use identity::TotpSecret;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::Login;
use crate::cli::output::OutputError;

/// How long the demo waits for a reaction of the platform (a payment securing its booking).
const REACTION_WAIT: Duration = Duration::from_secs(20);
/// How long it waits for another code where one was used a moment ago: a step of the app, and a little more.
const CODE_WAIT: Duration = Duration::from_secs(35);
/// How often it looks.
const REACTION_POLL: Duration = Duration::from_millis(50);
/// One request's time limit.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Nobody said where the platform is.
    #[error("no platform was started here; start one with `make run`, or name it with --url")]
    NoPlatform,
    /// The platform cannot be reached.
    #[error("no platform answers; start one with `make run`, or name it with --url")]
    Unreachable(#[source] reqwest::Error),
    /// The platform answered with an error.
    #[error("{step} was refused ({status} {code}): {detail}; {mend}")]
    Refused {
        step: String,
        status: StatusCode,
        code: String,
        detail: String,
        mend: &'static str,
        /// The whole problem.
        body: Value,
    },
    /// A reaction did not come in time.
    #[error("waited in vain for {0}; `tot projections list` and `tot intents list` show what is behind")]
    TimedOut(String),
    /// The demo's data are not there.
    #[error("{0}; start the platform with `make run`, which seeds the demo's data")]
    NoDemoData(&'static str),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// One signed-in person.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
    /// Ends the session.
    refresh_token: String,
    /// The person's account id.
    pub id: String,
}

impl Client {
    /// Signs in.
    pub async fn sign_in(url: &Url, login: &Login) -> Result<Self, DemoError> {
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(DemoError::Unreachable)?;
        let base = format!("{}/api/v1", url.as_str().trim_end_matches('/'));
        let mut client = Self {
            http,
            base,
            token: String::new(),
            refresh_token: String::new(),
            id: String::new(),
        };
        let body = json!({"email": login.email, "password": login.password});
        let signed_in = match client.post("/auth/login", body).await {
            Err(DemoError::Refused { body: due, .. }) if text(&due, "/code") == "second_factor_due" => {
                client.bring_code(login, text(&due, "/sign_in_token")).await?
            }
            signed_in => signed_in?,
        };
        client.token = text(&signed_in, "/access_token").to_owned();
        client.refresh_token = text(&signed_in, "/refresh_token").to_owned();
        client.id = text(&signed_in, "/user/id").to_owned();
        Ok(client)
    }

    /// Signs out: an account keeps its latest sessions alone, and each run would end one of somebody else's.
    pub async fn sign_out(&self) -> Result<(), DemoError> {
        let body = json!({"refresh_token": self.refresh_token});
        self.post("/auth/logout", body).await.map(drop)
    }

    /// The code of the demo's app, as its owner would read it off: where one was used a moment ago, the next.
    async fn bring_code(&self, login: &Login, sign_in_token: &str) -> Result<Value, DemoError> {
        let no_code = || DemoError::NoDemoData("nobody knows the code of this account's app");
        let secret = login.totp_secret.ok_or_else(no_code)?;
        let secret = TotpSecret::parse(secret).map_err(|_| no_code())?;
        let deadline = tokio::time::Instant::now() + CODE_WAIT;
        let mut last = None;
        loop {
            let version = self.get("/version").await?;
            let now: Timestamp = text(&version, "/now").parse().map_err(|_| no_code())?;
            let code = secret.code_at(now).digits();
            if last.as_ref() != Some(&code) {
                let body = json!({"sign_in_token": sign_in_token, "code": code});
                match self.post("/auth/login/code", body).await {
                    Err(DemoError::Refused { body: wrong, .. })
                        if text(&wrong, "/code") == "wrong_code"
                            && tokio::time::Instant::now() < deadline => {}
                    answered => return answered,
                }
                last = Some(code);
            }
            tokio::time::sleep(REACTION_POLL).await;
        }
    }

    /// A command.
    pub async fn post(&self, path: &str, body: Value) -> Result<Value, DemoError> {
        let request = self.request(Method::POST, path).json(&body);
        self.send(format!("POST {path}"), request).await
    }

    /// A command that moves money, under a key of its own.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Result<Value, DemoError> {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        self.send(format!("POST {path}"), request.json(&body)).await
    }

    /// A query.
    pub async fn get(&self, path: &str) -> Result<Value, DemoError> {
        self.send(format!("GET {path}"), self.request(Method::GET, path))
            .await
    }

    /// Looks at `path` until `there` holds.
    pub async fn until(
        &self,
        path: &str,
        what: &str,
        there: impl Fn(&Value) -> bool,
    ) -> Result<Value, DemoError> {
        let deadline = tokio::time::Instant::now() + REACTION_WAIT;
        loop {
            let seen = self.get(path).await?;
            if there(&seen) {
                return Ok(seen);
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(DemoError::TimedOut(what.to_owned()));
            }
            tokio::time::sleep(REACTION_POLL).await;
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        // As everything else that the command line says.
        let request = request.header("accept-language", "en");
        if self.token.is_empty() {
            request
        } else {
            request.bearer_auth(&self.token)
        }
    }

    async fn send(&self, step: String, request: RequestBuilder) -> Result<Value, DemoError> {
        let response = request.send().await.map_err(DemoError::Unreachable)?;
        let status = response.status();
        let body: Value = response.json().await.unwrap_or(Value::Null);
        if status.is_success() {
            Ok(body)
        } else {
            Err(DemoError::Refused {
                step,
                status,
                code: text(&body, "/code").to_owned(),
                detail: text(&body, "/detail").to_owned(),
                mend: mend(text(&body, "/code")),
                body,
            })
        }
    }
}

/// What to do about a refusal of a demo that ran before.
fn mend(code: &str) -> &'static str {
    match code {
        "too_many_bookings"
        | "too_many_holds"
        | "overlaps_own_booking"
        | "urgent_call_under_way"
        | "doctor_busy"
        | "slot_taken" => {
            "the demo's patient or doctor has something else under way: end or cancel it, `tot clock advance 26h`, or begin anew with \
             `make clean`"
        }
        "wrong_credentials" | "account_deactivated" => {
            "the demo's people are those that `make run` makes, with their first passwords: `make clean` begins anew"
        }
        _ => "`tot projections list` and `tot intents list` show what is behind",
    }
}

/// The text at a JSON pointer; empty if there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

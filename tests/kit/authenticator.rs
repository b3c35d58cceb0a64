//! The apps that people of the journeys read codes off: by another implementation of RFC 6238 than the platform's.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::client::Client;

/// Seconds of a step.
const STEP_S: u64 = 30;

/// What the owner of an account holds: an app, and a sheet of recovery codes.
#[derive(Clone, Debug)]
struct Authenticator {
    secret: String,
    /// The latest step whose code was brought.
    used: u64,
    recovery_codes: Vec<String>,
}

/// By e-mail address. People of one test have addresses of their own.
static AUTHENTICATORS: Mutex<BTreeMap<String, Authenticator>> = Mutex::new(BTreeMap::new());

/// The code of a secret at this second.
pub fn code_of(secret: &str, second: u64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(second).to_string()
}

/// Whether somebody with this address has an app.
pub fn is_known(email: &str) -> bool {
    AUTHENTICATORS.lock().unwrap().contains_key(email)
}

/// Puts a secret into the app of whoever has this address, and keeps the recovery codes that came with it.
pub fn keep(email: &str, secret: &str, used_at: Timestamp, recovery_codes: &Value) {
    let codes = recovery_codes.as_array().into_iter().flatten();
    let authenticator = Authenticator {
        secret: secret.to_owned(),
        used: step_of(used_at),
        recovery_codes: codes.map(|code| code.as_str().unwrap().to_owned()).collect(),
    };
    AUTHENTICATORS
        .lock()
        .unwrap()
        .insert(email.to_owned(), authenticator);
}

/// A code that was not brought yet: the app's where there is one, since a journey does not wait for the next; else a recovery code.
pub fn fresh_code(email: &str, now: Timestamp) -> String {
    let mut all = AUTHENTICATORS.lock().unwrap();
    let authenticator = all.get_mut(email).unwrap();
    let current = step_of(now);
    let step = (current - 1..=current + 1).find(|step| *step > authenticator.used);
    match step {
        Some(step) => {
            authenticator.used = step;
            code_of(&authenticator.secret, step * STEP_S)
        }
        None => authenticator
            .recovery_codes
            .pop()
            .expect("ten recovery codes were used"),
    }
}

/// Enrols an app over HTTP; answers the session that comes of it.
pub async fn enrol(client: &Client, email: &str, password: &str) -> Value {
    let begun = client
        .post("/auth/totp", json!({"password": password}))
        .await
        .expect(200);
    let now = now_of(client).await;
    let secret = begun["secret"].as_str().unwrap();
    let code = code_of(secret, step_of(now) * STEP_S);
    let confirmed = client
        .post("/auth/totp/confirm", json!({"code": code}))
        .await
        .expect(200);
    keep(email, secret, now, &confirmed["recovery_codes"]);
    confirmed["session"].clone()
}

/// The platform's time.
pub async fn now_of(client: &Client) -> Timestamp {
    let version = client.get("/version").await.expect(200);
    version["now"].as_str().unwrap().parse().unwrap()
}

fn step_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_second()).unwrap() / STEP_S
}

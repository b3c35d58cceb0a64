//! Text messages by MTS Exolve: `SendSMS`, one call for each (ADR 41 says which of this is the provider's own word).

use std::time::Duration;

use commands::ports::messenger::Unreachable;
use commands::ports::{MessengerError, SmsGateway, SmsMessage};
use futures::future::BoxFuture;
use reqwest_tls::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest_tls::{Client, Request, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::http::{self, HttpError, Limits};

/// Where the provider takes messages.
pub const EXOLVE_URL: &str = "https://api.exolve.ru/messaging/v1/SendSMS";
/// Until a whole answer is there.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// An answer is some fifty bytes.
const ANSWER_BYTES_MAX: usize = 16 * 1_024;
/// The longest name of a sender, in characters: a name that operators know has eleven, a number more.
const SENDER_CHARS_MAX: usize = 15;

/// What is wrong with how text messages are set up.
#[derive(Debug, thiserror::Error)]
pub enum ExolveError {
    /// Of `TOT_SMS_SENDER`.
    #[error(
        "the name that operators registered, or the number, at most 15 letters and digits, such as TOT or 79990000000"
    )]
    Sender,
    /// Of `TOT_SMS_KEY`.
    #[error("the application's key, as it goes behind `Bearer `")]
    Key,
    /// Of `TOT_SMS_URL`.
    #[error("an https address; in clear on this machine alone")]
    Url,
    /// No client can be made.
    #[error("no client can be made")]
    Client(#[source] HttpError),
}

/// From whom text messages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsSender(String);

impl SmsSender {
    /// Reads it.
    ///
    /// # Errors
    /// [`ExolveError::Sender`].
    pub fn parse(text: &str) -> Result<Self, ExolveError> {
        let known = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ' ');
        let is_sender = (1..=SENDER_CHARS_MAX).contains(&text.len()) && text.chars().all(known);
        match is_sender {
            true => Ok(Self(text.to_owned())),
            false => Err(ExolveError::Sender),
        }
    }
}

/// An application of MTS Exolve.
#[derive(Clone, Debug)]
pub struct Exolve {
    client: Client,
    url: Url,
    sender: SmsSender,
    authorization: HeaderValue,
}

/// What is read of an answer; its errors may quote the receiver, and are not.
#[derive(Deserialize)]
struct Taken {
    message_id: Option<serde_json::Value>,
}

impl Exolve {
    /// One that is spoken to at this address, with this key.
    ///
    /// # Errors
    /// [`ExolveError`].
    pub fn new(url: &str, sender: SmsSender, key: &SecretString) -> Result<Self, ExolveError> {
        let url = Url::parse(url).map_err(|_| ExolveError::Url)?;
        let is_here = url.host_str().is_some_and(|host| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse()
                    .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        });
        if url.scheme() != "https" && !(url.scheme() == "http" && is_here) {
            return Err(ExolveError::Url);
        }
        let bearer = format!("Bearer {}", key.expose_secret());
        let mut authorization = HeaderValue::from_str(&bearer).map_err(|_| ExolveError::Key)?;
        authorization.set_sensitive(true);
        Ok(Self {
            client: http::client(&Limits::default(), None).map_err(ExolveError::Client)?,
            url,
            sender,
            authorization,
        })
    }

    fn request(&self, message: &SmsMessage) -> Result<Request, MessengerError> {
        let body = json!({
            "number": self.sender.0,
            // Digits alone: the number with its country's, without a plus.
            "destination": message.to.as_str().trim_start_matches('+'),
            "text": message.text,
        });
        self.client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body.to_string())
            .build()
            .map_err(|_| MessengerError::Unwritable)
    }

    async fn hand_over(&self, message: SmsMessage) -> Result<(), MessengerError> {
        let request = self.request(&message)?;
        let exchange = async {
            let mut response = self.client.execute(request).await.map_err(|error| lost(&error))?;
            let status = response.status();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| lost(&error))? {
                if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                    return Err(MessengerError::Unreachable(Unreachable::Protocol));
                }
                body.extend_from_slice(&chunk);
            }
            Ok((status, body))
        };
        let answer = tokio::time::timeout(ANSWER_WITHIN, exchange).await;
        let (status, body) = answer.map_err(|_| MessengerError::Unreachable(Unreachable::Timeout))??;
        told(status, &body)
    }
}

/// What an answer means. A message is taken where it has an id. What is wrong with the key or the money is mended by whoever runs the
/// platform, and the code lives for a while; what is wrong with the message stays so.
fn told(status: StatusCode, body: &[u8]) -> Result<(), MessengerError> {
    let code = status.as_u16();
    let has_id = || {
        let taken: Result<Taken, _> = serde_json::from_slice(body);
        taken.is_ok_and(|taken| taken.message_id.is_some_and(|id| !id.is_null()))
    };
    match code {
        200..=299 if has_id() => Ok(()),
        200..=299 => Err(MessengerError::Unreachable(Unreachable::Protocol)),
        400 | 404 | 405 | 413 | 415 | 422 => Err(MessengerError::Refused(code)),
        _ => Err(MessengerError::Later(code)),
    }
}

fn lost(error: &reqwest_tls::Error) -> MessengerError {
    MessengerError::Unreachable(if error.is_timeout() {
        Unreachable::Timeout
    } else {
        Unreachable::Connection
    })
}

impl SmsGateway for Exolve {
    fn send(&self, message: SmsMessage) -> BoxFuture<'_, Result<(), MessengerError>> {
        Box::pin(self.hand_over(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> SmsMessage {
        SmsMessage {
            id: uuid::Uuid::from_u128(7),
            to: identity::Phone::parse("8 (999) 123-45-67").unwrap(),
            text: "TOT: код 123456.".to_owned(),
        }
    }

    fn exolve(url: &str, key: &str) -> Result<Exolve, ExolveError> {
        Exolve::new(url, SmsSender::parse("TOT").unwrap(), &key.to_owned().into())
    }

    #[test]
    fn a_message_names_sender_receiver_and_text_and_shows_no_key() {
        let exolve = exolve(EXOLVE_URL, "sms-hush").unwrap();
        let request = exolve.request(&message()).unwrap();
        let body: serde_json::Value =
            serde_json::from_slice(request.body().unwrap().as_bytes().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({"number": "TOT", "destination": "79991234567", "text": "TOT: код 123456."})
        );
        assert_eq!(request.headers()["authorization"], "Bearer sms-hush");
        assert_eq!(request.url().as_str(), EXOLVE_URL);
        let shown = format!("{exolve:?} {:?} {:?}", message(), request.headers());
        assert!(!shown.contains("hush") && !shown.contains("1234567"), "{shown}");
    }

    #[test]
    fn a_message_is_taken_where_it_has_an_id_and_refused_for_good_where_it_is_at_fault() {
        let of = |status: u16, body: &str| told(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        assert_eq!(of(200, r#"{"message_id": "447"}"#), Ok(()));
        for body in [
            "",
            "{}",
            r#"{"message_id": null}"#,
            r#"{"error": {"message": "no"}}"#,
        ] {
            assert!(
                matches!(of(200, body), Err(MessengerError::Unreachable(_))),
                "{body}"
            );
        }
        assert_eq!(of(400, "{}"), Err(MessengerError::Refused(400)));
        for status in [302, 401, 402, 403, 429, 500, 503] {
            assert_eq!(of(status, "{}"), Err(MessengerError::Later(status)));
        }
    }

    #[test]
    fn an_address_is_https_or_of_this_machine_and_a_sender_is_short() {
        for (url, is_one) in [
            (EXOLVE_URL, true),
            ("http://127.0.0.1:3150/messaging/v1/SendSMS", true),
            ("http://api.exolve.ru/messaging/v1/SendSMS", false),
            ("ftp://127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(exolve(url, "key").is_ok(), is_one, "{url}");
        }
        assert!(exolve(EXOLVE_URL, "two\nlines").is_err());
        for (text, is_one) in [
            ("TOT", true),
            ("79990000000", true),
            ("", false),
            ("a name of many letters", false),
            ("ТОТ", false),
        ] {
            assert_eq!(SmsSender::parse(text).is_ok(), is_one, "{text}");
        }
    }
}

//! The gateway of text messages, as MTS Exolve takes them: what is sent is shown beside the mail.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::State as Mails;
use super::message::ReceivedMail;

/// Where it listens, below the page's address.
pub const PATH: &str = "/messaging/v1/SendSMS";
/// The key that it knows.
pub const MAILBOX_SMS_KEY: &str = "mailbox_sms_key";
/// What a text message is called beside the mail.
const SUBJECT: &str = "SMS";

pub async fn send(State(mails): State<Arc<Mails>>, headers: HeaderMap, body: Bytes) -> Response {
    let refused = |status: StatusCode, message: &str| {
        let error = json!({"error": {"code": status.as_u16(), "message": message}});
        (status, Json(error)).into_response()
    };
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|given| given.to_str().ok());
    if given.and_then(|given| given.strip_prefix("Bearer ")) != Some(MAILBOX_SMS_KEY) {
        return refused(StatusCode::UNAUTHORIZED, "no such key");
    }
    if let Some(status) = mails
        .refusal()
        .and_then(|status| StatusCode::from_u16(status).ok())
    {
        return refused(status, "as was asked for");
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |name: &str| {
        body[name]
            .as_str()
            .map(str::to_owned)
            .filter(|text| !text.is_empty())
    };
    let (Some(from), Some(to), Some(text)) = (text("number"), text("destination"), text("text")) else {
        return refused(StatusCode::BAD_REQUEST, "number, destination and text are needed");
    };
    if to.len() != 11 || !to.bytes().all(|digit| digit.is_ascii_digit()) {
        return refused(StatusCode::BAD_REQUEST, "destination is no number");
    }
    let number = mails.keep(ReceivedMail {
        number: 0,
        id: String::new(),
        from,
        to: vec![to],
        subject: SUBJECT.to_owned(),
        text,
    });
    Json(json!({"message_id": number.to_string()})).into_response()
}

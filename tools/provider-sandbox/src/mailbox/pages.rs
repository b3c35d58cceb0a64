//! What the mailbox shows: a page for people, and JSON for programs. Other sites' pages read neither: names that lead here are refused.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::{State as Mails, sms};
use crate::pages::layout::{escape, page};

pub fn router(mails: Arc<Mails>) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/messages", get(messages))
        .route(sms::PATH, post(sms::send))
        .layer(middleware::from_fn(only_here))
        .with_state(mails)
}

/// A page of another site may lead its own name to this machine, and would then read codes.
async fn only_here(headers: HeaderMap, request: Request, next: Next) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let name = host.and_then(|host| host.rsplit_once(':')).map(|(name, _)| name);
    match name.or(host) {
        Some("localhost" | "127.0.0.1" | "[::1]") => next.run(request).await,
        Some(_) | None => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

async fn messages(State(mails): State<Arc<Mails>>) -> Response {
    Json(json!({"messages": mails.messages()})).into_response()
}

async fn front(State(mails): State<Arc<Mails>>) -> Response {
    let mut body = String::from(
        "<p>Сюда приходят почта и SMS платформы; никуда дальше они не уходят. \
         <span class=\"en\">The platform's mail and text messages arrive here and go nowhere else.</span></p>",
    );
    let messages = mails.messages();
    if messages.is_empty() {
        body.push_str("<p>Писем пока нет. <span class=\"en\">No mail yet.</span></p>");
    }
    for mail in messages.iter().rev() {
        let (subject, text) = (escape(&mail.subject), escape(&mail.text));
        let (from, to) = (escape(&mail.from), escape(&mail.to.join(", ")));
        // A string takes whatever is written to it.
        let _ = write!(
            body,
            "<section><p><b>{subject}</b><br><span class=\"en\">{from} → {to}</span></p>\
             <p style=\"white-space:pre-wrap\">{text}</p></section>"
        );
    }
    page(200, "Почта песочницы / Sandbox mailbox", &body)
}

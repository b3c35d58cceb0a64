//! T-Bank's notices.

use axum::extract::{Request, State};
use axum::response::Response;
use domain::payment::provider::Provider;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::Problem;
use crate::routes::webhooks::take;

/// A notice in T-Bank's own form; every scalar of it is signed.
#[derive(ToSchema)]
#[schema(example = json!({
    "TerminalKey": "1234567890DEMO", "OrderId": "019a8f0e70007c3e9a511f2d3c4b5a69p1", "Success": true,
    "Status": "CONFIRMED", "PaymentId": 4000000001_u64, "ErrorCode": "0", "Amount": 150000,
    "Token": "5c1b0b2b4c1d8e0f5c1b0b2b4c1d8e0f5c1b0b2b4c1d8e0f5c1b0b2b4c1d8e0f"
}))]
#[expect(
    dead_code,
    non_snake_case,
    reason = "describes the wire; the adapter reads it"
)]
pub struct TbankNotice {
    /// The terminal.
    TerminalKey: String,
    /// The order: the payment's own id without dashes, `p` and the number of the attempt.
    OrderId: String,
    /// Whether there is no error.
    Success: bool,
    /// Where the payment stands, in T-Bank's words.
    Status: String,
    /// The payment; its id is what matters.
    PaymentId: u64,
    /// `0`, or the error's number.
    ErrorCode: String,
    /// In kopecks.
    Amount: i64,
    /// The signature.
    Token: String,
}

/// Take T-Bank's notice
///
/// For T-Bank's networks alone, signed with the terminal's password. A notice is a hint: what it is about is read back
/// from the bank before anything is believed. Repetitions are answered alike.
#[utoipa::path(post, path = "/webhooks/tbank", tag = "webhooks", request_body = TbankNotice,
    responses(
        (status = 200, description = "Kept", body = String, content_type = "text/plain", example = json!("OK")),
        (status = 403, description = "`unknown_sender`"),
        (status = 404, description = "`not_found`: T-Bank is not set up here"),
    ))]
pub async fn tbank(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    take(&app, Provider::Tbank, request).await
}

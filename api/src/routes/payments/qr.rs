//! A payment's link as a picture, for the patient who pays with another device.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use commands::policy::MayReadPayments;
use domain::ids::{PaymentId, kind};
use http::header;

use crate::app::App;
use crate::extract::head::{At, QueryParams, ReadAfter};
use crate::extract::request::Caller;
use crate::problem::{Code, Problem};
use crate::routes::payments::show;
use crate::webhook_ports::QrRenderer;

/// Draw a payment's QR code as SVG
///
/// For its patient and admins, while the payment waits to be paid in a bank's app. It holds `qr_payload`.
#[utoipa::path(get, path = "/payments/{id}/qr.svg", tag = "payments", security(("bearer" = [])),
    params(("id" = String, Path, description = "The payment", format = Uuid)),
    responses(
        (status = 200, description = "The code, as large as what holds it", body = String,
            content_type = "image/svg+xml", example = json!("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")),
        (status = 404, description = "`not_found`: no such payment, or nothing of it to scan"),
    ))]
pub async fn qr_svg(
    State(app): State<App>,
    At(payment_id): At<kind::Payment>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadPayments>,
) -> Result<Response, Problem> {
    let picture = draw(&app, &caller, payment_id, |codes, payload| codes.svg(payload)).await?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], picture).into_response())
}

/// Draw a payment's QR code as PNG
///
/// For its patient and admins, while the payment waits to be paid in a bank's app. It holds `qr_payload`.
#[utoipa::path(get, path = "/payments/{id}/qr.png", tag = "payments", security(("bearer" = [])),
    params(("id" = String, Path, description = "The payment", format = Uuid)),
    responses(
        (status = 200, description = "The code, eight pixels a module", body = Vec<u8>, content_type = "image/png",
            example = json!("a PNG file")),
        (status = 404, description = "`not_found`: no such payment, or nothing of it to scan"),
    ))]
pub async fn qr_png(
    State(app): State<App>,
    At(payment_id): At<kind::Payment>,
    QueryParams(()): QueryParams<()>,
    caller: Caller<MayReadPayments>,
) -> Result<Response, Problem> {
    let picture = draw(&app, &caller, payment_id, |codes, payload| codes.png(payload)).await?;
    Ok(([(header::CONTENT_TYPE, "image/png")], picture).into_response())
}

/// The picture of what is to be scanned; whoever may not see the payment, or comes when there is nothing to scan, finds
/// nothing.
async fn draw<T>(
    app: &App,
    caller: &Caller<MayReadPayments>,
    payment_id: PaymentId,
    picture: impl FnOnce(&dyn QrRenderer, &str) -> Option<T>,
) -> Result<T, Problem> {
    let (row, _) = show::read(app, caller, payment_id, ReadAfter(None)).await?;
    let nothing = || Problem::plain(Code::NotFound);
    let payload = show::where_to(app, &row).await?.qr_payload.ok_or_else(nothing)?;
    let codes = app
        .webhook_ports()
        .codes()
        .ok_or_else(|| Problem::plain(Code::Unavailable))?;
    picture(codes, &payload).ok_or_else(nothing)
}

//! The pages a payer sees, in Russian with English second: plain HTML that works without scripts.

mod bank;
mod checkout;
pub(crate) mod layout;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::shared_state::SharedState;

pub fn router() -> Router<Arc<SharedState>> {
    Router::new()
        .route("/", get(front))
        .route(
            "/checkout/payments/v2/contract",
            get(checkout::show).post(checkout::act),
        )
        .route("/qr/{qr}", get(bank::show).post(bank::act))
        .route("/new/{number}", get(bank::form))
}

async fn front() -> Response {
    layout::page(
        200,
        "Песочница / Sandbox",
        "<p>Здесь репетируют платежи: ЮKassa на <code>/v3</code>, Т-Банк на <code>/v2</code>. Деньги не двигаются.</p>\
         <p class=\"en\">Payments are rehearsed here: YooKassa at <code>/v3</code>, T-Bank at <code>/v2</code>. \
         No money moves.</p>",
    )
}

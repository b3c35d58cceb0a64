//! The payer's bank: where a QR leads, with two buttons.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::layout::{escape, lost, page, sum, way_back};
use crate::money::Kopecks;
use crate::shared_state::SharedState;
use crate::state::bank::BankStatus;
use crate::state::payer::PaymentInstrument;
use crate::state::payment::Stage;
use crate::state::{QrOwner, SandboxState};
use crate::tbank::qr::qr_of;

/// What the bank knows of a QR.
struct Bill {
    amount: Kopecks,
    words: Option<String>,
    /// Whether it can still be paid.
    open: bool,
    status: String,
    back: Option<String>,
}

/// `GET /qr/{qr}`.
pub async fn show(State(shared): State<Arc<SharedState>>, Path(qr): Path<String>) -> Response {
    shared.with(|state| bill(state, &qr).map_or_else(lost, |bill| bill_page(&qr, &bill)))
}

/// What the payer presses.
#[derive(Deserialize)]
pub struct Press {
    act: Button,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Button {
    Pay,
    Reject,
}

/// `POST /qr/{qr}`.
pub async fn act(
    State(shared): State<Arc<SharedState>>,
    Path(qr): Path<String>,
    Form(press): Form<Press>,
) -> Response {
    shared.with(|state| {
        let Some(owner) = state.qr_codes.get(&qr).cloned() else {
            return lost();
        };
        let now = state.clock.now();
        // What comes too late changes nothing, and the page that follows says how it stands.
        match (owner, press.act) {
            (QrOwner::Payment(id), Button::Pay) => {
                let _ = state.pay(now, &id, &PaymentInstrument::Sbp);
            }
            (QrOwner::Payment(id), Button::Reject) => state.decline(now, &id, "general_decline"),
            (QrOwner::BankPayment(number), Button::Pay) => state.bank_pay(now, number),
            (QrOwner::BankPayment(number), Button::Reject) => state.bank_reject(now, number, false),
        }
        bill(state, &qr).map_or_else(lost, |bill| bill_page(&qr, &bill))
    })
}

fn bill(state: &SandboxState, qr: &str) -> Option<Bill> {
    match state.qr_codes.get(qr)? {
        QrOwner::Payment(id) => {
            let payment = state.payments.get(id)?;
            Some(Bill {
                amount: payment.amount,
                words: payment.description.clone(),
                open: payment.stage == Stage::Pending,
                status: payment.stage.status().to_owned(),
                back: Some(payment.return_url.clone()),
            })
        }
        QrOwner::BankPayment(number) => {
            let payment = state.bank_payment(*number)?;
            Some(Bill {
                amount: payment.amount,
                words: payment.description.clone(),
                open: payment.status.is_open(),
                status: payment.status.name().to_owned(),
                back: payment.success_url.clone(),
            })
        }
    }
}

fn bill_page(qr: &str, bill: &Bill) -> Response {
    let words = bill
        .words
        .as_deref()
        .map(|words| format!("<p>{}</p>", escape(words)))
        .unwrap_or_default();
    let rest = if bill.open {
        format!(
            "<form method=\"post\" action=\"/qr/{}\"><button name=\"act\" value=\"pay\">Оплатить / Pay</button>\
             <button class=\"plain\" name=\"act\" value=\"reject\">Отклонить / Reject</button></form>",
            escape(qr)
        )
    } else {
        format!(
            "<p>Состояние <span class=\"en\">status</span>: <code>{}</code></p>{}",
            escape(&bill.status),
            way_back(bill.back.as_deref(), "Вернуться в магазин / Back to the shop")
        )
    };
    let title = "Ваш банк: оплата по СБП / Your bank: faster payment";
    page(200, title, &format!("{}{words}{rest}", sum(bill.amount)))
}

/// `GET /new/{number}`, T-Bank's payment form (`PaymentURL`): opening it is a step of its own, and shows the bank.
pub async fn form(State(shared): State<Arc<SharedState>>, Path(number): Path<u64>) -> Response {
    shared.with(|state| {
        let Some(payment) = state.bank_payment(number) else {
            return lost();
        };
        if payment.status.is_open() {
            let now = state.clock.now();
            state.bank_becomes(now, number, BankStatus::FormShowed);
        }
        qr_of(state, number);
        let qr = state.bank_payment(number).and_then(|payment| payment.qr.clone());
        let shown = qr.and_then(|qr| Some(bill_page(&qr, &bill(state, &qr)?)));
        shown.unwrap_or_else(lost)
    })
}

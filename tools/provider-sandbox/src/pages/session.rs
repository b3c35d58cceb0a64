//! T-Bank's payment form (`PaymentURL`): a QR for the bank's application, a card, or a refusal.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::layout::{escape, is_web, lost, page, redirect, sum, way_back};
use crate::shared_state::SharedState;
use crate::state::SandboxState;
use crate::state::bank::{BankPayment, BankStatus};
use crate::tbank::qr::{draw, qr_of};

/// `GET /new/{number}`: opening the form is a step of its own.
pub async fn show(State(shared): State<Arc<SharedState>>, Path(number): Path<u64>) -> Response {
    shared.with(|state| {
        let Some(payment) = state.bank_payment(number) else {
            return lost();
        };
        if !payment.status.is_open() {
            return outcome(payment);
        }
        form(state, number)
    })
}

/// What the payer presses.
#[derive(Deserialize)]
pub struct Press {
    act: Button,
}

/// The buttons.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Button {
    Card,
    Reject,
}

/// `POST /new/{number}`.
pub async fn act(
    State(shared): State<Arc<SharedState>>,
    Path(number): Path<u64>,
    Form(press): Form<Press>,
) -> Response {
    shared.with(|state| {
        let now = state.clock.now();
        // What comes too late changes nothing, and the page that follows says how it stands.
        let _ = match press.act {
            Button::Card => state.bank_pay(now, number, true),
            Button::Reject => state.bank_reject(now, number, true),
        };
        state.bank_payment(number).map_or_else(lost, |payment| {
            match address_after(payment).filter(|url| is_web(url)) {
                Some(url) => redirect(url),
                None => outcome(payment),
            }
        })
    })
}

fn form(state: &mut SandboxState, number: u64) -> Response {
    let now = state.clock.now();
    state.bank_becomes(now, number, BankStatus::FormShowed);
    let payload = qr_of(state, number);
    let Some(payment) = state.bank_payment(number) else {
        return lost();
    };
    let words = payment
        .description
        .as_deref()
        .map(|words| format!("<p>{}</p>", escape(words)))
        .unwrap_or_default();
    let picture = draw(&payload).unwrap_or_default();
    page(
        200,
        "Оплата через Т-Банк / T-Bank payment",
        &format!(
            "{}{words}<section>{}<p><a class=\"button\" href=\"{}\">Открыть в банке / Open the bank</a></p></section>\
             <section><form method=\"post\" action=\"/new/{number}\">\
             <button name=\"act\" value=\"card\">Тестовая карта / Test card</button>\
             <button class=\"plain\" name=\"act\" value=\"reject\">Отказаться / Decline</button>{}</form></section>",
            sum(payment.amount),
            picture.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>"),
            escape(&payload),
            way_back(payment.fail_url.as_deref(), "Уйти, не решив / Walk away"),
        ),
    )
}

fn outcome(payment: &BankPayment) -> Response {
    page(
        200,
        "Платёж / Payment",
        &format!(
            "{}<p>Состояние <span class=\"en\">status</span>: <code>{}</code></p>{}",
            sum(payment.amount),
            payment.status.name(),
            way_back(address_after(payment), "Вернуться в магазин / Back to the shop")
        ),
    )
}

fn address_after(payment: &BankPayment) -> Option<&str> {
    match payment.status {
        BankStatus::Authorized
        | BankStatus::PartialReversed
        | BankStatus::Confirmed
        | BankStatus::AsyncRefunding
        | BankStatus::PartialRefunded
        | BankStatus::Refunded => payment.success_url.as_deref(),
        BankStatus::New
        | BankStatus::FormShowed
        | BankStatus::Rejected
        | BankStatus::DeadlineExpired
        | BankStatus::Canceled
        | BankStatus::Reversed => payment.fail_url.as_deref(),
    }
}

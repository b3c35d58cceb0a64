//! YooKassa's confirmation page: pay by test card, by QR or wallet, decline, or walk away.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::layout::{escape, is_web, lost, page, redirect, sum, way_back};
use crate::shared_state::SharedState;
use crate::state::cards::{CardOutcome, all, card_outcome};
use crate::state::payer::PaymentInstrument;
use crate::state::payment::{MethodKind, Payment, Stage};
use crate::state::{QrOwner, SandboxState};
use crate::tbank::qr::draw;

const HERE: &str = "/checkout/payments/v2/contract";

#[derive(Deserialize)]
pub struct PaymentQuery {
    #[serde(rename = "orderId")]
    order: String,
}

/// `GET`: the page of a payment.
pub async fn show(State(shared): State<Arc<SharedState>>, Query(query): Query<PaymentQuery>) -> Response {
    shared.with(|state| {
        let qr = qr_of(state, &query.order);
        match state.payments.get(&query.order) {
            Some(payment) if payment.stage == Stage::Pending => {
                page(200, "Оплата / Payment", &form(payment, qr.as_deref()))
            }
            Some(payment) => outcome(payment),
            None => lost(),
        }
    })
}

/// What the payer chose.
#[derive(Deserialize)]
pub struct Choice {
    #[serde(rename = "orderId")]
    order: String,
    way: Way,
    #[serde(default)]
    number: String,
}

/// The ways on.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// A card; its bank may ask for a code first.
    Card,
    /// A card whose bank has been given its code.
    Confirmed,
    Decline,
}

/// `POST`: the payer acts.
pub async fn act(State(shared): State<Arc<SharedState>>, Form(choice): Form<Choice>) -> Response {
    let number: String = choice
        .number
        .chars()
        .filter(char::is_ascii_digit)
        .take(19)
        .collect();
    shared.with(|state| {
        let id = choice.order.as_str();
        let is_pending = state
            .payments
            .get(id)
            .map(|payment| payment.stage == Stage::Pending);
        let now = state.clock.now();
        // What is refused here is seen on the page that follows: the payment has moved on.
        let _ = match (is_pending, choice.way) {
            (None, _) => return lost(),
            (Some(false), _) => Ok(()),
            (Some(true), Way::Card) if asks_for_code(&number) => return code_page(id, &number),
            (Some(true), Way::Card | Way::Confirmed) => state.pay(now, id, &PaymentInstrument::Card(number)),
            (Some(true), Way::Decline) => {
                state.decline(now, id, "permission_revoked");
                Ok(())
            }
        };
        state.payments.get(id).map_or_else(lost, after_act)
    })
}

/// Success leads back to the shop, as in life; anything else is said here.
fn after_act(payment: &Payment) -> Response {
    let paid = matches!(payment.stage, Stage::Held { .. } | Stage::Succeeded { .. });
    if paid && is_web(&payment.return_url) {
        redirect(&payment.return_url)
    } else {
        outcome(payment)
    }
}

fn asks_for_code(number: &str) -> bool {
    match card_outcome(number) {
        CardOutcome::Approved { three_d_secure } => three_d_secure,
        CardOutcome::Declined { reason, .. } => reason == "3d_secure_failed",
    }
}

fn code_page(id: &str, number: &str) -> Response {
    let (id, number) = (escape(id), escape(number));
    page(
        200,
        "Код из СМС / One-time code",
        &format!(
            "<form method=\"post\" action=\"{HERE}\"><input type=\"hidden\" name=\"orderId\" value=\"{id}\">\
             <input type=\"hidden\" name=\"way\" value=\"confirmed\">\
             <input type=\"hidden\" name=\"number\" value=\"{number}\">\
             <label>Подойдёт любой код <span class=\"en\">any code will do</span><input name=\"code\" \
             inputmode=\"numeric\" autocomplete=\"off\" value=\"123456\"></label>\
             <button>Подтвердить / Confirm</button></form>"
        ),
    )
}

fn form(payment: &Payment, qr: Option<&str>) -> String {
    let asked_for = payment.method.as_ref().map(|method| method.kind);
    let offers = |kind: MethodKind| asked_for.is_none_or(|asked| asked == kind);
    let id = escape(&payment.id);
    let order = format!("<input type=\"hidden\" name=\"orderId\" value=\"{id}\">");
    let mut body = sum(payment.amount);
    if let Some(words) = &payment.description {
        body.push_str(&format!("<p>{}</p>", escape(words)));
    }
    if offers(MethodKind::BankCard) {
        body.push_str(&card_form(&order));
    }
    if let (true, Some(payload)) = (offers(MethodKind::Sbp), qr) {
        let picture = draw(payload).unwrap_or_default();
        body.push_str(&format!(
            "<section><h2>СБП / Faster payments</h2>{}<p><a class=\"button\" href=\"{}\">Открыть в банке / Open \
             the bank</a></p></section>",
            picture.trim_start_matches("<?xml version=\"1.0\" standalone=\"yes\"?>"),
            escape(payload),
        ));
    }
    body.push_str(&format!(
        "<section><form method=\"post\" action=\"{HERE}\">{order}<input type=\"hidden\" name=\"way\" \
         value=\"decline\"><button class=\"plain\">Отказаться / Decline</button>{}</form></section>",
        way_back(Some(&payment.return_url), "Уйти, не решив / Walk away"),
    ));
    body
}

fn card_form(order: &str) -> String {
    let mut cards = String::new();
    for (number, verdict) in all() {
        let meaning = match verdict {
            CardOutcome::Approved { three_d_secure: true } => "пройдёт, с кодом / approved with a code",
            CardOutcome::Approved {
                three_d_secure: false,
            } => "пройдёт / approved",
            CardOutcome::Declined { reason, .. } => reason,
        };
        cards.push_str(&format!(
            "<tr><td><code>{number}</code></td><td>{meaning}</td></tr>"
        ));
    }
    format!(
        "<section><h2>Карта / Card</h2><form method=\"post\" action=\"{HERE}\">{order}\
         <input type=\"hidden\" name=\"way\" value=\"card\">\
         <label>Номер тестовой карты <span class=\"en\">test card</span>\
         <input name=\"number\" inputmode=\"numeric\" autocomplete=\"off\" value=\"5555555555554477\"></label>\
         <button>Оплатить / Pay</button></form>\
         <details><summary>Тестовые карты / Test cards</summary><table>{cards}</table></details></section>"
    )
}

fn outcome(payment: &Payment) -> Response {
    let (title, words) = match &payment.stage {
        Stage::Pending => ("Ожидает оплаты / Pending", String::new()),
        Stage::Held { .. } => ("Деньги удержаны / Money is held", String::new()),
        Stage::Succeeded { .. } => ("Оплачено / Paid", String::new()),
        Stage::Canceled { party, reason } => (
            "Платёж не прошёл / Payment canceled",
            format!("<p><code>{}</code> ({})</p>", escape(reason), escape(party)),
        ),
    };
    let back = way_back(
        Some(&payment.return_url),
        "Вернуться в магазин / Back to the shop",
    );
    page(200, title, &format!("{}{words}{back}", sum(payment.amount)))
}

/// What the payment's QR holds, made when it is first looked at.
fn qr_of(state: &mut SandboxState, id: &str) -> Option<String> {
    let payment = state.payments.get(id)?;
    let (amount, known) = (payment.amount, payment.qr.clone());
    let qr = match known {
        Some(qr) => qr,
        None => {
            let qr = state.register_qr(QrOwner::Payment(id.to_owned()));
            state.payments.get_mut(id)?.qr = Some(qr.clone());
            qr
        }
    };
    Some(state.qr_payload(&qr, amount))
}

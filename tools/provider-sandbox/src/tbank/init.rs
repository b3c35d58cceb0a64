//! `Init`: a payment session.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::{after, print};
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::bank::{BankPayment, BankStatus};
use crate::state::scheduler::ScheduledAction;
use crate::state::settings::FiscalMode;
use crate::state::unsettled::DuplicateOrder;
use crate::tbank::errors::BankRefusal;
use crate::tbank::fields::BankFields;

/// Characters of an order's number at most.
const ORDER_MAX: usize = 36;
/// Characters of a description at most.
const DESCRIPTION_MAX: usize = 140;
/// Characters of an address at most.
const URL_MAX: usize = 2_048;
/// Life of a link without `RedirectDueDate`, in seconds.
const DUE_SECONDS: u64 = 24 * 60 * 60;
/// `RedirectDueDate` at least …
const DUE_MIN: Duration = Duration::from_secs(60);
/// … and at most.
const DUE_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Opens a payment session. There is no idempotency key: a second `Init` may make a second payment.
/// Refuses with 9999 for what is wrong with the request; 308, 309 for its receipt.
pub fn init(state: &mut SandboxState, body: &BankFields<'_>) -> Result<Value, BankRefusal> {
    let amount = body.need("Amount", body.amount()?)?;
    let order_id = body.need("OrderId", body.text("OrderId", ORDER_MAX)?)?;
    // The fast payment system has no two-stage payments.
    if body.text("PayType", 1)?.is_some_and(|kind| kind != "O") {
        return Err(BankRefusal::parameters("Поле PayType должно быть O"));
    }
    check_receipt(state, body, amount)?;
    let now = state.clock.now();
    let due = due(body, now)?;
    if let Some(known) = duplicate(state, &order_id)? {
        return Ok(known);
    }
    let number = state.ids.bank_number();
    let payment = BankPayment {
        number,
        order_id,
        amount,
        status: BankStatus::New,
        description: body.text("Description", DESCRIPTION_MAX)?,
        notification_url: body.text("NotificationURL", URL_MAX)?,
        success_url: body.text("SuccessURL", URL_MAX)?,
        qr: None,
        sbp_payment_id: None,
        rejections: 0,
        refunded: Kopecks::ZERO,
        refunding: Kopecks::ZERO,
        receipt: body.raw("Receipt").cloned(),
        refund_receipt: None,
        refund_fault: None,
    };
    let answer = session(state, &payment);
    let order = payment.order_id.clone();
    state
        .bank_payments
        .put_under(&order, number.to_string(), now, payment);
    state.scheduler.schedule(due, ScheduledAction::ExpireLink(number));
    Ok(answer)
}

fn session(state: &SandboxState, payment: &BankPayment) -> Value {
    json!({
        "Status": payment.status.name(),
        "PaymentId": payment.number.to_string(),
        "OrderId": payment.order_id,
        "Amount": payment.amount.0,
        "PaymentURL": format!("{}/new/{}", state.site, payment.number),
    })
}

fn duplicate(state: &SandboxState, order_id: &str) -> Result<Option<Value>, BankRefusal> {
    let known = state.bank_payments.under(order_id).next_back();
    match (state.settings.unsettled.duplicate_order, known) {
        (DuplicateOrder::SamePayment, Some(payment)) => Ok(Some(session(state, payment))),
        (DuplicateOrder::Refuse, Some(_)) => Err(BankRefusal::wrong_status(BankStatus::New)),
        (DuplicateOrder::SecondPayment, _) | (DuplicateOrder::SamePayment | DuplicateOrder::Refuse, None) => {
            Ok(None)
        }
    }
}

fn due(body: &BankFields<'_>, now: Timestamp) -> Result<Timestamp, BankRefusal> {
    let Some(text) = body.text("RedirectDueDate", 40)? else {
        return Ok(after(now, Duration::from_secs(DUE_SECONDS)));
    };
    let due: Timestamp = text
        .parse()
        .map_err(|_| BankRefusal::parameters("Поле RedirectDueDate должно быть датой ISO 8601"))?;
    if due < after(now, DUE_MIN) || due > after(now, DUE_MAX) {
        return Err(BankRefusal::parameters(format!(
            "Поле RedirectDueDate должно быть от минуты до 90 дней после {}",
            print(now)
        )));
    }
    Ok(due)
}

/// The receipt's items must make up the sum; a shop with fiscalization must send one.
pub fn check_receipt(
    state: &SandboxState,
    body: &BankFields<'_>,
    amount: Kopecks,
) -> Result<(), BankRefusal> {
    match receipt_total(body)? {
        Some(total) if total == amount => Ok(()),
        Some(_) => Err(BankRefusal::receipt_sum()),
        None => match state.settings.shop.fiscalization.mode {
            FiscalMode::Off => Ok(()),
            FiscalMode::PaymentFirst => Err(BankRefusal::receipt_missing()),
        },
    }
}

/// What the lines of the receipt add up to; none without one.
pub fn receipt_total(body: &BankFields<'_>) -> Result<Option<Kopecks>, BankRefusal> {
    let Some(receipt) = body.raw("Receipt") else {
        return Ok(None);
    };
    let items = receipt
        .get("Items")
        .and_then(Value::as_array)
        .filter(|items| !items.is_empty())
        .ok_or_else(BankRefusal::receipt_missing)?;
    let mut total: i64 = 0;
    for item in items {
        let sum = item
            .get("Amount")
            .and_then(Value::as_i64)
            .ok_or_else(|| BankRefusal::parameters("Поле Receipt.Items.Amount обязательно"))?;
        total = total.saturating_add(sum);
    }
    Ok(Some(Kopecks(total)))
}

//! Making and showing payments, by card or through the fast payment system, confirmed on the sandbox's page.

use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{Method, MethodKind, Payment, ReceiptRegistration, Stage};
use crate::state::scheduler::ScheduledAction;
use crate::state::wire;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::{Call, receipts};

/// Characters of a payment's description at most.
const DESCRIPTION_MAX: usize = 128;
/// Characters of an address at most.
const URL_CHARS_MAX: usize = 2_048;
/// Life of an unpaid payment, in seconds.
const PENDING_SECONDS: u64 = 60 * 60;
/// The most the fast payment system moves at once: 700 000 roubles.
const SBP_MAX: Kopecks = Kopecks(70_000_000);
/// The least of any way to pay: one rouble.
const ANY_MIN: Kopecks = Kopecks(100);

/// `POST /payments`: 400 for what is wrong with the request.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let kind = wanted_method(&body, amount)?;
    let capture = body.flag("capture")?.unwrap_or(false);
    let return_url = return_url(&body)?;
    if kind == Some(MethodKind::Sbp) && !capture {
        return Err(body.refuse("capture", "sbp has no two-stage payments: capture must be true"));
    }
    let description = body.text("description", DESCRIPTION_MAX)?;
    let metadata = body.metadata()?;
    let receipt = receipts::enclosed(&body, amount, state.settings.shop.fiscalization.mode)?;
    let now = state.clock.now();
    let id = state.ids.uuid();
    let method = kind.map(|kind| Method {
        id: state.ids.uuid(),
        kind,
        details: None,
    });
    let payment = Payment {
        id: id.clone(),
        amount,
        created_at: now,
        stage: Stage::Pending,
        capture,
        description,
        metadata,
        method,
        confirmation_url: format!("{}/checkout/payments/v2/contract?orderId={id}", state.site),
        return_url,
        qr: None,
        authorization: None,
        refunded: Kopecks::ZERO,
        refunding: Kopecks::ZERO,
        receipt_registration: receipt.as_ref().map(|_| ReceiptRegistration::Pending),
        receipt,
    };
    state.payments.put(id.clone(), now, payment);
    state.schedule(now, PENDING_SECONDS, ScheduledAction::ExpirePending(id.clone()));
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /payments/{id}`: 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Payment", "payment_id"))
}

/// The payment as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    let payment = state.payments.get(id)?;
    Some(wire::payment(payment, &state.settings))
}

/// The way to pay that the shop asks for, if it does not leave it to the payer.
fn wanted_method(body: &BodyFields<'_>, amount: Kopecks) -> Result<Option<MethodKind>, Refusal> {
    if amount < ANY_MIN {
        return Err(Refusal::field("amount.value", "Must be at least 1.00"));
    }
    let Some(data) = body.child("payment_method_data")? else {
        return Ok(None);
    };
    match data.need("type", data.text("type", 64)?)?.as_str() {
        "bank_card" => Ok(Some(MethodKind::BankCard)),
        "sbp" if amount > SBP_MAX => Err(Refusal::field(
            "amount.value",
            "Must be at most 700000.00 for sbp",
        )),
        "sbp" => Ok(Some(MethodKind::Sbp)),
        _ => Err(data.refuse("type", "Payment method is not available for this shop")),
    }
}

/// Where the payer is led after the page, which is the one way to confirm here.
fn return_url(body: &BodyFields<'_>) -> Result<String, Refusal> {
    let data = body.need("confirmation", body.child("confirmation")?)?;
    if data.need("type", data.text("type", 32)?)? != "redirect" {
        return Err(data.refuse("type", "Confirmation type is not available for this shop"));
    }
    data.need("return_url", data.text("return_url", URL_CHARS_MAX)?)
}

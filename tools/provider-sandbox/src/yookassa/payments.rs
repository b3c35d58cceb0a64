//! Making and showing payments.

use std::time::Duration;

use serde_json::Value;

use crate::clock::after;
use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::cards::{CardOutcome, card_outcome};
use crate::state::payer::PaymentInstrument;
use crate::state::payment::{Metadata, Method, MethodKind, Payment, ReceiptRegistration, Stage};
use crate::state::scheduler::ScheduledAction;
use crate::state::wire;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::methods::RequestedMethod;
use crate::yookassa::{Call, confirmation, methods, receipts};

/// Characters of a payment's description at most.
const DESCRIPTION_MAX: usize = 128;
/// Characters of the shop's name for its customer at most.
const CUSTOMER_ID_MAX: usize = 200;

/// A creation, read.
struct NewPayment {
    amount: Kopecks,
    method: RequestedMethod,
    capture: bool,
    confirmation: Option<confirmation::RequestedConfirmation>,
    description: Option<String>,
    metadata: Metadata,
    merchant_customer_id: Option<String>,
    save_method: bool,
    receipt: Option<Value>,
}

/// `POST /payments`.
///
/// # Errors
/// 400 for what is wrong with the request.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let request = read(state, call)?;
    let now = state.clock.now();
    let id = state.ids.uuid();
    let method = match &request.method {
        RequestedMethod::Any => None,
        RequestedMethod::Kind(kind) => Some(fresh_method(state, *kind)),
        RequestedMethod::Card(_) => Some(fresh_method(state, MethodKind::BankCard)),
        RequestedMethod::Saved(saved) => state.saved_methods.get(saved).cloned(),
    };
    let confirmation = request
        .confirmation
        .map(|wanted| confirmation::prepare(state, wanted, &id, request.amount));
    state.payments.put(
        id.clone(),
        now,
        Payment {
            id: id.clone(),
            amount: request.amount,
            created_at: now,
            stage: Stage::Pending,
            capture: request.capture,
            description: request.description,
            metadata: request.metadata,
            merchant_customer_id: request.merchant_customer_id,
            save_method: request.save_method,
            method,
            confirmation,
            qr: None,
            authorization: None,
            refunded: Kopecks::ZERO,
            refunding: Kopecks::ZERO,
            receipt_registration: request.receipt.as_ref().map(|_| ReceiptRegistration::Pending),
            receipt: request.receipt,
        },
    );
    let until = after(now, Duration::from_secs(state.settings.shop.pending_seconds));
    state
        .scheduler
        .schedule(until, ScheduledAction::ExpirePending(id.clone()));
    pay_at_once(state, &id, &request.method);
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /payments/{id}`.
///
/// # Errors
/// 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Payment", "payment_id"))
}

/// The payment as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    state
        .payments
        .get(id)
        .map(|payment| wire::payment(payment, &state.settings))
}

fn read(state: &SandboxState, call: &Call) -> Result<NewPayment, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let method = methods::wanted(&body, amount)?;
    let capture = body.flag("capture")?.unwrap_or(false);
    let confirmation = confirmation::wanted(&body)?;
    match &method {
        RequestedMethod::Kind(MethodKind::Sbp) if !capture => {
            return Err(Refusal::field(
                "capture",
                "sbp has no two-stage payments: capture must be true",
            ));
        }
        RequestedMethod::Any | RequestedMethod::Kind(_) if confirmation.is_none() => {
            return Err(Refusal::field(
                "confirmation",
                "Field confirmation is required: the payer must confirm this payment",
            ));
        }
        RequestedMethod::Card(number) if confirmation.is_none() && asks_for_3ds(number) => {
            return Err(Refusal::field(
                "confirmation",
                "This card asks for 3-D Secure: a redirect is needed",
            ));
        }
        RequestedMethod::Saved(id) if !state.saved_methods.contains_key(id) => {
            return Err(Refusal::field(
                "payment_method_id",
                "Payment method doesn't exist or is not saved",
            ));
        }
        RequestedMethod::Any
        | RequestedMethod::Kind(_)
        | RequestedMethod::Card(_)
        | RequestedMethod::Saved(_) => {}
    }
    Ok(NewPayment {
        amount,
        method,
        capture,
        confirmation,
        description: body.text("description", DESCRIPTION_MAX)?,
        metadata: body.metadata()?,
        merchant_customer_id: body.text("merchant_customer_id", CUSTOMER_ID_MAX)?,
        save_method: body.flag("save_payment_method")?.unwrap_or(false),
        receipt: receipts::enclosed(&body, amount, state.settings.shop.fiscalization.mode)?,
    })
}

fn asks_for_3ds(number: &str) -> bool {
    card_outcome(number) == CardOutcome::Approved { three_d_secure: true }
}

fn fresh_method(state: &mut SandboxState, kind: MethodKind) -> Method {
    Method {
        id: state.ids.uuid(),
        kind,
        saved: false,
        active: false,
        details: None,
    }
}

/// A card whose number the shop sent, and a way saved earlier, need no page.
fn pay_at_once(state: &mut SandboxState, id: &str, method: &RequestedMethod) {
    let instrument = match method {
        RequestedMethod::Any | RequestedMethod::Kind(_) => return,
        RequestedMethod::Card(number) if asks_for_3ds(number) => return,
        RequestedMethod::Card(number) => PaymentInstrument::Card {
            number: number.clone(),
        },
        RequestedMethod::Saved(_) => {
            let kind = state
                .payments
                .get(id)
                .and_then(|payment| payment.method.as_ref())
                .map(|method| method.kind);
            crate::yookassa::handler::usual_instrument(kind)
        }
    };
    let now = state.clock.now();
    // It has just been made, so it can be paid.
    let _ = state.pay(now, id, &instrument);
}

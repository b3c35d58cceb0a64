//! Charging a hold, in whole or in part, and letting it go.

use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::{Payment, Stage};
use crate::state::settings::FiscalMode;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::{Call, payments, receipts};

/// `POST /payments/{id}/capture`. The body may be absent or empty: the whole sum.
/// Refuses with 404 for no payment; 400 when it is not held or the sum does not fit.
pub fn capture(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let held = held(state, call, "captured")?;
    let (authorised, has_receipt) = (held.amount, held.receipt.is_some());
    let (sum, receipt) = read_capture(state, call, authorised)?;
    // The receipt told at creation stands for the whole sum only.
    let needs_receipt = state.settings.shop.fiscalization.mode != FiscalMode::Off;
    if needs_receipt && has_receipt && receipt.is_none() && sum != authorised {
        return Err(Refusal::field("receipt", "Receipt is missing or illegal"));
    }
    if let (Some(receipt), Some(payment)) = (receipt, state.payments.get_mut(&call.id)) {
        payment.receipt = Some(receipt);
    }
    let now = state.clock.now();
    state.charge(now, &call.id, sum);
    payments::show(state, &call.id).ok_or_else(Refusal::internal)
}

/// `POST /payments/{id}/cancel`. The body may be absent or empty.
/// Refuses with 404 for no payment; 400 when it is not held.
pub fn cancel(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    held(state, call, "canceled")?;
    let now = state.clock.now();
    state.end_payment(now, &call.id, "merchant", "canceled_by_merchant");
    payments::show(state, &call.id).ok_or_else(Refusal::internal)
}

fn held<'a>(state: &'a SandboxState, call: &Call, what: &str) -> Result<&'a Payment, Refusal> {
    let payment = state
        .payments
        .get(&call.id)
        .ok_or_else(|| Refusal::not_found("Payment", "payment_id"))?;
    match &payment.stage {
        Stage::Held { .. } => Ok(payment),
        Stage::Pending | Stage::Succeeded { .. } | Stage::Canceled { .. } => Err(Refusal::request(format!(
            "Payment in status {} can't be {what}",
            payment.stage.status()
        ))),
    }
}

fn read_capture(
    state: &SandboxState,
    call: &Call,
    authorised: Kopecks,
) -> Result<(Kopecks, Option<Value>), Refusal> {
    if call.body.is_null() {
        return Ok((authorised, None));
    }
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let sum = body.amount("amount")?.unwrap_or(authorised);
    if sum > authorised {
        return Err(Refusal::field(
            "amount.value",
            "Can't capture more than was authorised",
        ));
    }
    let receipt = match body.raw("receipt") {
        Some(_) => receipts::enclosed(&body, sum, state.settings.shop.fiscalization.mode)?,
        None => None,
    };
    Ok((sum, receipt))
}

//! Asking for and showing refunds.

use jiff::SignedDuration;
use serde_json::Value;

use crate::state::SandboxState;
use crate::state::payment::Stage;
use crate::state::refunds::WantedRefund;
use crate::state::wire;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::{Call, receipts};

/// Characters of a refund's description at most.
const DESCRIPTION_MAX: usize = 250;
/// A payment can be refunded for three years.
const REFUNDABLE_FOR: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);

/// `POST /refunds`: 404 for no payment; 400 when there is not so much to give back.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let payment_id = body.need("payment_id", body.text("payment_id", 36)?)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let payment = state
        .payments
        .get(&payment_id)
        .ok_or_else(|| Refusal::not_found("Payment", "payment_id"))?;
    let Stage::Succeeded { captured_at, .. } = payment.stage else {
        return Err(Refusal::field(
            "payment_id",
            format!("Payment in status {} can't be refunded", payment.stage.status()),
        ));
    };
    if state.clock.now().duration_since(captured_at) > REFUNDABLE_FOR {
        return Err(Refusal::field(
            "payment_id",
            "Payment is more than three years old",
        ));
    }
    if amount > payment.refundable() {
        return Err(Refusal::field(
            "amount.value",
            "Refund amount is greater than what is left of the payment",
        ));
    }
    let whole = amount == payment.captured();
    let receipt = match body.raw("receipt") {
        // A whole refund may repeat the payment's own receipt by saying nothing.
        None if whole || payment.receipt.is_none() => payment.receipt.clone(),
        Some(_) | None => receipts::enclosed(&body, amount, state.settings.shop.fiscalization.mode)?,
    };
    let wanted = WantedRefund {
        payment_id,
        amount,
        description: body.text("description", DESCRIPTION_MAX)?,
        metadata: body.metadata()?,
        receipt,
    };
    let now = state.clock.now();
    let id = state.begin_refund(now, wanted);
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /refunds/{id}`: 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Refund", "refund_id"))
}

/// The refund as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    state.refunds.get(id).map(wire::refund)
}

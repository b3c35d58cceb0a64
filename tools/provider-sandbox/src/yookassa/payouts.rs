//! Asking for and showing payouts through the fast payment system.

use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::payment::RefundStage;
use crate::state::payouts::Payout;
use crate::state::wire;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::{Call, shop};

/// Characters of a payout's description at most.
const DESCRIPTION_MAX: usize = 128;
/// The most a payout moves: 500 000 roubles.
const PAYOUT_MAX: Kopecks = Kopecks(50_000_000);
/// The least: one rouble.
const PAYOUT_MIN: Kopecks = Kopecks(100);

/// `POST /payouts`: 400 for what is wrong with the request.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let (phone, bank_id) = destination(&body)?;
    if amount < PAYOUT_MIN || amount > PAYOUT_MAX {
        return Err(Refusal::field(
            "amount.value",
            "The sum is outside the limits of a payout",
        ));
    }
    let payout = Payout {
        id: state.ids.prefixed("po"),
        amount,
        created_at: state.clock.now(),
        stage: RefundStage::Pending,
        phone,
        bank_id,
        sbp_operation_id: None,
        description: body.text("description", DESCRIPTION_MAX)?,
        metadata: body.metadata()?,
    };
    let id = state.begin_payout(payout);
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /payouts/{id}`: 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Payout", "payout_id"))
}

/// The payout as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    state.payouts.get(id).map(wire::payout)
}

fn destination(body: &BodyFields<'_>) -> Result<(String, String), Refusal> {
    let data = body.need("payout_destination_data", body.child("payout_destination_data")?)?;
    if data.need("type", data.text("type", 32)?)? != "sbp" {
        return Err(data.refuse("type", "Payout destination is not available for this gateway"));
    }
    let phone = data.need("phone", data.text("phone", 15)?)?;
    if !phone.bytes().all(|byte| byte.is_ascii_digit()) || phone.len() < 4 {
        return Err(data.refuse("phone", "Must be 4 to 15 digits, without a plus"));
    }
    let bank_id = data.need("bank_id", data.text("bank_id", 12)?)?;
    if !shop::is_bank(&bank_id) {
        return Err(data.refuse("bank_id", "No such participant of SBP"));
    }
    Ok((phone, bank_id))
}

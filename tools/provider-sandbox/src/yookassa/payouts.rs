//! Asking for and showing payouts.

use serde_json::Value;

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::cards::card_type;
use crate::state::payouts::Destination;
use crate::state::wire;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;
use crate::yookassa::{Call, shop};

/// Characters of a payout's description at most.
const DESCRIPTION_MAX: usize = 128;
/// The most a payout moves: 500 000 roubles.
const PAYOUT_MAX: Kopecks = Kopecks(50_000_000);
/// The least through the fast payment system: one rouble.
const SBP_MIN: Kopecks = Kopecks(100);
/// The least to a card: five roubles.
const CARD_MIN: Kopecks = Kopecks(500);

/// `POST /payouts`.
///
/// # Errors
/// 400 for what is wrong with the request.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let amount = body.need("amount", body.amount("amount")?)?;
    let destination = destination(&body)?;
    let least = match &destination {
        Destination::Sbp { .. } | Destination::YooMoney { .. } => SBP_MIN,
        Destination::BankCard { .. } => CARD_MIN,
    };
    if amount < least || amount > PAYOUT_MAX {
        return Err(Refusal::field(
            "amount.value",
            "The sum is outside the limits of a payout",
        ));
    }
    let description = body.text("description", DESCRIPTION_MAX)?;
    let metadata = body.metadata()?;
    let now = state.clock.now();
    let id = state.begin_payout(now, amount, destination, description, metadata);
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /payouts/{id}`.
///
/// # Errors
/// 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Payout", "payout_id"))
}

/// The payout as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    state
        .payouts
        .get(id)
        .map(|payout| wire::payout(payout, state.settings.shop.test))
}

fn destination(body: &BodyFields<'_>) -> Result<Destination, Refusal> {
    let data = body.need("payout_destination_data", body.child("payout_destination_data")?)?;
    match data.need("type", data.text("type", 32)?)?.as_str() {
        "sbp" => {
            let phone = data.need("phone", data.text("phone", 15)?)?;
            if !phone.bytes().all(|byte| byte.is_ascii_digit()) || phone.len() < 4 {
                return Err(data.refuse("phone", "Must be 4 to 15 digits, without a plus"));
            }
            let bank_id = data.need("bank_id", data.text("bank_id", 12)?)?;
            if !shop::is_bank(&bank_id) {
                return Err(data.refuse("bank_id", "No such participant of SBP"));
            }
            Ok(Destination::Sbp {
                phone,
                bank_id,
                operation_id: None,
            })
        }
        "bank_card" => {
            let card = data.need("card", data.child("card")?)?;
            let number = card.need("number", card.text("number", 19)?)?;
            if !number.bytes().all(|byte| byte.is_ascii_digit()) || number.len() < 16 {
                return Err(card.refuse("number", "Must be 16 to 19 digits"));
            }
            Ok(Destination::BankCard {
                first6: number.chars().take(6).collect(),
                last4: number.chars().skip(number.len() - 4).collect(),
                card_type: card_type(&number),
            })
        }
        "yoo_money" => Ok(Destination::YooMoney {
            account_number: data.need("account_number", data.text("account_number", 33)?)?,
        }),
        _ => Err(data.refuse("type", "Unknown payout destination type")),
    }
}

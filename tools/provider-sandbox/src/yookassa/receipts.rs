//! Fiscal receipts: those enclosed in payments, captures and refunds, and those sent by themselves.

use serde_json::{Number, Value};

use crate::money::Kopecks;
use crate::state::SandboxState;
use crate::state::cash_register::ReceiptOf;
use crate::state::payment::{RefundStage, Stage};
use crate::state::settings::FiscalMode;
use crate::state::wire;
use crate::yookassa::Call;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;

/// Items of a receipt at most.
const ITEMS_MAX: usize = 80;
/// Characters of an item's description at most.
const DESCRIPTION_MAX: usize = 128;
/// Receipts of one payment at most.
const PER_PAYMENT_MAX: usize = 50;
/// VAT codes run to 12 since 2026: 11 is 22 %, 12 is 22/122.
const VAT_CODES: std::ops::RangeInclusive<i64> = 1..=12;
const TAX_SYSTEMS: std::ops::RangeInclusive<i64> = 1..=6;
/// Digits of a phone number, without a plus.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 4..=15;
/// Quantities have at most three decimals: they are counted in thousandths.
const THOUSANDTHS: i64 = 1_000;

/// `payment_subject`: tag 1212.
const SUBJECTS: &str = "commodity excise job service gambling_bet gambling_prize lottery lottery_prize \
    intellectual_activity payment agent_commission property_right non_operating_gain insurance_premium sales_tax \
    resort_fee composite another fine tax lien cost pension_insurance_without_payouts \
    pension_insurance_with_payouts health_insurance_without_payouts health_insurance_with_payouts \
    health_insurance casino agent_withdrawals non_marked_excise marked_excise marked non_marked";
/// `payment_mode`: tag 1214.
const MODES: &str =
    "full_prepayment partial_prepayment advance full_payment partial_payment credit credit_payment";
/// `settlements.type`.
const SETTLEMENTS: &str = "cashless prepayment postpayment consideration";

fn is_among(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|own| own == word)
}

/// The receipt enclosed in a body, checked against the sum it proves.
/// Refuses with 400 when the shop must send one and did not, or when it is wrong.
pub fn enclosed(body: &BodyFields<'_>, sum: Kopecks, mode: FiscalMode) -> Result<Option<Value>, Refusal> {
    let Some(receipt) = body.child("receipt")? else {
        return match mode {
            FiscalMode::Off => Ok(None),
            FiscalMode::PaymentFirst => Err(body.refuse("receipt", "Receipt is missing or illegal")),
        };
    };
    let total = check(&receipt)?;
    if total != sum {
        return Err(body.refuse(
            "receipt",
            "The sum of the receipt's items differs from the amount",
        ));
    }
    Ok(body.raw("receipt").map(|told| with_numbers(told.clone())))
}

/// `POST /receipts`: 404 for no payment or refund; 400 for a wrong receipt.
pub fn create(state: &mut SandboxState, call: &Call) -> Result<Value, Refusal> {
    let body = BodyFields::of(&call.body, state.settings.unsettled.numeric_sums)?;
    let incoming = match body.need("type", body.text("type", 16)?)?.as_str() {
        "payment" => true,
        "refund" => false,
        _ => return Err(body.refuse("type", "Must be payment or refund")),
    };
    body.need("send", body.flag("send")?)?;
    body.need("customer", body.child("customer")?)?;
    let total = check(&body)?;
    let settled = settlements(&body)?;
    if settled != total {
        return Err(body.refuse(
            "settlements",
            "The sum of settlements differs from the sum of items",
        ));
    }
    let of = belongs_to(state, &body, incoming)?;
    let now = state.clock.now();
    let id = state.begin_receipt(now, of, with_numbers(call.body.clone()));
    show(state, &id).ok_or_else(Refusal::internal)
}

/// `GET /receipts/{id}`: 404 when there is none.
pub fn get(state: &SandboxState, call: &Call) -> Result<Value, Refusal> {
    show(state, &call.id).ok_or_else(|| Refusal::not_found("Receipt", "receipt_id"))
}

/// The receipt as it is now.
pub fn show(state: &SandboxState, id: &str) -> Option<Value> {
    state.receipts.get(id).map(wire::receipt)
}

fn belongs_to(state: &SandboxState, body: &BodyFields<'_>, incoming: bool) -> Result<ReceiptOf, Refusal> {
    let refund_id = body.text("refund_id", 36)?;
    let mut payment_id = body.text("payment_id", 36)?;
    if let (Some(id), false) = (&refund_id, incoming) {
        let refund = state
            .refunds
            .get(id)
            .ok_or_else(|| Refusal::not_found("Refund", "refund_id"))?;
        if !matches!(refund.stage, RefundStage::Succeeded { .. }) {
            return Err(body.refuse("refund_id", "The refund has not succeeded"));
        }
        payment_id = Some(refund.payment_id.clone());
    }
    let payment_id = body.need("payment_id", payment_id)?;
    let payment = state
        .payments
        .get(&payment_id)
        .ok_or_else(|| Refusal::not_found("Payment", "payment_id"))?;
    if !matches!(payment.stage, Stage::Succeeded { .. }) {
        return Err(body.refuse("payment_id", "The payment has not succeeded"));
    }
    if state.receipts.under(&payment_id).count() >= PER_PAYMENT_MAX {
        return Err(body.refuse("payment_id", "The payment has fifty receipts already"));
    }
    Ok(ReceiptOf {
        incoming,
        payment_id,
        refund_id,
    })
}

/// Checks customer and items, and answers the items' sum.
fn check(receipt: &BodyFields<'_>) -> Result<Kopecks, Refusal> {
    if let Some(customer) = receipt.child("customer")? {
        let email = customer.text("email", 254)?;
        if email.is_some_and(|email| !email.contains('@')) {
            return Err(customer.refuse("email", "Must be an e-mail address"));
        }
        let digits_only = |phone: &str| {
            phone.bytes().all(|byte| byte.is_ascii_digit()) && PHONE_DIGITS.contains(&phone.len())
        };
        if customer
            .text("phone", 20)?
            .is_some_and(|phone| !digits_only(&phone))
        {
            return Err(customer.refuse("phone", "Must be 4 to 15 digits, without a plus"));
        }
    }
    if let Some(code) = receipt.raw("tax_system_code") {
        within(receipt, "tax_system_code", code, &TAX_SYSTEMS)?;
    }
    let items = receipt.need("items", receipt.children("items")?)?;
    if items.is_empty() || items.len() > ITEMS_MAX {
        return Err(receipt.refuse("items", "Must have 1 to 80 items"));
    }
    let mut total = Kopecks::ZERO;
    for item in &items {
        total = total.plus(check_item(item)?);
    }
    Ok(total)
}

fn check_item(item: &BodyFields<'_>) -> Result<Kopecks, Refusal> {
    let description = item.need("description", item.text("description", DESCRIPTION_MAX)?)?;
    if description.is_empty() {
        return Err(item.refuse("description", "Must not be empty"));
    }
    let vat = item.need("vat_code", item.raw("vat_code"))?;
    within(item, "vat_code", vat, &VAT_CODES)?;
    for (field, words) in [("payment_subject", SUBJECTS), ("payment_mode", MODES)] {
        if let Some(word) = item.text(field, 64)?
            && !is_among(words, &word)
        {
            return Err(item.refuse(field, "Unknown value"));
        }
    }
    let quantity = item.need("quantity", item.raw("quantity"))?;
    let thousandths = thousandths(quantity)
        .filter(|quantity| *quantity > 0)
        .ok_or_else(|| {
            item.refuse(
                "quantity",
                "Must be a number above zero with at most three decimals",
            )
        })?;
    let price = item.need("amount", item.amount("amount")?)?;
    let total = price.0.saturating_mul(thousandths) + THOUSANDTHS / 2;
    Ok(Kopecks(total / THOUSANDTHS))
}

fn settlements(body: &BodyFields<'_>) -> Result<Kopecks, Refusal> {
    let settlements = body.need("settlements", body.children("settlements")?)?;
    let mut settled = Kopecks::ZERO;
    for settlement in &settlements {
        let kind = settlement.need("type", settlement.text("type", 32)?)?;
        if !is_among(SETTLEMENTS, &kind) {
            return Err(settlement.refuse("type", "Unknown settlement type"));
        }
        settled = settled.plus(settlement.need("amount", settlement.amount("amount")?)?);
    }
    Ok(settled)
}

fn within(
    fields: &BodyFields<'_>,
    field: &str,
    value: &Value,
    range: &std::ops::RangeInclusive<i64>,
) -> Result<(), Refusal> {
    if value.as_i64().is_some_and(|code| range.contains(&code)) {
        return Ok(());
    }
    Err(fields.refuse(
        field,
        format!("Must be an integer from {} to {}", range.start(), range.end()),
    ))
}

/// Quantities as the numbers that answers show: the official clients send them as text.
fn with_numbers(mut receipt: Value) -> Value {
    let items = receipt.get_mut("items").and_then(Value::as_array_mut);
    for quantity in items
        .into_iter()
        .flatten()
        .filter_map(|item| item.get_mut("quantity"))
    {
        let number = quantity.as_str().and_then(|text| text.parse::<Number>().ok());
        if let Some(number) = number {
            *quantity = Value::Number(number);
        }
    }
    receipt
}

/// A number (or its text) in thousandths, read from its digits: money never meets a floating point.
fn thousandths(quantity: &Value) -> Option<i64> {
    let text = match quantity.as_str() {
        Some(text) => text.to_owned(),
        None => quantity.as_number()?.to_string(),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 3 || whole.len() > 6 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let decimals: i64 = format!("{decimals:0<3}").parse().ok()?;
    Some(whole * THOUSANDTHS + decimals)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::thousandths;

    #[test]
    fn quantities_are_read_from_their_digits() {
        for (quantity, expected) in [
            (json!(1), Some(1_000)),
            (json!(1.0), Some(1_000)),
            (json!(0.125), Some(125)),
            (json!(2.5), Some(2_500)),
            (json!(0.1234), None),
            (json!("1"), Some(1_000)),
            (json!("2.50"), Some(2_500)),
            (json!("one"), None),
            (json!(-0.5), None),
            (json!(true), None),
            (json!(12_345_678), None),
        ] {
            assert_eq!(thousandths(&quantity), expected, "{quantity}");
        }
    }
}

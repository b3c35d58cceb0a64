//! Which way to pay a shop asks for, with the sandbox's list of ways and their limits.

use crate::money::Kopecks;
use crate::state::payment::MethodKind;
use crate::yookassa::errors::Refusal;
use crate::yookassa::fields::BodyFields;

/// The most the fast payment system moves at once: 700 000 roubles.
const SBP_MAX: Kopecks = Kopecks(70_000_000);
/// The least of any way to pay: one rouble.
const ANY_MIN: Kopecks = Kopecks(100);
/// A card number's digits.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 14..=19;

/// Kinds YooKassa knows and this sandbox does not play.
const NOT_PLAYED: [&str; 8] = [
    "cash",
    "sberbank",
    "tinkoff_bank",
    "mobile_balance",
    "b2b_sberbank",
    "sber_loan",
    "electronic_certificate",
    "sber_bnpl",
];

/// What a shop says about how it is to be paid.
#[derive(Debug)]
pub enum RequestedMethod {
    /// Nothing: the payer chooses on the page.
    Any,
    /// This kind.
    Kind(MethodKind),
    /// This very card (shops with PCI DSS).
    Card(String),
    /// A way saved earlier: charged without the payer.
    Saved(String),
}

/// Reads `payment_method_data` and `payment_method_id`.
///
/// # Errors
/// 400 for unknown kinds, kinds not played here, and sums the kind does not move.
pub fn wanted(body: &BodyFields<'_>, amount: Kopecks) -> Result<RequestedMethod, Refusal> {
    if amount < ANY_MIN {
        return Err(Refusal::field("amount.value", "Must be at least 1.00"));
    }
    if let Some(id) = body.text("payment_method_id", 100)? {
        return Ok(RequestedMethod::Saved(id));
    }
    let Some(data) = body.child("payment_method_data")? else {
        return Ok(RequestedMethod::Any);
    };
    let name = data.need("type", data.text("type", 64)?)?;
    let Some(kind) = MethodKind::of(&name) else {
        let words = if NOT_PLAYED.contains(&name.as_str()) {
            "Payment method is not available for this shop"
        } else {
            "Unknown payment method type"
        };
        return Err(data.refuse("type", words));
    };
    if kind == MethodKind::Sbp && amount > SBP_MAX {
        return Err(Refusal::field(
            "amount.value",
            "Must be at most 700000.00 for sbp",
        ));
    }
    match (kind, data.child("card")?) {
        (MethodKind::BankCard, Some(card)) => {
            let number = card.need("number", card.text("number", 19)?)?;
            if !number.bytes().all(|byte| byte.is_ascii_digit()) || !CARD_DIGITS.contains(&number.len()) {
                return Err(card.refuse("number", "Must be a card number"));
            }
            card.need("expiry_year", card.text("expiry_year", 4)?)?;
            card.need("expiry_month", card.text("expiry_month", 2)?)?;
            Ok(RequestedMethod::Card(number))
        }
        (MethodKind::BankCard, None) | (MethodKind::Sbp | MethodKind::YooMoney, _) => {
            Ok(RequestedMethod::Kind(kind))
        }
    }
}

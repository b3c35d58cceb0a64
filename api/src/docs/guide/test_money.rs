//! What pays in `make run`, where the providers are played: the cards and banks of the sandbox, which a test asks for them.

use crate::language::Language;

/// What the bank of a test card says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardOutcome {
    /// Yes.
    Approved,
    /// Yes, once it got a code; any will do.
    ApprovedByCode,
    /// No, for this reason: the payment's `failure`.
    Declined(&'static str),
}

use CardOutcome::{Approved, ApprovedByCode, Declined};

/// `YooKassa`'s test cards.
pub const CARDS: [(&str, CardOutcome); 19] = [
    ("5555555555554444", Approved),
    ("4111111111111111", Approved),
    ("2202474301322987", Approved),
    ("5555555555554477", ApprovedByCode),
    ("4793128161644804", ApprovedByCode),
    ("2200000000000004", ApprovedByCode),
    ("5555555555554600", Declined("insufficient_funds")),
    ("5555555555554592", Declined("3d_secure_failed")),
    ("5555555555554535", Declined("call_issuer")),
    ("5555555555554543", Declined("card_expired")),
    ("5555555555554584", Declined("country_forbidden")),
    ("5555555555554568", Declined("fraud_suspected")),
    ("5555555555554634", Declined("fraud_suspected")),
    ("5555555555554527", Declined("general_decline")),
    ("5555555555554618", Declined("invalid_card_number")),
    ("5555555555554626", Declined("invalid_csc")),
    ("5555555555554501", Declined("issuer_unavailable")),
    ("5555555555554576", Declined("payment_method_limit_exceeded")),
    ("5555555555554550", Declined("payment_method_restricted")),
];

/// The banks of the faster payments system, by the ids that payouts name.
pub const BANKS: [(&str, &str); 6] = [
    ("100000000111", "Сбербанк"),
    ("100000000004", "Т-Банк"),
    ("100000000005", "Банк ВТБ"),
    ("100000000008", "Альфа-Банк"),
    ("100000000007", "Райффайзенбанк"),
    ("100000000022", "ЮMoney"),
];

/// The cards as rows of a table.
pub fn card_rows(language: Language) -> String {
    let row = |(number, outcome)| {
        let outcome = match (outcome, language) {
            (Approved, Language::Russian) => "проходит".to_owned(),
            (Approved, Language::English) => "goes through".to_owned(),
            (ApprovedByCode, Language::Russian) => "проходит с кодом из СМС (любым)".to_owned(),
            (ApprovedByCode, Language::English) => "goes through with a code (any will do)".to_owned(),
            (Declined(reason), Language::Russian) => format!("отказ: <code>{reason}</code>"),
            (Declined(reason), Language::English) => format!("declined: <code>{reason}</code>"),
        };
        format!("<tr><td><code>{number}</code></td><td>{outcome}</td></tr>\n")
    };
    CARDS.into_iter().map(row).collect()
}

/// The banks as rows of a table.
pub fn bank_rows() -> String {
    let row = |(id, name)| format!("<tr><td><code>{id}</code></td><td>{name}</td></tr>\n");
    BANKS.into_iter().map(row).collect()
}

//! YooKassa's test cards and what each of them does (its page on testing, as collected in the research).

/// What a card's bank says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardOutcome {
    /// Approved; whether the bank asked for 3-D Secure first.
    Approved {
        /// 3-D Secure was asked for.
        three_d_secure: bool,
    },
    Declined {
        /// `cancellation_details.party`.
        party: &'static str,
        /// `cancellation_details.reason`.
        reason: &'static str,
    },
}

const NETWORK: &str = "payment_network";
const YOO_MONEY: &str = "yoo_money";

const CARDS: [(&str, CardOutcome); 19] = [
    ("5555555555554477", approved(true)),
    ("5555555555554444", approved(false)),
    ("4793128161644804", approved(true)),
    ("4111111111111111", approved(false)),
    ("2200000000000004", approved(true)),
    ("2202474301322987", approved(false)),
    ("5555555555554592", declined(NETWORK, "3d_secure_failed")),
    ("5555555555554535", declined(NETWORK, "call_issuer")),
    ("5555555555554543", declined(NETWORK, "card_expired")),
    ("5555555555554568", declined(NETWORK, "fraud_suspected")),
    ("5555555555554527", declined(NETWORK, "general_decline")),
    ("5555555555554600", declined(NETWORK, "insufficient_funds")),
    ("5555555555554618", declined(NETWORK, "invalid_card_number")),
    ("5555555555554626", declined(NETWORK, "invalid_csc")),
    ("5555555555554501", declined(NETWORK, "issuer_unavailable")),
    (
        "5555555555554576",
        declined(NETWORK, "payment_method_limit_exceeded"),
    ),
    ("5555555555554550", declined(NETWORK, "payment_method_restricted")),
    ("5555555555554584", declined(YOO_MONEY, "country_forbidden")),
    ("5555555555554634", declined(YOO_MONEY, "fraud_suspected")),
];

const fn approved(three_d_secure: bool) -> CardOutcome {
    CardOutcome::Approved { three_d_secure }
}

const fn declined(party: &'static str, reason: &'static str) -> CardOutcome {
    CardOutcome::Declined { party, reason }
}

/// The card the control surface pays with when none is named.
pub const USUAL_CARD: &str = "5555555555554477";

/// The bank's verdict; a card that is no test card has an invalid number.
pub fn card_outcome(number: &str) -> CardOutcome {
    CARDS
        .iter()
        .find(|(card, _)| *card == number)
        .map_or(declined(NETWORK, "invalid_card_number"), |(_, verdict)| *verdict)
}

/// `card_type` by the first digits.
pub fn card_type(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'2', b'2', ..] => "Mir",
        [b'4', ..] => "Visa",
        [b'5', ..] => "MasterCard",
        _ => "Unknown",
    }
}

/// All test cards with what they do, for the payment page.
pub fn all() -> impl Iterator<Item = (&'static str, CardOutcome)> {
    CARDS.into_iter()
}

//! What each fact and each instruction says, in a sentence of English and of Russian. No sentence holds personal data: facts
//! have none, and names are put beside sentences, never into them.
//!
//! Every match is exhaustive: a new event does not compile until it can be told in both languages.

mod en;
mod ru;

use commands::intents::Intent;
use domain::any_event::AnyEvent;
use serde::Serialize;

/// One sentence in both languages, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    /// In English.
    pub en: String,
    /// In Russian.
    pub ru: String,
}

/// What happened.
pub fn of_fact(fact: &AnyEvent) -> Sentence {
    match fact {
        AnyEvent::Booking(event) => both(en::booking::sentence(event), ru::booking::sentence(event)),
        AnyEvent::DoctorDay(event) => both(en::day::sentence(event), ru::day::sentence(event)),
        AnyEvent::Payment(event) => both(en::payment::sentence(event), ru::payment::sentence(event)),
        AnyEvent::Wallet(event) => both(en::wallet::sentence(event), ru::wallet::sentence(event)),
        AnyEvent::Payout(event) => both(en::payout::sentence(event), ru::payout::sentence(event)),
        AnyEvent::PriceList(event) => both(en::price_list::sentence(event), ru::price_list::sentence(event)),
        AnyEvent::Account(event) => both(en::account::sentence(event), ru::account::sentence(event)),
    }
}

/// What a process wants done.
pub fn of_intent(intent: &Intent) -> Sentence {
    both(en::intent::sentence(intent), ru::intent::sentence(intent))
}

/// What this release cannot read.
pub fn unreadable() -> Sentence {
    both(
        "Something of a newer release, which this one cannot read".into(),
        "Нечто из более нового выпуска, который этот прочесть не может".into(),
    )
}

const fn both(en: String, ru: String) -> Sentence {
    Sentence { en, ru }
}

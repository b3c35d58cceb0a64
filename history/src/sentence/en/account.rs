//! The facts of accounts, in English.

use domain::account::events::{AccountEvent as Event, AccountField};

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Deactivated { reason, by, .. } => format!(
            "The account was deactivated by {}: {}",
            words::actor(*by),
            words::deactivation_reason(*reason)
        ),
        Event::Reactivated { by, .. } => format!("The account was reactivated by {}", words::actor(*by)),
        Event::Edited { fields, by, .. } => format!(
            "The account was edited by {}: {}",
            words::actor(*by),
            named(fields)
        ),
        Event::SessionsEnded { session_id, by, .. } => format!(
            "{} ended by {}",
            match session_id {
                Some(_) => "A session was",
                None => "All sessions were",
            },
            words::actor(*by)
        ),
        Event::Applied { by, .. } => format!("The doctor applied to be verified ({})", words::actor(*by)),
        Event::ApplicationRefused { reason, by, .. } => format!(
            "The doctor's application was refused by {}: {}",
            words::actor(*by),
            words::application_refused_reason(*reason)
        ),
        Event::Verified { by, .. } => format!("The doctor was verified by {}", words::actor(*by)),
        Event::Unverified { reason, by, .. } => format!(
            "The doctor is no longer verified, says {}: {}",
            words::actor(*by),
            words::unverified_reason(*reason)
        ),
        Event::JoinedClinic { by, .. } => format!("The doctor joined a clinic, says {}", words::actor(*by)),
        Event::LeftClinic { by, .. } => format!(
            "The doctor is no longer of the clinic, says {}",
            words::actor(*by)
        ),
        Event::BankAccountNamed { rests_until, by, .. } => format!(
            "A new bank account was named by {}; money goes there from {rests_until:.0} on",
            words::actor(*by)
        ),
    }
}

fn named(fields: &[AccountField]) -> String {
    let words: Vec<&str> = fields.iter().map(|field| words::account_field(*field)).collect();
    words.join(", ")
}

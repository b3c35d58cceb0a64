//! What an app may be let do: a third party's program that signs in with credentials of its own and acts for patients who agreed.

use serde::{Deserialize, Serialize};

/// What an app may do for a patient who agreed to it (a scope of RFC 6749).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum AppScope {
    /// See bookings, their history and what cancelling costs.
    #[serde(rename = "bookings:read")]
    BookingsRead,
    /// Book, move and cancel visits.
    #[serde(rename = "bookings:write")]
    BookingsWrite,
    /// See payments.
    #[serde(rename = "payments:read")]
    PaymentsRead,
    /// Begin to pay for a visit; never from the patient's wallet.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
}

impl AppScope {
    /// Every scope, in the order of the contract.
    pub const ALL: [Self; 4] = [
        Self::BookingsRead,
        Self::BookingsWrite,
        Self::PaymentsRead,
        Self::PaymentsWrite,
    ];

    /// The word used in tokens, requests and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BookingsRead => "bookings:read",
            Self::BookingsWrite => "bookings:write",
            Self::PaymentsRead => "payments:read",
            Self::PaymentsWrite => "payments:write",
        }
    }

    /// The scope named by `word`, if there is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::BookingsRead => 1,
            Self::BookingsWrite => 2,
            Self::PaymentsRead => 4,
            Self::PaymentsWrite => 8,
        }
    }
}

/// Some of the scopes, each once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AppScopes(u8);

impl AppScopes {
    /// Whether this scope is among them.
    pub const fn contains(self, scope: AppScope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of these are among them.
    pub const fn contains_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Those that are among both.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// They, in the order of the contract.
    pub fn iter(self) -> impl Iterator<Item = AppScope> {
        AppScope::ALL
            .into_iter()
            .filter(move |scope| self.contains(*scope))
    }

    /// Their words, in the order of the contract.
    pub fn words(self) -> Vec<&'static str> {
        self.iter().map(AppScope::as_str).collect()
    }

    /// Reads words separated by single spaces (RFC 6749 section 3.3); none where one of them is no scope.
    pub fn parse(words: &str) -> Option<Self> {
        words.split(' ').map(AppScope::parse).collect()
    }
}

impl FromIterator<AppScope> for AppScopes {
    fn from_iter<Scopes: IntoIterator<Item = AppScope>>(scopes: Scopes) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl std::fmt::Display for AppScopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written_whatever_their_order() {
        let some = AppScopes::parse("payments:read bookings:read").unwrap();
        assert_eq!(some.to_string(), "bookings:read payments:read");
        assert_eq!(AppScopes::parse(&some.to_string()), Some(some));
        assert!(some.contains(AppScope::PaymentsRead) && !some.contains(AppScope::PaymentsWrite));
        assert!(AppScopes::from_iter(AppScope::ALL).contains_all(some));
        assert!(!some.contains_all(AppScopes::from_iter(AppScope::ALL)));
        for words in ["", "bookings", "bookings:read  payments:read", "Bookings:read"] {
            assert_eq!(AppScopes::parse(words), None, "{words:?}");
        }
    }
}

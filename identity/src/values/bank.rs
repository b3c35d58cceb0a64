//! A bank of the faster payments system, by its id there.

use super::ValueRefusal;

/// A bank's id in the faster payments system; not personal by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BankId(String);

impl BankId {
    /// The system's ids are so many letters and digits (YooKassa, `GET /sbp_banks`).
    pub const CHARS: usize = 12;

    /// Reads an id of twelve letters and digits.
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let text = raw.trim();
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain && text.len() == Self::CHARS {
            Ok(Self(text.to_owned()))
        } else {
            Err(ValueRefusal::NotABank)
        }
    }

    /// An id read back from where a parsed one was stored.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    /// Twelve letters and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_twelve_letters_and_digits() {
        assert_eq!(BankId::parse(" 100000000111 ").unwrap().as_str(), "100000000111");
        for raw in ["", "10000000011", "1000000001111", "10000000011-", "10000000011я"] {
            assert_eq!(BankId::parse(raw), Err(ValueRefusal::NotABank), "{raw:?}");
        }
    }
}

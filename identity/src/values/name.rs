//! What people and clinics are called.

use std::fmt;

use super::ValueRefusal;
use super::text::Alphabet;

/// A person's first or last name, 2 to 50 characters; hidden in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (2, 50);

    /// Reads a name, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Name.read(raw, Self::CHARS).map(Self)
    }

    /// A name read back from where a parsed one was stored.
    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name itself: personal data, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(hidden)")
    }
}

/// What a clinic calls itself in public, 2 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClinicName(String);

impl ClinicName {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (2, 200);

    /// Reads a name, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Name.read(raw, Self::CHARS).map(Self)
    }

    /// Public, unlike a person's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_counted_in_characters_and_trimmed() {
        assert_eq!(PersonName::parse(" Ян ").unwrap().as_str(), "Ян");
        assert!(PersonName::parse(&"я".repeat(50)).is_ok());
        assert_eq!(
            PersonName::parse(&"я".repeat(51)),
            Err(ValueRefusal::TooLong { max: 50 })
        );
        assert_eq!(PersonName::parse(" я "), Err(ValueRefusal::TooShort { min: 2 }));
    }

    #[test]
    fn an_unseen_character_is_refused() {
        for raw in ["Ив\0ан", "Ив\nан", "Ив\u{202E}ан", "Ив\u{200B}ан", "Ив\u{7f}ан"] {
            assert_eq!(
                PersonName::parse(raw),
                Err(ValueRefusal::ControlCharacter),
                "{raw:?}"
            );
        }
    }
}

//! What a doctor says of the licence with which they practise.

use std::fmt;

use super::ValueRefusal;
use super::text::Alphabet;

/// A licence's number as its paper has it, 4 to 64 characters; hidden in `Debug` output, since a register tells whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenceNumber(String);

impl LicenceNumber {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (4, 64);

    /// Reads a number, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Name.read(raw, Self::CHARS).map(Self)
    }

    /// The number itself: personal data, never for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LicenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LicenceNumber(hidden)")
    }
}

/// Who issued a licence, 2 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LicenceIssuer(String);

impl LicenceIssuer {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (2, 200);

    /// Reads a name, trimming it.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`], [`ValueRefusal::TooLong`] or [`ValueRefusal::ControlCharacter`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        Alphabet::Name.read(raw, Self::CHARS).map(Self)
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_its_paper_has_it_and_not_shown() {
        let number = LicenceNumber::parse(" Л041-01137-77/00123456 ").unwrap();
        assert_eq!(number.as_str(), "Л041-01137-77/00123456");
        assert!(!format!("{number:?}").contains("00123456"));
        assert_eq!(
            LicenceNumber::parse("Л04"),
            Err(ValueRefusal::TooShort { min: 4 })
        );
        let unseen = LicenceNumber::parse("Л041\u{200B}-77");
        assert_eq!(unseen, Err(ValueRefusal::ControlCharacter));
    }
}

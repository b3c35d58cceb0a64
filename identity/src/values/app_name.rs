//! What an app is called, as patients are shown it.

use super::ValueRefusal;
use super::text::Alphabet;

/// An app's name, 2 to 100 characters; public, no person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppName(String);

impl AppName {
    /// How many characters, at least and at most.
    pub const CHARS: (usize, usize) = (2, 100);

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

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

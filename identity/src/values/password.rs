//! A password on its way to the hash: never shown, wiped from memory when dropped.

use secrecy::{ExposeSecret, SecretString};

use super::ValueRefusal;

/// What a person types to prove who they are.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// The fewest characters of one being chosen.
    pub const CHARS_MIN: usize = 8;
    /// The most characters: bounds the work of the hash's first pass over its input.
    pub const CHARS_MAX: usize = 128;

    /// Reads a password being chosen: 8 to 128 characters, every one of them meant.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`] or [`ValueRefusal::TooLong`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        if raw.chars().count() < Self::CHARS_MIN {
            return Err(ValueRefusal::TooShort { min: Self::CHARS_MIN });
        }
        Self::presented(raw)
    }

    /// Reads a password presented at login, where a short one is not a fault of form but simply wrong.
    ///
    /// # Errors
    /// [`ValueRefusal::TooShort`] when empty, [`ValueRefusal::TooLong`].
    pub fn presented(raw: &str) -> Result<Self, ValueRefusal> {
        if raw.is_empty() {
            return Err(ValueRefusal::TooShort { min: 1 });
        }
        if raw.chars().count() > Self::CHARS_MAX {
            return Err(ValueRefusal::TooLong { max: Self::CHARS_MAX });
        }
        Ok(Self(SecretString::from(raw)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_password_has_eight_to_128_characters() {
        assert_eq!(
            Password::parse("1234567").unwrap_err(),
            ValueRefusal::TooShort { min: 8 }
        );
        assert!(Password::parse("admin123").is_ok());
        assert!(Password::parse(&"я".repeat(128)).is_ok());
        assert_eq!(
            Password::parse(&"я".repeat(129)).unwrap_err(),
            ValueRefusal::TooLong { max: 128 }
        );
    }

    #[test]
    fn a_presented_password_may_be_short_but_not_endless() {
        assert!(Password::presented("1").is_ok());
        assert!(Password::presented("").is_err());
        assert!(Password::presented(&"x".repeat(129)).is_err());
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert!(!format!("{:?}", Password::parse("marker-password").unwrap()).contains("marker"));
    }
}

//! A code that somebody is sent, and brings back once: short enough to type, of letters that are not taken for one another, or of digits where
//! it comes by a text message.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{ValueRefusal, as_typed};
use crate::random;

/// What codes are written with: no I and 1, no O and 0.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Letters of a code, five bits each: 50 bits, of which five tries find out nothing.
const LETTERS: usize = 10;
/// Digits of a code by a text message: phones offer it by themselves, and few are sent.
const DIGITS: usize = 6;
/// Letters between two dashes.
const GROUP: usize = 5;

/// The code; never shown in `Debug` output.
#[derive(Clone)]
pub struct OneTimeCode(SecretString);

impl OneTimeCode {
    /// Reads a code, whatever stands between its letters and however they are written.
    ///
    /// # Errors
    /// [`ValueRefusal::NotAOneTimeCode`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let plain = as_typed(raw);
        let is_code = plain.len() == LETTERS && plain.bytes().all(|letter| ALPHABET.contains(&letter));
        match is_code {
            true => Ok(Self(SecretString::from(plain))),
            false => Err(ValueRefusal::NotAOneTimeCode),
        }
    }

    /// Reads one of six digits, whatever stands between them.
    ///
    /// # Errors
    /// [`ValueRefusal::NotAnSmsCode`].
    pub fn parse_digits(raw: &str) -> Result<Self, ValueRefusal> {
        let plain = as_typed(raw);
        match plain.len() == DIGITS && plain.bytes().all(|digit| digit.is_ascii_digit()) {
            true => Ok(Self(SecretString::from(plain))),
            false => Err(ValueRefusal::NotAnSmsCode),
        }
    }

    /// As it is sent: `ABCDE-FGHJK`, or `123456`.
    pub fn expose(&self) -> String {
        let plain = self.0.expose_secret();
        if plain.len() == DIGITS {
            return plain.to_owned();
        }
        let (first, second) = plain.split_at(GROUP);
        format!("{first}-{second}")
    }

    pub(crate) fn fresh() -> Self {
        let letters = random::bytes::<LETTERS>().map(|byte| {
            // 256 is a multiple of 32: each letter is as likely as any other.
            let letter = ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'A');
            char::from(letter)
        });
        Self(SecretString::from(letters.iter().collect::<String>()))
    }

    pub(crate) fn fresh_digits() -> Self {
        let number = u64::from_be_bytes(random::bytes()) % 1_000_000;
        Self(SecretString::from(format!("{number:06}")))
    }

    /// Its letters alone, for the digest that is kept of it.
    pub(crate) fn plain(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_by_a_text_message_is_six_digits() {
        let code = OneTimeCode::fresh_digits();
        let written = code.expose();
        assert_eq!(written.len(), 6);
        let typed = format!(" {} {}", &written[..3], &written[3..]);
        assert_eq!(OneTimeCode::parse_digits(&typed).unwrap().plain(), code.plain());
        for raw in ["", "12345", "1234567", "12345A", "١٢٣٤٥٦"] {
            assert!(OneTimeCode::parse_digits(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_code_is_read_however_it_is_typed_and_is_shown_to_nobody() {
        let code = OneTimeCode::fresh();
        let written = code.expose();
        assert_eq!(written.len(), 11);
        let typed = written.to_lowercase().replace('-', " ");
        assert_eq!(OneTimeCode::parse(&typed).unwrap().plain(), code.plain());
        assert_ne!(OneTimeCode::fresh().plain(), code.plain());
        assert_eq!(format!("{code:?}"), "OneTimeCode(hidden)");
        for raw in [
            "",
            &written[1..],
            "ABCDE-FGHJ1",
            "ABCDE-FGHJI",
            "ABCDE-FGHJ0",
            "АБВГД-ЕЖЗИК",
        ] {
            assert!(OneTimeCode::parse(raw).is_err(), "{raw}");
        }
    }
}

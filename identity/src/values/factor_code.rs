//! What somebody types to prove a second factor: a code of their app, or one of the codes for when the app is lost.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{ValueRefusal, as_typed};
use crate::random;
use crate::totp::TotpCode;

/// Random bytes of a recovery code: above the 112 bits from which on a plain hash is enough (ASVS 6.5.2).
const BYTES: usize = 15;
/// Letters that they are written with.
const LETTERS: usize = 24;
/// Letters between two dashes.
const GROUP: usize = 4;

/// A code that stands in for the app, once; never shown in `Debug` output.
#[derive(Clone)]
pub struct RecoveryCode(SecretString);

impl RecoveryCode {
    /// Reads a code, whatever stands between its letters and however they are written.
    ///
    /// # Errors
    /// [`ValueRefusal::NotACode`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let plain = as_typed(raw);
        if plain.len() != LETTERS || BASE32_NOPAD.decode(plain.as_bytes()).is_err() {
            return Err(ValueRefusal::NotACode);
        }
        Ok(Self(SecretString::from(plain)))
    }

    /// As its owner keeps it: `ABCD-EFGH-…`.
    pub fn expose(&self) -> String {
        let mut written = String::with_capacity(LETTERS + LETTERS / GROUP);
        for (place, letter) in self.0.expose_secret().chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                written.push('-');
            }
            written.push(letter);
        }
        written
    }

    pub(crate) fn fresh() -> Self {
        Self(SecretString::from(BASE32_NOPAD.encode(&random::bytes::<BYTES>())))
    }

    /// What is stored in its place.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(hidden)")
    }
}

/// Either of them.
#[derive(Clone, Debug)]
pub enum FactorCode {
    /// Of the app.
    Totp(TotpCode),
    /// For when the app is lost.
    Recovery(RecoveryCode),
}

impl FactorCode {
    /// Reads either.
    ///
    /// # Errors
    /// [`ValueRefusal::NotACode`].
    pub fn parse(raw: &str) -> Result<Self, ValueRefusal> {
        let totp = TotpCode::parse(raw).map(Self::Totp);
        totp.or_else(|_| RecoveryCode::parse(raw).map(Self::Recovery))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        let code = RecoveryCode::fresh();
        let written = code.expose();
        assert_eq!(written.len(), 29);
        let typed = written.to_lowercase().replace('-', " ");
        assert_eq!(RecoveryCode::parse(&typed).unwrap().digest(), code.digest());
        assert_ne!(RecoveryCode::fresh().digest(), code.digest());
        assert_eq!(format!("{code:?}"), "RecoveryCode(hidden)");
        for raw in ["", &written[1..], &written.replace('-', "1"), "ABCD"] {
            assert!(RecoveryCode::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn either_kind_is_told_by_its_form() {
        assert!(matches!(FactorCode::parse("123 456"), Ok(FactorCode::Totp(_))));
        let written = RecoveryCode::fresh().expose();
        assert!(matches!(FactorCode::parse(&written), Ok(FactorCode::Recovery(_))));
        assert!(FactorCode::parse("not a code").is_err());
    }
}

//! Opaque tokens: 256 random bits behind a prefix, of which nothing but a digest is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::random;

/// Characters of base64url that 256 bits have.
pub(crate) const ENCODED_CHARS: usize = 43;

/// A token of any kind; the prefix tells the kinds apart at a glance, also for secret scanners.
#[derive(Clone)]
pub(crate) struct OpaqueToken(SecretString);

impl OpaqueToken {
    /// Reads a token of this prefix; none of what does not look like one, which was never issued.
    pub(crate) fn parse(prefix: &str, raw: &str) -> Option<Self> {
        let encoded = raw.strip_prefix(prefix)?;
        // Measured first: nothing long is decoded.
        if encoded.len() != ENCODED_CHARS {
            return None;
        }
        URL_SAFE_NO_PAD.decode(encoded).ok()?;
        Some(Self(SecretString::from(raw)))
    }

    /// One that nobody can foresee.
    pub(crate) fn fresh(prefix: &str) -> Self {
        Self::of(prefix, random::bytes())
    }

    /// The one of these bytes.
    pub(crate) fn of(prefix: &str, bytes: [u8; 32]) -> Self {
        let encoded = URL_SAFE_NO_PAD.encode(bytes);
        Self(SecretString::from(format!("{prefix}{encoded}")))
    }

    /// The token itself, for the one place it belongs into.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored in its place.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hidden")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written_and_by_its_own_prefix_alone() {
        let token = OpaqueToken::fresh("totx_");
        let again = OpaqueToken::parse("totx_", token.expose()).unwrap();
        assert_eq!(again.digest(), token.digest());
        assert!(OpaqueToken::parse("toty_", token.expose()).is_none());
        assert_ne!(OpaqueToken::fresh("totx_").digest(), token.digest());
    }

    #[test]
    fn what_was_never_issued_is_no_token() {
        let token = OpaqueToken::of("totx_", [7; 32]);
        let bare = token.expose().trim_start_matches("totx_");
        let longer = format!("totx_{bare}A");
        let foreign = format!("totx_{}", bare.replacen('B', "+", 1));
        for raw in ["", "totx_", bare, &longer, &foreign, &token.expose()[..47]] {
            assert!(OpaqueToken::parse("totx_", raw).is_none(), "{raw}");
        }
    }

    #[test]
    fn a_token_does_not_show_itself() {
        assert_eq!(format!("{:?}", OpaqueToken::fresh("totx_")), "hidden");
    }
}

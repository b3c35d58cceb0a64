//! Keyed hashes in the audit trail: the same address is the same hash again, and whoever reads the trail learns no address from it.

use std::net::IpAddr;

use hmac::digest::{Key, KeyInit};
use hmac::{Hmac, Mac};
use identity::Email;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What tells this key from others of the same secret.
const CONTEXT: &[u8] = b"tot audit trail v1\n";

/// Hashes under a key of this deployment.
#[derive(Clone)]
pub struct TrailHashes(Hmac<Sha256>);

impl TrailHashes {
    /// Under a key that is drawn from this secret.
    pub fn new(secret: &SecretString) -> Self {
        let mut key = Key::<Hmac<Sha256>>::default();
        let digest = Sha256::new()
            .chain_update(CONTEXT)
            .chain_update(secret.expose_secret().as_bytes())
            .finalize();
        key.iter_mut().zip(digest).for_each(|(slot, byte)| *slot = byte);
        Self(<Hmac<Sha256> as KeyInit>::new(&key))
    }

    /// Of a client's address; one of IPv4 is the same however it is written.
    pub fn address(&self, address: IpAddr) -> [u8; 16] {
        let octets = match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
            IpAddr::V6(v6) => v6.octets(),
        };
        self.of(b"address", &octets)
    }

    /// Of an e-mail address that was typed.
    pub fn typed(&self, email: &Email) -> [u8; 16] {
        self.of(b"e-mail", email.as_str().as_bytes())
    }

    fn of(&self, purpose: &[u8], bytes: &[u8]) -> [u8; 16] {
        let mut mac = self.0.clone();
        for part in [purpose, b"\n", bytes] {
            mac.update(part);
        }
        let mut hash = [0; 16];
        hash.iter_mut()
            .zip(mac.finalize().into_bytes())
            .for_each(|(slot, byte)| *slot = byte);
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(secret: &str) -> TrailHashes {
        TrailHashes::new(&SecretString::from(secret))
    }

    #[test]
    fn an_address_is_the_same_again_under_its_key_alone() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let known = hashes("one").address(address("192.0.2.1"));
        assert_eq!(known, hashes("one").address(address("::ffff:192.0.2.1")));
        assert_ne!(known, hashes("two").address(address("192.0.2.1")));
        assert_ne!(known, hashes("one").address(address("192.0.2.2")));
    }
}

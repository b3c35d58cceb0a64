//! What keys are called in Redis: by a keyed hash, so that no address and no account can be read there, and nobody can aim at a group.

use hmac::digest::{Key, KeyInit};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// Over how many groups keys are spread, a power of two: so a million keys make few thousand strings, not a million.
const GROUPS: u16 = 1 << 14;
/// Tells the key of these names from whatever else the deployment's secret signs.
const PURPOSE: &[u8] = b"tot rate limits 1";

/// Names keys under a key of its own, which all processes of a deployment derive from one secret.
#[derive(Clone)]
pub struct Names(Hmac<Sha256>);

/// Where a key is counted.
pub struct Name {
    /// The string in Redis. In braces is what a cluster places keys by: all of ours together.
    pub group: String,
    /// Which entry of it.
    pub tag: [u8; 6],
}

impl Names {
    /// Under a key derived from the deployment's secret.
    pub fn under(secret: &SecretString) -> Self {
        let master = keyed(&Sha256::digest(secret.expose_secret().as_bytes()));
        let own = master.chain_update(PURPOSE).finalize().into_bytes();
        Self(keyed(&own))
    }

    /// The name of `key` under `policy`, among the groups whose names end so.
    pub fn of(&self, kind: &str, policy: &str, key: &[u8]) -> Name {
        let mac = self.0.clone().chain_update(policy).chain_update([0]);
        let hash = mac.chain_update(key).finalize().into_bytes();
        let (mut group, mut tag) = ([0; 2], [0; 6]);
        group.iter_mut().zip(&hash).for_each(|(to, from)| *to = *from);
        tag.iter_mut()
            .zip(hash.iter().skip(2))
            .for_each(|(to, from)| *to = *from);
        let group = u16::from_be_bytes(group) % GROUPS;
        Name {
            group: format!("tot:{{limits}}:{kind}{group:04x}"),
            tag,
        }
    }
}

fn keyed(bytes: &[u8]) -> Hmac<Sha256> {
    let mut key = Key::<Hmac<Sha256>>::default();
    key.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
    <Hmac<Sha256> as KeyInit>::new(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_processes_of_a_deployment_agree_on_a_name_and_no_other_deployment_does() {
        let named = |secret: &str, policy: &str, key: &[u8]| {
            let name = Names::under(&secret.to_owned().into()).of("g", policy, key);
            (name.group, name.tag)
        };
        let one = named("5e5e", "requests", b"192.0.2.1");
        assert_eq!(one, named("5e5e", "requests", b"192.0.2.1"));
        assert_ne!(one, named("5e5f", "requests", b"192.0.2.1"));
        assert_ne!(one, named("5e5e", "logins", b"192.0.2.1"));
        assert_ne!(one, named("5e5e", "requests", b"192.0.2.2"));
    }
}

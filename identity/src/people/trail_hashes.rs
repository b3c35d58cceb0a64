//! Keyed hashes in the audit trail: the same address is the same hash again, and whoever reads the trail learns no address from it.

use std::net::IpAddr;

use crate::keys::master::MasterKeys;
use crate::values::contact::Email;

/// Of a client's address.
const ADDRESS: &str = "audit trail address";
/// Of an e-mail address that was typed.
const TYPED: &str = "audit trail e-mail";

/// The first half of a keyed hash: enough to tell one from another.
pub type TrailHash = [u8; 16];

/// Of a client's address, under the key that seals; none in a process without master keys.
pub fn address_hash(keys: &MasterKeys, address: IpAddr) -> Option<TrailHash> {
    let found = keys.keyed_hash(ADDRESS, &octets(address)).ok()?;
    first_half(found.hash)
}

/// The same under every key there is: what was recorded before keys were changed is found, too.
pub fn address_hashes(keys: &MasterKeys, address: IpAddr) -> Vec<TrailHash> {
    let found = keys.keyed_hashes(ADDRESS, &octets(address));
    let found = found.unwrap_or_default().into_iter();
    found.filter_map(|found| first_half(found.hash)).collect()
}

/// Of an e-mail address that was typed.
pub fn typed_hash(keys: &MasterKeys, email: &Email) -> Option<TrailHash> {
    let found = keys.keyed_hash(TYPED, email.as_str().as_bytes()).ok()?;
    first_half(found.hash)
}

/// Reads 32 lower-case hex digits.
pub fn parse_trail_hash(digits: &str) -> Option<TrailHash> {
    let mut hash = [0; 16];
    let is_lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    hex::decode_to_slice(digits, &mut hash)
        .ok()
        .filter(|()| is_lower)
        .map(|()| hash)
}

/// An address of IPv4 is the same however it is written.
fn octets(address: IpAddr) -> [u8; 16] {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn first_half(hash: [u8; 32]) -> Option<TrailHash> {
    hash.first_chunk().copied()
}

//! Counts the open connections, in all and by address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use super::ConnectionLimits;

/// The bits of an IPv6 address that name its network, all of which one subscriber is given.
const NETWORK_OF_IPV6: u128 = !0 << 64;

/// The connections that are open.
#[derive(Clone, Default)]
pub(super) struct Open(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place, free again when it is dropped.
pub(super) struct Place {
    open: Open,
    address: IpAddr,
}

impl Open {
    /// A place for one more connection, or which bound it would pass.
    pub(super) fn take(&self, address: IpAddr, limits: ConnectionLimits) -> Result<Place, &'static str> {
        let address = counted_under(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.total >= limits.total_max {
            return Err("total");
        }
        let of_address = counts.by_address.get(&address).copied().unwrap_or_default();
        if of_address >= limits.per_address_max {
            return Err("address");
        }
        counts.by_address.insert(address, of_address + 1);
        counts.total += 1;
        drop(counts);
        Ok(Place {
            open: self.clone(),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.open.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        if let Entry::Occupied(mut of_address) = counts.by_address.entry(self.address) {
            *of_address.get_mut() = of_address.get().saturating_sub(1);
            if *of_address.get() == 0 {
                of_address.remove();
            }
        }
    }
}

/// What connections from an address are counted under.
fn counted_under(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & NETWORK_OF_IPV6)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ConnectionLimits = ConnectionLimits {
        header_within: std::time::Duration::ZERO,
        idle_within: std::time::Duration::ZERO,
        header_bytes_max: 8_192,
        per_address_max: 2,
        total_max: 3,
    };

    #[test]
    fn one_address_fills_its_own_places_and_no_others() {
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let open = Open::default();
        let first = open.take(one, LIMITS);
        let _second = open.take(one, LIMITS);
        assert_eq!(open.take(one, LIMITS).err(), Some("address"));
        let _third = open.take(other, LIMITS);
        assert_eq!(open.take(other, LIMITS).err(), Some("total"));
        drop(first);
        assert!(open.take(one, LIMITS).is_ok());
    }

    #[test]
    fn what_is_refused_and_what_is_gone_leaves_no_trace() {
        let open = Open::default();
        let address = IpAddr::from([127, 0, 0, 1]);
        let taken = [open.take(address, LIMITS), open.take(address, LIMITS)];
        assert!(open.take(address, LIMITS).is_err());
        drop(taken);
        let counts = open.0.lock().unwrap();
        assert_eq!((counts.total, counts.by_address.len()), (0, 0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_one_is_its_own() {
        let under = |text: &str| counted_under(text.parse().unwrap()).to_string();
        assert_eq!(under("2001:db8:1:2:3:4:5:6"), under("2001:db8:1:2::1"));
        assert_ne!(under("2001:db8:1:2::1"), under("2001:db8:1:3::1"));
        assert_eq!(under("::ffff:192.0.2.1"), "192.0.2.1");
    }
}

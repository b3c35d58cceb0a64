//! What failures are counted by: devices, accounts, networks, and what each is called among all processes.

use std::net::IpAddr;

use rate_limits::Settlement;

/// Which counters.
#[derive(Clone, Copy)]
pub(super) enum Counter {
    Known,
    Pair,
    Account,
    Code,
    Network(usize),
}

impl Counter {
    /// What all processes call it.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Pair => "pair",
            Self::Account => "account",
            Self::Code => "code",
            Self::Network(0) => "network",
            Self::Network(1) => "site",
            Self::Network(_) => "region",
        }
    }

    /// What becomes of a try that was no failure.
    pub(super) const fn settlement(self) -> Settlement {
        match self {
            Self::Known | Self::Pair => Settlement::Clear,
            Self::Account | Self::Code | Self::Network(_) => Settlement::TakeBack,
        }
    }
}

pub(super) fn named(counter: Counter, key: Vec<u8>) -> rate_limits::Counter {
    rate_limits::Counter {
        kind: counter.kind(),
        key,
    }
}

/// The part of an address that one customer holds, and what lies around it, each with its length: IPv6 hands out /64s, sites have /48s
/// and networks /32s.
pub(super) fn networks_of(address: IpAddr) -> [(u8, u128); 3] {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let bits = u128::from(v4.to_bits());
            [(32, bits), (24, bits >> 8 << 8), (24, bits >> 8 << 8)]
        }
        IpAddr::V6(v6) => {
            let of = |length: u8| (128 + length, v6.to_bits() >> (128 - length) << (128 - length));
            [of(64), of(48), of(32)]
        }
    }
}

pub(super) fn networks_around(from: IpAddr) -> impl Iterator<Item = (Counter, Vec<u8>)> {
    let networks = networks_of(from);
    let levels = networks.into_iter().enumerate();
    let distinct = levels.filter(move |(level, network)| *level == 0 || *network != networks[level - 1]);
    distinct.map(|(level, network)| (Counter::Network(level), network_key(network)))
}

pub(super) fn network_key((length, bits): (u8, u128)) -> Vec<u8> {
    [&[length][..], &bits.to_be_bytes()].concat()
}

//! Where a request comes from: the peer, or what our own proxies say, counted from the right.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use http::request::Parts;
use http::{Extensions, HeaderMap};

use crate::app::App;

/// The address a request is counted under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(pub IpAddr);

impl Address {
    /// The address of the request with these parts.
    pub fn of(extensions: &Extensions, headers: &HeaderMap, trusted_proxies: u8) -> Self {
        // Without connection information (a router called in-process) everybody is one and the same caller.
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Self(forwarded(headers, trusted_proxies).unwrap_or(peer))
    }

    /// The address of a request being read.
    pub fn of_parts(parts: &Parts, app: &App) -> Self {
        Self::of(&parts.extensions, &parts.headers, app.settings().trusted_proxies)
    }
}

/// What our outermost trusted proxy saw: the entry that many places from the right over all headers of the name.
/// Whatever stands further left was written by the caller and proves nothing.
fn forwarded(headers: &HeaderMap, trusted_proxies: u8) -> Option<IpAddr> {
    let back = usize::from(trusted_proxies).checked_sub(1)?;
    let entries: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let entry = entries.iter().rev().nth(back)?;
    entry
        .parse::<IpAddr>()
        .ok()
        .or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(lines: &[&str], trusted_proxies: u8) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4000))));
        Address::of(&extensions, &headers, trusted_proxies).0.to_string()
    }

    #[test]
    fn without_proxies_of_ours_the_header_is_nobodys_word() {
        assert_eq!(seen(&["198.51.100.1"], 0), "10.0.0.1");
    }

    #[test]
    fn entries_are_counted_from_the_right() {
        assert_eq!(seen(&["6.6.6.6, 198.51.100.1"], 1), "198.51.100.1");
        assert_eq!(seen(&["6.6.6.6, 198.51.100.1, 10.1.1.1"], 2), "198.51.100.1");
        assert_eq!(seen(&["6.6.6.6", "198.51.100.1", "10.1.1.1"], 2), "198.51.100.1");
        assert_eq!(seen(&["[2001:db8::1]:443"], 1), "2001:db8::1");
    }

    #[test]
    fn a_header_that_is_too_short_or_damaged_falls_back_to_the_peer() {
        assert_eq!(seen(&[], 1), "10.0.0.1");
        assert_eq!(seen(&["198.51.100.1"], 2), "10.0.0.1");
        assert_eq!(seen(&["198.51.100.1, nonsense"], 1), "10.0.0.1");
    }
}

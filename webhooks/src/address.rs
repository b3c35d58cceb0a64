//! Where webhooks may go: nowhere but to public addresses, so that nobody can have the platform call its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The longest address of an endpoint, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// Ports of the web; any other is somebody else's protocol, or an internal service.
const PORTS: [u16; 2] = [443, 8_443];
/// Ends of names that mean something else in each network.
const LOCAL_NAMES: [&str; 6] = ["localhost", "local", "internal", "intranet", "home.arpa", "lan"];

/// Whether endpoints on this machine are allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loopback {
    /// Never: as a deployment should have it.
    #[default]
    Refused,
    /// On any port, with `http`, too: for development and rehearsals.
    Allowed,
}

/// Why an address is not called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefusal {
    /// Not an absolute URL with a host.
    #[error("must be an absolute URL such as https://app.example/webhooks")]
    NotAUrl,
    /// Longer than [`URL_BYTES_MAX`].
    #[error("has at most {URL_BYTES_MAX} characters")]
    TooLong,
    /// What is sent unencrypted anybody can read and change.
    #[error("must begin with https://")]
    NotHttps,
    /// A name or password in it would stand in lists and logs.
    #[error("must hold no user name and no password")]
    Credentials,
    /// It is never sent.
    #[error("must hold no fragment (#)")]
    Fragment,
    /// Another port than the web's.
    #[error("must be at port 443 or 8443")]
    Port,
    /// A name or address that is not of the public internet.
    #[error("must be of the public internet: it names an address that is private, local or reserved")]
    NotPublic,
}

impl AddressRefusal {
    /// A stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAUrl => "not_a_url",
            Self::TooLong => "too_long",
            Self::NotHttps => "not_https",
            Self::Credentials => "credentials",
            Self::Fragment => "fragment",
            Self::Port => "port",
            Self::NotPublic => "not_public",
        }
    }
}

/// The address of an endpoint, as far as its text tells that it may be called; what its name leads to is judged at each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(Url);

impl EndpointUrl {
    /// Reads one.
    ///
    /// # Errors
    /// [`AddressRefusal`].
    pub fn parse(text: &str, loopback: Loopback) -> Result<Self, AddressRefusal> {
        if text.len() > URL_BYTES_MAX {
            return Err(AddressRefusal::TooLong);
        }
        let url = Url::parse(text).map_err(|_| AddressRefusal::NotAUrl)?;
        let host = url.host().ok_or(AddressRefusal::NotAUrl)?;
        let is_here = loopback == Loopback::Allowed && is_loopback(&host);
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            _ => return Err(AddressRefusal::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(AddressRefusal::Fragment);
        }
        if is_here {
            return Ok(Self(url));
        }
        let port = url.port_or_known_default().ok_or(AddressRefusal::Port)?;
        if !PORTS.contains(&port) {
            return Err(AddressRefusal::Port);
        }
        let public = match host {
            Host::Ipv4(address) => is_public(address.into()),
            Host::Ipv6(address) => is_public(address.into()),
            Host::Domain(name) => is_public_name(name),
        };
        match public {
            true => Ok(Self(url)),
            false => Err(AddressRefusal::NotPublic),
        }
    }

    /// The address.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl Loopback {
    /// Whether a connection may be made to this address, whatever name led to it.
    pub fn permits(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::Allowed && address.to_canonical().is_loopback())
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

/// Names without a dot, and those that end in a local word, lead to somewhere else in each network.
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let is_local = |end: &str| name == end || name.ends_with(&format!(".{end}"));
    name.contains('.') && !LOCAL_NAMES.iter().any(|end| is_local(end))
}

/// Whether an address is of the public internet: what IANA's registries of special-purpose addresses keep for something else is not, nor
/// what a cloud answers its machines' questions at.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Source: the IANA IPv4 Special-Purpose Address Registry.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        // This network, private, loopback.
        [0 | 10 | 127, ..]
        // Shared by carriers (RFC 6598).
        | [100, 64..=127, ..]
        // Link-local, with the clouds' metadata at 169.254.169.254.
        | [169, 254, ..]
        | [172, 16..=31, ..]
        | [192, 168, ..]
        // Protocol assignments, documentation, 6to4 relays.
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        // Benchmarks, documentation.
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        // What Azure answers its machines at.
        | [168, 63, 129, 16]
        // Multicast, reserved, broadcast.
        | [224..=255, ..]
    )
}

/// Source: the IANA IPv6 Special-Purpose Address Registry. Of what holds an IPv4 address, that one is judged.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    // NAT64 (RFC 6052): the last four bytes are where it leads.
    if let [0x0064, 0xff9b, 0, 0, 0, 0, high, low] = address.segments() {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    // Global unicast is 2000::/3; within it are protocol assignments with Teredo (2001::/23), documentation and 6to4.
    let is_global = first & 0xe000 == 0x2000;
    let is_special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000)
        // Reserved for SRv6 by operators is 5f00::/16, outside 2000::/3; 2620:4f:8000::/48 answers reverse look-ups of private addresses.
        || (first == 0x2620 && second == 0x004f && third == 0x8000);
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<AddressRefusal> {
        EndpointUrl::parse(text, Loopback::Refused).err()
    }

    const INSIDE: [&str; 48] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "168.63.129.16",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2620:4f:8000::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];

    #[test]
    fn public_addresses_are_called_and_no_others() {
        for public in [
            "8.8.8.8",
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2a02:5180::1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for inside in INSIDE {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn an_address_is_https_at_a_public_name_and_a_port_of_the_web() {
        for fine in [
            "https://app.example/webhooks",
            "https://app.example:8443/a?b=c",
            "https://8.8.8.8/",
            "https://[2a02:5180::1]/",
            "https://пример.рф/x",
        ] {
            assert_eq!(refusal(fine), None, "{fine}");
        }
        for (text, expected) in [
            ("app.example", AddressRefusal::NotAUrl),
            ("/hooks", AddressRefusal::NotAUrl),
            ("mailto:a@app.example", AddressRefusal::NotAUrl),
            ("http://app.example/", AddressRefusal::NotHttps),
            ("ftp://app.example/", AddressRefusal::NotHttps),
            ("https://me:secret@app.example/", AddressRefusal::Credentials),
            ("https://me@app.example/", AddressRefusal::Credentials),
            ("https://app.example/#part", AddressRefusal::Fragment),
            ("https://app.example:22/", AddressRefusal::Port),
            ("https://app.example:80/", AddressRefusal::Port),
            ("https://app.example:6379/", AddressRefusal::Port),
            ("https://localhost/", AddressRefusal::NotPublic),
            ("https://postgres/", AddressRefusal::NotPublic),
            ("https://api.localhost/", AddressRefusal::NotPublic),
            ("https://metadata.google.internal/", AddressRefusal::NotPublic),
            ("https://printer.local./", AddressRefusal::NotPublic),
            ("https://127.0.0.1/", AddressRefusal::NotPublic),
            // The same in the spellings that browsers and curl understand.
            ("https://127.1/", AddressRefusal::NotPublic),
            ("https://2130706433/", AddressRefusal::NotPublic),
            ("https://0x7f000001/", AddressRefusal::NotPublic),
            ("https://017700000001/", AddressRefusal::NotPublic),
            ("https://[::1]/", AddressRefusal::NotPublic),
            ("https://[::ffff:10.0.0.1]/", AddressRefusal::NotPublic),
            (
                "https://169.254.169.254/latest/meta-data/",
                AddressRefusal::NotPublic,
            ),
        ] {
            assert_eq!(refusal(text), Some(expected), "{text}");
        }
        let long = format!("https://app.example/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(refusal(&long), Some(AddressRefusal::TooLong));
    }

    #[test]
    fn this_machine_is_called_where_that_is_allowed_and_nothing_else_inside_is() {
        let allowed = |text: &str| EndpointUrl::parse(text, Loopback::Allowed).err();
        for here in [
            "http://127.0.0.1:8080/",
            "http://localhost:1/",
            "https://[::1]:9/",
        ] {
            assert_eq!(allowed(here), None, "{here}");
        }
        assert_eq!(allowed("http://app.example/"), Some(AddressRefusal::NotHttps));
        assert_eq!(allowed("http://10.0.0.1/"), Some(AddressRefusal::NotHttps));
        assert_eq!(allowed("https://10.0.0.1/"), Some(AddressRefusal::NotPublic));
        assert!(Loopback::Allowed.permits("127.0.0.1".parse().unwrap()));
        assert!(Loopback::Allowed.permits("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!Loopback::Allowed.permits("169.254.169.254".parse().unwrap()));
        assert!(!Loopback::Refused.permits("127.0.0.1".parse().unwrap()));
    }
}

//! Where a provider's notices may come from.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// IP networks and single addresses, such as those a provider's notices come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// A network in a list cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address or network: {0:?}")]
pub struct NotANetwork(pub String);

impl Networks {
    /// Reads networks (`185.71.76.0/27`) and single addresses (`77.75.156.11`).
    ///
    /// # Errors
    /// [`NotANetwork`] with the first that cannot be read.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NotANetwork> {
        let network = |text: &str| {
            IpNet::from_str(text)
                .or_else(|_| IpAddr::from_str(text).map(IpNet::from))
                .map_err(|_| NotANetwork(text.to_owned()))
        };
        texts.into_iter().map(network).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the address lies in one of them; an IPv4 address written as IPv6 is the IPv4 address.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_their_networks_alone() {
        let networks = Networks::parse(["185.71.76.0/27", "77.75.156.11", "2a02:5180::/32"]).unwrap();
        for (address, inside) in [
            ("185.71.76.0", true),
            ("185.71.76.31", true),
            ("185.71.76.32", false),
            ("77.75.156.11", true),
            ("77.75.156.12", false),
            ("::ffff:185.71.76.1", true),
            ("::ffff:8.8.8.8", false),
            ("2a02:5180:0:1509::1", true),
            ("2a02:5181::1", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), inside, "{address}");
        }
    }

    #[test]
    fn what_is_no_network_is_named() {
        let error = Networks::parse(["10.0.0.0/8", "10.0.0.0/33"]).unwrap_err();
        assert_eq!(error, NotANetwork("10.0.0.0/33".to_owned()));
    }
}

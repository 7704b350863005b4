//! IPv4 and IPv6: the lab's addresses and the arguments of ip(8) and nft(8) for each.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AddressFamily {
    V4,
    V6,
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        })
    }
}

/// Placeholder, IPv4, IPv6.
///
/// `routed`: the client's network is 10.99.0.0/24, the server's is 10.99.7.0/24, and the router is on both.
/// `scripted`: `{router1}` and `{router2}` are any routers; those of a `[path]` are `{hop1}` to `{hop9}`, those on a
/// parallel link `{parallel1}` to `{parallel9}`.
const PLACEHOLDERS: [(&str, &str, &str); 17] = [
    ("family", "-4", "-6"),
    // Without it an IPv6 address is tentative, and no valid source, until DAD ends (RFC 4862 section 5.4).
    ("nodad", "", "nodad"),
    ("nft_family", "ip", "ip6"),
    ("prefix", "24", "64"),
    ("host_prefix", "32", "128"),
    ("loopback", "127.0.0.1", "::1"),
    ("client", "10.99.0.1", "fd99::1"),
    ("absent_neighbour", "10.99.0.99", "fd99::99"),
    ("router", "10.99.0.254", "fd99::fe"),
    ("router_far", "10.99.7.254", "fd99:7::fe"),
    ("target", "10.99.7.7", "fd99:7::7"),
    ("target2", "10.99.7.8", "fd99:7::8"),
    ("absent_host", "10.99.7.99", "fd99:7::99"),
    ("router1", "10.99.1.1", "fd99:1::1"),
    ("router2", "10.99.2.1", "fd99:2::1"),
    ("other_subnet", "10.99.8.8", "fd99:8::8"),
    // Reserved for documentation, RFC 5737 and RFC 3849.
    ("documentation", "192.0.2.1", "2001:db8::1"),
];

/// Hops with a placeholder.
const MAX_HOPS: u8 = 9;

impl AddressFamily {
    pub(crate) const BOTH: [Self; 2] = [Self::V4, Self::V6];

    /// Placeholders of every scenario, with their values.
    pub(crate) fn placeholders(self) -> BTreeMap<String, String> {
        let constants = PLACEHOLDERS.iter().map(|(name, v4, v6)| {
            let value = match self {
                Self::V4 => v4,
                Self::V6 => v6,
            };
            ((*name).to_owned(), (*value).to_owned())
        });
        let hops = (1..=MAX_HOPS).flat_map(|hop| {
            [
                (format!("hop{hop}"), self.hop(hop).to_string()),
                (format!("parallel{hop}"), self.parallel_hop(hop).to_string()),
            ]
        });
        constants.chain(hops).collect()
    }

    /// Address of the router at this hop of a `[path]`.
    pub(crate) fn hop(self, hop: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 99, 10, hop).into(),
            Self::V6 => Ipv6Addr::new(0xfd99, 0x10, 0, 0, 0, 0, 0, hop.into()).into(),
        }
    }

    /// Address of the router on the parallel link at this hop.
    pub(crate) fn parallel_hop(self, hop: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 99, 20, hop).into(),
            Self::V6 => Ipv6Addr::new(0xfd99, 0x20, 0, 0, 0, 0, 0, hop.into()).into(),
        }
    }

    /// Replaces the placeholders of a shell script that belongs to no scenario.
    pub(crate) fn expand(self, script: &str) -> String {
        let placeholders = self.placeholders();
        placeholders
            .iter()
            .fold(script.to_owned(), |text, (name, value)| {
                text.replace(&format!("{{{name}}}"), value)
            })
    }
}

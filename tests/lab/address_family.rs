//! The two address families, and the lab's addresses in each.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Family {
    V4,
    V6,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "v4",
            Self::V6 => "v6",
        })
    }
}

/// Placeholder, IPv4, IPv6.
///
/// The routers of a path are `{hop1}`, `{hop2}` ..., those of a parallel link `{side1}` ...
///
/// The client's network is 10.99.0.0/24, the servers' 10.99.7.0/24, with the router's two ends
/// in between (`routed`). A scripted network has any router it wants. `foreign` belongs to
/// nobody: it is reserved for documentation, RFC 5737 and RFC 3849.
const ADDRESSES: [(&str, &str, &str); 17] = [
    ("f", "-4", "-6"),
    // An IPv6 address is tentative, and no source address, until DAD ends (RFC 4862 section 5.4).
    ("nodad", "", "nodad"),
    ("nft", "ip", "ip6"),
    ("max", "32", "128"),
    ("prefix", "24", "64"),
    ("loopback", "127.0.0.1", "::1"),
    ("host", "10.99.0.1", "fd99::1"),
    ("absent_neighbour", "10.99.0.99", "fd99::99"),
    ("router", "10.99.0.254", "fd99::fe"),
    ("router_far", "10.99.7.254", "fd99:7::fe"),
    ("target", "10.99.7.7", "fd99:7::7"),
    ("target2", "10.99.7.8", "fd99:7::8"),
    ("absent", "10.99.7.99", "fd99:7::99"),
    ("router1", "10.99.1.1", "fd99:1::1"),
    ("router2", "10.99.2.1", "fd99:2::1"),
    ("elsewhere", "10.99.8.8", "fd99:8::8"),
    ("foreign", "192.0.2.1", "2001:db8::1"),
];

/// Routers with a placeholder.
const MOST_HOPS: u8 = 9;

impl Family {
    /// What every scenario may use in braces.
    pub(crate) fn vars(self) -> BTreeMap<String, String> {
        let both = ADDRESSES.iter();
        let named = both.map(|(name, v4, v6)| {
            let value = match self {
                Self::V4 => v4,
                Self::V6 => v6,
            };
            ((*name).to_owned(), (*value).to_owned())
        });
        let routers = (1..=MOST_HOPS).flat_map(|hop| {
            [
                (format!("hop{hop}"), self.hop(hop).to_string()),
                (format!("side{hop}"), self.side(hop).to_string()),
            ]
        });
        named.chain(routers).collect()
    }

    /// The router that packets meet after `hop - 1` others.
    pub(crate) fn hop(self, hop: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 99, 10, hop).into(),
            Self::V6 => Ipv6Addr::new(0xfd99, 0x10, 0, 0, 0, 0, 0, hop.into()).into(),
        }
    }

    /// The one beside it.
    pub(crate) fn side(self, hop: u8) -> IpAddr {
        match self {
            Self::V4 => Ipv4Addr::new(10, 99, 20, hop).into(),
            Self::V6 => Ipv6Addr::new(0xfd99, 0x20, 0, 0, 0, 0, 0, hop.into()).into(),
        }
    }

    /// Fills the placeholders of a script that is not part of a scenario.
    pub(crate) fn fill(self, script: &str) -> String {
        let vars = self.vars();
        vars.iter().fold(script.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
    }
}

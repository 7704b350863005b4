//! Network interfaces.

use std::net::IpAddr;

/// Current state of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Interface index.
    pub index: u32,
    /// Administratively up (`IFF_UP`, netdevice(7)).
    pub up: bool,
    /// Operational (`IFF_RUNNING`): has carrier, is associated. Absent while it is down.
    pub carrier: Option<bool>,
    /// MTU in bytes.
    pub mtu: Option<u32>,
    /// Addresses with prefix length in bits; on a point-to-point link the peer's prefix.
    pub addresses: Vec<(IpAddr, u8)>,
    /// A loopback interface (`IFF_LOOPBACK`).
    pub is_loopback: bool,
    /// A point-to-point link such as a tunnel (`IFF_POINTOPOINT`).
    pub is_point_to_point: bool,
}

impl Link {
    /// Whether packets can leave this machine through it: not loopback, up, carrier not known to be missing, and an
    /// address that is not link-local.
    pub fn is_usable_uplink(&self) -> bool {
        let mut addresses = self.addresses.iter();
        let ready = self.up && self.carrier != Some(false) && !self.is_loopback;
        ready && addresses.any(|(address, _)| !is_link_local(*address))
    }
}

/// Whether the address is link-local: `169.254.0.0/16` (RFC 3927), `fe80::/10` (RFC 4291 section 2.5.6).
pub fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_uplink_is_up_with_carrier_and_global_address() {
        let usable = Link {
            index: 2,
            up: true,
            carrier: Some(true),
            mtu: Some(1500),
            addresses: vec![([192, 0, 2, 1].into(), 24)],
            is_loopback: false,
            is_point_to_point: false,
        };
        let with_address = |text: &str| Link {
            addresses: vec![(text.parse().expect("an address"), 64)],
            ..usable.clone()
        };
        let down = Link {
            up: false,
            carrier: None,
            ..usable.clone()
        };
        let no_carrier = Link {
            carrier: Some(false),
            ..usable.clone()
        };
        let no_address = Link {
            addresses: vec![],
            ..usable.clone()
        };
        let loopback = Link {
            is_loopback: true,
            ..usable.clone()
        };
        let cases = [
            (with_address("2001:db8::1"), true),
            (with_address("fe80::1"), false),
            (with_address("169.254.1.1"), false),
            (usable, true),
            (down, false),
            (no_carrier, false),
            (no_address, false),
            (loopback, false),
        ];
        for (link, expected) in cases {
            assert_eq!(link.is_usable_uplink(), expected, "{link:?}");
        }
    }
}

//! Interfaces.

use std::net::IpAddr;

/// An interface as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub index: u32,
    /// Whether it is switched on (`IFF_UP`, netdevice(7)).
    pub up: bool,
    /// Whether it can pass packets (`IFF_RUNNING`): the cable is in, the radio has its network. Absent while it is
    /// switched off.
    pub carrier: Option<bool>,
    /// The largest IP packet it takes whole, in bytes.
    pub mtu: Option<u32>,
    /// Its addresses, each with the length of its prefix in bits; on a point-to-point link that is the peer's prefix.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Whether it is this machine alone.
    pub is_loopback: bool,
    /// Whether there is one other end, as in a tunnel.
    pub is_point_to_point: bool,
}

impl Link {
    /// Whether packets can leave this machine by it: it is up, not known to have no carrier, and has an address that
    /// not only neighbours can answer.
    pub fn is_usable_uplink(&self) -> bool {
        let mut addresses = self.addresses.iter();
        let ready = self.up && self.carrier != Some(false) && !self.is_loopback;
        ready && addresses.any(|(address, _)| !is_link_local(*address))
    }
}

/// Whether the address is only for neighbours, on one link: `169.254.0.0/16` (RFC 3927), `fe80::/10` (RFC 4291 section
/// 2.5.6).
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
    fn a_way_out_is_up_and_has_an_address() {
        let whole = Link {
            index: 2,
            up: true,
            carrier: Some(true),
            mtu: Some(1500),
            addresses: vec![([192, 0, 2, 1].into(), 24)],
            is_loopback: false,
            is_point_to_point: false,
        };
        let addressed = |text: &str| Link {
            addresses: vec![(text.parse().expect("an address"), 64)],
            ..whole.clone()
        };
        let down = Link {
            up: false,
            carrier: None,
            ..whole.clone()
        };
        let unplugged = Link {
            carrier: Some(false),
            ..whole.clone()
        };
        let bare = Link {
            addresses: vec![],
            ..whole.clone()
        };
        let loopback = Link {
            is_loopback: true,
            ..whole.clone()
        };
        let cases = [
            (addressed("2001:db8::1"), true),
            (addressed("fe80::1"), false),
            (addressed("169.254.1.1"), false),
            (whole, true),
            (down, false),
            (unplugged, false),
            (bare, false),
            (loopback, false),
        ];
        for (link, leads_out) in cases {
            assert_eq!(link.is_usable_uplink(), leads_out, "{link:?}");
        }
    }
}

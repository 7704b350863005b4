//! Interfaces and addresses of rtnetlink(7): `RTM_GETLINK` (`struct ifinfomsg`), `RTM_GETADDR` (`struct ifaddrmsg`).
//!
//! Not used: getifaddrs(3), which lacks the MTU and lists an IPv4 address under its label; /sys/class/net, which shows
//! the namespace in which it was mounted.

use std::net::IpAddr;

use libc::{
    IFA_ADDRESS, IFA_LOCAL, IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT, IFF_RUNNING, IFF_UP,
    IFLA_IFNAME, IFLA_MTU, RTM_GETADDR, RTM_GETLINK,
};
use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlasIterator,
};

/// A dump without filter: a header of zeros.
#[derive(Clone, Copy, Debug)]
pub(in crate::platform) enum DumpRequest {
    Links,
    Addresses,
}

/// Size of `struct ifinfomsg` (family, type, index, flags, change mask), and offsets in it.
const LINK_HEADER: usize = 16;
const LINK_INDEX: usize = 4;
const LINK_FLAGS: usize = 8;

/// Size of `struct ifaddrmsg` (family, prefix length, flags, scope, index), and offsets in it.
const ADDRESS_HEADER: usize = 8;
const PREFIX_LENGTH: usize = 1;
const ADDRESS_INDEX: usize = 4;

/// An interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::platform) struct LinkEntry {
    /// Interface index.
    pub(in crate::platform) index: u32,
    /// Interface name.
    pub(in crate::platform) name: String,
    /// MTU in bytes.
    pub(in crate::platform) mtu: Option<u32>,
    flags: u32,
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::platform) struct InterfaceAddress {
    /// Interface index.
    pub(in crate::platform) interface: u32,
    /// The address.
    pub(in crate::platform) address: IpAddr,
    /// Prefix length in bits.
    pub(in crate::platform) prefix: u8,
}

impl NetlinkSerializable for DumpRequest {
    fn message_type(&self) -> u16 {
        match self {
            Self::Links => RTM_GETLINK,
            Self::Addresses => RTM_GETADDR,
        }
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::Links => LINK_HEADER,
            Self::Addresses => ADDRESS_HEADER,
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

impl LinkEntry {
    /// Administratively up.
    pub(in crate::platform) fn is_up(&self) -> bool {
        self.has(IFF_UP)
    }

    /// Operational (RFC 2863's ifOperStatus; Documentation/networking/operstates.rst).
    pub(in crate::platform) fn is_running(&self) -> bool {
        self.has(IFF_RUNNING)
    }

    /// A loopback interface.
    pub(in crate::platform) fn is_loopback(&self) -> bool {
        self.has(IFF_LOOPBACK)
    }

    /// A point-to-point link: one peer, no neighbour resolution.
    pub(in crate::platform) fn is_point_to_point(&self) -> bool {
        self.has(IFF_POINTOPOINT)
    }

    /// Whether packets are sent without neighbour resolution (`arp_constructor`, net/ipv4/arp.c).
    pub(in crate::platform) fn skips_resolution(&self) -> bool {
        self.has(IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP)
    }

    fn has(&self, flags: i32) -> bool {
        self.flags & flags.cast_unsigned() != 0
    }

    fn decode(message: &[u8]) -> Option<Self> {
        let attributes = message.get(LINK_HEADER..)?;
        let name = attribute(attributes, IFLA_IFNAME)?;
        let name = name.split(|byte| *byte == 0).next()?;
        Some(Self {
            index: u32_at(message, LINK_INDEX)?,
            name: String::from_utf8_lossy(name).into_owned(),
            mtu: attribute(attributes, IFLA_MTU).and_then(|mtu| u32_at(&mtu, 0)),
            flags: u32_at(message, LINK_FLAGS)?,
        })
    }
}

impl InterfaceAddress {
    fn decode(message: &[u8]) -> Option<Self> {
        let attributes = message.get(ADDRESS_HEADER..)?;
        // On a point-to-point link IFA_ADDRESS is the peer's.
        let own = attribute(attributes, IFA_LOCAL);
        let address = own.or_else(|| attribute(attributes, IFA_ADDRESS))?;
        Some(Self {
            interface: u32_at(message, ADDRESS_INDEX)?,
            address: ip(&address)?,
            prefix: *message.get(PREFIX_LENGTH)?,
        })
    }
}

impl NetlinkDeserializable for LinkEntry {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(payload).ok_or_else(|| "truncated ifinfomsg".into())
    }
}

impl NetlinkDeserializable for InterfaceAddress {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(payload).ok_or_else(|| "truncated ifaddrmsg".into())
    }
}

fn attribute(attributes: &[u8], kind: u16) -> Option<Vec<u8>> {
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let found = attributes.find(|attribute| attribute.kind() == kind)?;
    Some(found.value().to_owned())
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let value = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*value))
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Appends an attribute: `struct nlattr` and the value, padded to four bytes.
    fn with_attribute(mut message: Vec<u8>, kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).expect("a short value");
        message.extend([length, kind].map(u16::to_ne_bytes).concat());
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
        message
    }

    fn link(flags: i32) -> Vec<u8> {
        let words = [0, 7, flags.cast_unsigned(), 0].map(u32::to_ne_bytes);
        with_attribute(words.concat(), IFLA_IFNAME, b"eth0\0")
    }

    #[test]
    fn link_has_index_name_and_mtu() {
        let without_mtu = LinkEntry {
            index: 7,
            name: "eth0".to_owned(),
            mtu: None,
            flags: IFF_UP.cast_unsigned(),
        };
        assert_eq!(LinkEntry::decode(&link(IFF_UP)), Some(without_mtu.clone()));
        let with_mtu = with_attribute(link(IFF_UP), IFLA_MTU, &1500_u32.to_ne_bytes());
        let mtu = Some(1500);
        assert_eq!(
            LinkEntry::decode(&with_mtu),
            Some(LinkEntry { mtu, ..without_mtu })
        );
    }

    #[test]
    fn link_flags_are_decoded() {
        let cases = [
            (0, [false; 5]),
            (IFF_UP, [true, false, false, false, false]),
            (IFF_UP | IFF_RUNNING, [true, true, false, false, false]),
            (IFF_LOOPBACK, [false, false, true, false, true]),
            (IFF_POINTOPOINT, [false, false, false, true, true]),
            (IFF_NOARP, [false, false, false, false, true]),
        ];
        for (flags, expected) in cases {
            let link = LinkEntry::decode(&link(flags)).expect("a link");
            let found = [
                link.is_up(),
                link.is_running(),
                link.is_loopback(),
                link.is_point_to_point(),
                link.skips_resolution(),
            ];
            assert_eq!(found, expected, "{flags}");
        }
    }

    #[test]
    fn local_address_precedes_peer_address() {
        let header = [&[2, 24, 0, 0], 7_u32.to_ne_bytes().as_slice()].concat();
        let peer = with_attribute(header.clone(), IFA_ADDRESS, &[192, 0, 2, 2]);
        let both = with_attribute(peer.clone(), IFA_LOCAL, &[192, 0, 2, 1]);
        let cases = [
            (peer, Some([192, 0, 2, 2])),
            (both, Some([192, 0, 2, 1])),
            (header, None),
        ];
        for (message, address) in cases {
            let expected = address.map(|address| InterfaceAddress {
                interface: 7,
                address: address.into(),
                prefix: 24,
            });
            assert_eq!(InterfaceAddress::decode(&message), expected);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(0_u8..20, 0..80)) {
            LinkEntry::decode(&bytes);
            InterfaceAddress::decode(&bytes);
        }
    }
}

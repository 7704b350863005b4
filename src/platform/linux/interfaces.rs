//! The messages of rtnetlink(7) for interfaces and their addresses: `struct ifinfomsg` and `struct ifaddrmsg`, as far
//! as they are of interest here. Pure.
//!
//! getifaddrs(3) would say most of it, but names an IPv4 address by its label, and tells no MTU. /sys/class/net shows
//! the namespace in which it was mounted.

use std::net::IpAddr;

use libc::{
    IFA_ADDRESS, IFA_LOCAL, IFF_LOOPBACK, IFF_NOARP, IFF_POINTOPOINT, IFF_RUNNING, IFF_UP,
    IFLA_IFNAME, IFLA_MTU, RTM_GETADDR, RTM_GETLINK,
};
use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlasIterator,
};

/// What is asked for: all there are, by a header of zeros.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted {
    Links,
    Addresses,
}

/// `struct ifinfomsg`: family, type, index, flags, changes.
const LINK: usize = 16;
const LINK_INDEX: usize = 4;
const LINK_FLAGS: usize = 8;

/// `struct ifaddrmsg`: family, prefix length, flags, scope, index.
const ADDRESS: usize = 8;
const PREFIX: usize = 1;
const ADDRESS_INDEX: usize = 4;

/// One interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkFound {
    /// Its number.
    pub(super) index: u32,
    /// Its name.
    pub(super) name: String,
    /// Its MTU in bytes.
    pub(super) mtu: Option<u32>,
    flags: u32,
}

/// One address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AddressFound {
    /// The interface's number.
    pub(super) interface: u32,
    /// The address.
    pub(super) address: IpAddr,
    /// Bits of its prefix.
    pub(super) prefix: u8,
}

impl NetlinkSerializable for Wanted {
    fn message_type(&self) -> u16 {
        match self {
            Self::Links => RTM_GETLINK,
            Self::Addresses => RTM_GETADDR,
        }
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::Links => LINK,
            Self::Addresses => ADDRESS,
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

impl LinkFound {
    /// Whether an administrator has switched it on.
    pub(super) fn is_up(&self) -> bool {
        self.has(IFF_UP)
    }

    /// Whether it can pass packets (RFC 2863's ifOperStatus; Documentation/networking/operstates.rst).
    pub(super) fn is_running(&self) -> bool {
        self.has(IFF_RUNNING)
    }

    /// Whether it is this machine alone.
    pub(super) fn is_loopback(&self) -> bool {
        self.has(IFF_LOOPBACK)
    }

    /// Whether there is one other end, so that nobody needs to be found.
    pub(super) fn is_point_to_point(&self) -> bool {
        self.has(IFF_POINTOPOINT)
    }

    /// Whether packets need no link-layer address (`arp_constructor`, net/ipv4/arp.c).
    pub(super) fn needs_no_neighbours(&self) -> bool {
        self.has(IFF_LOOPBACK | IFF_POINTOPOINT | IFF_NOARP)
    }

    fn has(&self, flags: i32) -> bool {
        self.flags & flags.cast_unsigned() != 0
    }

    fn read(message: &[u8]) -> Option<Self> {
        let attributes = message.get(LINK..)?;
        let name = attribute(attributes, IFLA_IFNAME)?;
        let name = name.split(|byte| *byte == 0).next()?;
        Some(Self {
            index: number(message, LINK_INDEX)?,
            name: String::from_utf8_lossy(name).into_owned(),
            mtu: attribute(attributes, IFLA_MTU).and_then(|mtu| number(&mtu, 0)),
            flags: number(message, LINK_FLAGS)?,
        })
    }
}

impl AddressFound {
    fn read(message: &[u8]) -> Option<Self> {
        let attributes = message.get(ADDRESS..)?;
        // Of a point-to-point link the other one is the peer's.
        let own = attribute(attributes, IFA_LOCAL);
        let address = own.or_else(|| attribute(attributes, IFA_ADDRESS))?;
        Some(Self {
            interface: number(message, ADDRESS_INDEX)?,
            address: ip(&address)?,
            prefix: *message.get(PREFIX)?,
        })
    }
}

impl NetlinkDeserializable for LinkFound {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::read(payload).ok_or_else(|| "a link that is cut short".into())
    }
}

impl NetlinkDeserializable for AddressFound {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::read(payload).ok_or_else(|| "an address that is cut short".into())
    }
}

fn attribute(attributes: &[u8], kind: u16) -> Option<Vec<u8>> {
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let found = attributes.find(|attribute| attribute.kind() == kind)?;
    Some(found.value().to_owned())
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let number = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*number))
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

    /// `struct nlattr`, two numbers of 16 bits, and the value, padded to four bytes.
    fn with(mut message: Vec<u8>, kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len() + 4).expect("a short value");
        message.extend([length, kind].map(u16::to_ne_bytes).concat());
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
        message
    }

    fn link(flags: i32) -> Vec<u8> {
        let words = [0, 7, flags.cast_unsigned(), 0].map(u32::to_ne_bytes);
        with(words.concat(), IFLA_IFNAME, b"eth0\0")
    }

    #[test]
    fn a_link_has_its_number_name_and_mtu() {
        let bare = LinkFound {
            index: 7,
            name: "eth0".to_owned(),
            mtu: None,
            flags: IFF_UP.cast_unsigned(),
        };
        assert_eq!(LinkFound::read(&link(IFF_UP)), Some(bare.clone()));
        let whole = with(link(IFF_UP), IFLA_MTU, &1500_u32.to_ne_bytes());
        let mtu = Some(1500);
        assert_eq!(LinkFound::read(&whole), Some(LinkFound { mtu, ..bare }));
    }

    #[test]
    fn flags_say_what_a_link_is() {
        let cases = [
            (0, [false; 5]),
            (IFF_UP, [true, false, false, false, false]),
            (IFF_UP | IFF_RUNNING, [true, true, false, false, false]),
            (IFF_LOOPBACK, [false, false, true, false, true]),
            (IFF_POINTOPOINT, [false, false, false, true, true]),
            (IFF_NOARP, [false, false, false, false, true]),
        ];
        for (flags, expected) in cases {
            let link = LinkFound::read(&link(flags)).expect("a link");
            let found = [
                link.is_up(),
                link.is_running(),
                link.is_loopback(),
                link.is_point_to_point(),
                link.needs_no_neighbours(),
            ];
            assert_eq!(found, expected, "{flags}");
        }
    }

    #[test]
    fn an_address_is_our_own_not_the_peers() {
        let header = [&[2, 24, 0, 0], 7_u32.to_ne_bytes().as_slice()].concat();
        let peer = with(header.clone(), IFA_ADDRESS, &[192, 0, 2, 2]);
        let both = with(peer.clone(), IFA_LOCAL, &[192, 0, 2, 1]);
        let cases = [
            (peer, Some([192, 0, 2, 2])),
            (both, Some([192, 0, 2, 1])),
            (header, None),
        ];
        for (message, address) in cases {
            let expected = address.map(|address| AddressFound {
                interface: 7,
                address: address.into(),
                prefix: 24,
            });
            assert_eq!(AddressFound::read(&message), expected);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0_u8..20, 0..80)) {
            LinkFound::read(&bytes);
            AddressFound::read(&bytes);
        }
    }
}

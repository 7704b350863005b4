//! `sock_diag(7)` for IPv4 and IPv6 sockets: `struct inet_diag_req_v2` and `struct inet_diag_msg` of
//! `include/uapi/linux/inet_diag.h`.

use std::net::{IpAddr, Ipv6Addr};

use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlasIterator,
};

/// Message type of request and response (`include/uapi/linux/sock_diag.h`).
const SOCK_DIAG_BY_FAMILY: u16 = 20;

/// Size of `struct inet_diag_req_v2`.
const REQUEST_SIZE: usize = 56;

/// Offsets in `struct inet_diag_msg`.
const FAMILY: usize = 0;
const SOURCE_PORT: usize = 4;
const SOURCE: usize = 8;
const INTERFACE: usize = 40;
const RECEIVE_QUEUE: usize = 56;
const SEND_QUEUE: usize = 60;
const UID: usize = 64;
const INODE: usize = 68;
const ATTRIBUTES: usize = 72;

/// Attribute of IPv6 sockets: one byte.
const INET_DIAG_SKV6ONLY: u16 = 11;

/// State of a listening TCP socket (`include/net/tcp_states.h`).
pub(in crate::platform) const TCP_LISTEN: u8 = 10;

/// State of a UDP socket that is not connected: `TCP_CLOSE`.
pub(in crate::platform) const UDP_UNCONNECTED: u8 = 7;

/// Filter of a socket dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::platform) struct SockDiagRequest {
    /// `AF_INET` or `AF_INET6`.
    pub(in crate::platform) family: u8,
    /// Protocol number in the IP header.
    pub(in crate::platform) protocol: u8,
    /// Socket state (`include/net/tcp_states.h`).
    pub(in crate::platform) state: u8,
    /// Local port.
    pub(in crate::platform) port: u16,
}

/// A socket, from `sock_diag(7)` or /proc/net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::platform) struct SocketEntry {
    /// Local address; an IPv4-mapped one as IPv4.
    pub(in crate::platform) address: IpAddr,
    /// Local port.
    pub(in crate::platform) port: u16,
    /// The interface it is bound to.
    pub(in crate::platform) interface: Option<u32>,
    /// `IPV6_V6ONLY`; IPv6 sockets only.
    pub(in crate::platform) v6_only: Option<bool>,
    /// `Recv-Q`. Listening: length of the accept queue.
    pub(in crate::platform) receive_queue: u32,
    /// `Send-Q`. Listening: the backlog. Absent from /proc/net.
    pub(in crate::platform) send_queue: Option<u32>,
    /// Owner.
    pub(in crate::platform) uid: u32,
    /// Inode: /proc/PID/fd links to `socket:[inode]`.
    pub(in crate::platform) inode: u64,
}

impl NetlinkSerializable for SockDiagRequest {
    fn message_type(&self) -> u16 {
        SOCK_DIAG_BY_FAMILY
    }

    fn buffer_len(&self) -> usize {
        REQUEST_SIZE
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.fill(0);
        buffer[0] = self.family;
        buffer[1] = self.protocol;
        // No extensions; states are a bit mask.
        buffer[4..8].copy_from_slice(&(1_u32 << self.state).to_ne_bytes());
        buffer[8..10].copy_from_slice(&self.port.to_be_bytes());
    }
}

impl SocketEntry {
    fn decode(message: &[u8]) -> Option<Self> {
        let u32_at = |offset| bytes(message, offset).map(u32::from_ne_bytes);
        let address = match i32::from(*message.get(FAMILY)?) {
            libc::AF_INET => IpAddr::from(bytes::<4>(message, SOURCE)?),
            _ => Ipv6Addr::from(bytes::<16>(message, SOURCE)?).to_canonical(),
        };
        let interface = u32_at(INTERFACE)?;
        Some(Self {
            address,
            port: u16::from_be_bytes(bytes(message, SOURCE_PORT)?),
            interface: (interface > 0).then_some(interface),
            v6_only: v6_only(message.get(ATTRIBUTES..)?).filter(|_| address.is_ipv6()),
            receive_queue: u32_at(RECEIVE_QUEUE)?,
            send_queue: Some(u32_at(SEND_QUEUE)?),
            uid: u32_at(UID)?,
            inode: u32_at(INODE)?.into(),
        })
    }
}

impl NetlinkDeserializable for SocketEntry {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(payload).ok_or_else(|| "truncated inet_diag_msg".into())
    }
}

fn bytes<const N: usize>(message: &[u8], offset: usize) -> Option<[u8; N]> {
    message.get(offset..)?.first_chunk().copied()
}

fn v6_only(attributes: &[u8]) -> Option<bool> {
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let only = attributes.find(|attribute| attribute.kind() == INET_DIAG_SKV6ONLY)?;
    only.value().first().map(|flag| *flag != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    /// A listener on port 443, interface 3, 2 of 128 in the accept queue, uid 1000, inode 77.
    fn message(family: i32, source: &[u8], attributes: &[u8]) -> Vec<u8> {
        let mut message = vec![0; ATTRIBUTES];
        message[FAMILY] = u8::try_from(family).unwrap_or(0);
        message[SOURCE_PORT..][..2].copy_from_slice(&[1, 187]);
        message[SOURCE..][..source.len()].copy_from_slice(source);
        for (at, number) in [(40, 3_u32), (56, 2), (60, 128), (64, 1000), (68, 77)] {
            message[at..][..4].copy_from_slice(&number.to_ne_bytes());
        }
        message.extend(attributes);
        message
    }

    /// The attribute: `struct nlattr` and the value with padding.
    fn v6_only_attribute(flag: u8) -> Vec<u8> {
        let header = [5_u16, INET_DIAG_SKV6ONLY].map(u16::to_ne_bytes).concat();
        [header, vec![flag, 0, 0, 0]].concat()
    }

    #[test]
    fn fields_are_decoded_at_kernel_offsets() {
        let found = SocketEntry::decode(&message(libc::AF_INET, &[127, 0, 0, 1], &[]));
        let expected = SocketEntry {
            address: Ipv4Addr::LOCALHOST.into(),
            port: 443,
            interface: Some(3),
            v6_only: None,
            receive_queue: 2,
            send_queue: Some(128),
            uid: 1000,
            inode: 77,
        };
        assert_eq!(found.expect("a socket"), expected);
    }

    #[test]
    fn v6_only_is_decoded_for_ipv6_sockets() {
        let other = [8_u16, 99, 0, 0].map(u16::to_ne_bytes).concat();
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        let cases = [
            (Ipv6Addr::LOCALHOST, v6_only_attribute(1), "::1", Some(true)),
            (
                Ipv6Addr::UNSPECIFIED,
                v6_only_attribute(0),
                "::",
                Some(false),
            ),
            (
                Ipv6Addr::LOCALHOST,
                [other, v6_only_attribute(1)].concat(),
                "::1",
                Some(true),
            ),
            (Ipv6Addr::LOCALHOST, vec![], "::1", None),
            (mapped, v6_only_attribute(0), "127.0.0.1", None),
        ];
        for (source, attributes, address, v6_only) in cases {
            let message = message(libc::AF_INET6, &source.octets(), &attributes);
            let found = SocketEntry::decode(&message).expect("a socket");
            assert_eq!(
                (found.address.to_string().as_str(), found.v6_only),
                (address, v6_only)
            );
        }
    }

    #[test]
    fn request_filters_by_family_protocol_state_and_port() {
        let filter = SockDiagRequest {
            family: 2,
            protocol: 6,
            state: 10,
            port: 443,
        };
        let mut request = vec![9; filter.buffer_len()];
        filter.serialize(&mut request);
        let mut expected = vec![2, 6, 0, 0];
        expected.extend((1_u32 << 10).to_ne_bytes());
        expected.extend([1, 187]);
        expected.resize(56, 0);
        assert_eq!(request, expected);
    }

    #[test]
    fn truncated_message_is_rejected() {
        let complete = message(libc::AF_INET, &[127, 0, 0, 1], &[]);
        for length in 0..complete.len() {
            assert!(
                SocketEntry::decode(&complete[..length]).is_none(),
                "{length}"
            );
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            SocketEntry::decode(&bytes);
        }
    }
}

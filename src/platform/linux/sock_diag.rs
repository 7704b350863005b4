//! The messages of `sock_diag(7)` for sockets of the Internet: `struct inet_diag_req_v2` and `struct inet_diag_msg` of
//! `include/uapi/linux/inet_diag.h`. Pure.

use std::net::{IpAddr, Ipv6Addr};

use netlink_packet_core::{
    DecodeError, NetlinkDeserializable, NetlinkHeader, NetlinkSerializable, NlasIterator,
};

/// `SOCK_DIAG_BY_FAMILY` of `include/uapi/linux/sock_diag.h`, the type of question and answer.
const BY_FAMILY: u16 = 20;

/// Bytes of the request.
const REQUEST: usize = 56;

/// Where they stand in an answer.
const FAMILY: usize = 0;
const SOURCE_PORT: usize = 4;
const SOURCE: usize = 8;
const INTERFACE: usize = 40;
const RECEIVE_QUEUE: usize = 56;
const SEND_QUEUE: usize = 60;
const UID: usize = 64;
const INODE: usize = 68;
const ATTRIBUTES: usize = 72;

/// `INET_DIAG_SKV6ONLY`: one byte, of sockets of IPv6.
const V6_ONLY: u16 = 11;

/// Which sockets are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketsWanted {
    /// `AF_INET` or `AF_INET6`.
    pub(super) family: u8,
    /// The protocol's number in the IP header.
    pub(super) protocol: u8,
    /// Their state: `TCP_LISTEN` and the like (`include/net/tcp_states.h`).
    pub(super) state: u8,
    /// Their local port.
    pub(super) port: u16,
}

/// What the kernel says of one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketFound {
    /// Its local address; a mapped one is an IPv4 address.
    pub(super) address: IpAddr,
    /// Its local port.
    pub(super) port: u16,
    /// The interface it is bound to.
    pub(super) interface: Option<u32>,
    /// `IPV6_V6ONLY`, for IPv6.
    pub(super) v6_only: Option<bool>,
    /// While listening: connections in the accept queue.
    pub(super) receive_queue: u32,
    /// While listening: its limit. Absent where only /proc was asked.
    pub(super) send_queue: Option<u32>,
    /// Its owner.
    pub(super) uid: u32,
    /// The number by which a process's descriptor refers to it.
    pub(super) inode: u64,
}

impl NetlinkSerializable for SocketsWanted {
    fn message_type(&self) -> u16 {
        BY_FAMILY
    }

    fn buffer_len(&self) -> usize {
        REQUEST
    }

    fn serialize(&self, buffer: &mut [u8]) {
        buffer.fill(0);
        buffer[0] = self.family;
        buffer[1] = self.protocol;
        // What else is known of a socket is not asked for; states are bits.
        buffer[4..8].copy_from_slice(&(1_u32 << self.state).to_ne_bytes());
        buffer[8..10].copy_from_slice(&self.port.to_be_bytes());
    }
}

impl SocketFound {
    fn read(answer: &[u8]) -> Option<Self> {
        let number = |at| bytes(answer, at).map(u32::from_ne_bytes);
        let address = match i32::from(*answer.get(FAMILY)?) {
            libc::AF_INET => IpAddr::from(bytes::<4>(answer, SOURCE)?),
            _ => Ipv6Addr::from(bytes::<16>(answer, SOURCE)?).to_canonical(),
        };
        let interface = number(INTERFACE)?;
        Some(Self {
            address,
            port: u16::from_be_bytes(bytes(answer, SOURCE_PORT)?),
            interface: (interface > 0).then_some(interface),
            v6_only: v6_only(answer.get(ATTRIBUTES..)?).filter(|_| address.is_ipv6()),
            receive_queue: number(RECEIVE_QUEUE)?,
            send_queue: Some(number(SEND_QUEUE)?),
            uid: number(UID)?,
            inode: number(INODE)?.into(),
        })
    }
}

impl NetlinkDeserializable for SocketFound {
    type Error = DecodeError;

    fn deserialize(_header: &NetlinkHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        Self::read(payload).ok_or_else(|| "a socket that is cut short".into())
    }
}

fn bytes<const N: usize>(answer: &[u8], at: usize) -> Option<[u8; N]> {
    answer.get(at..)?.first_chunk().copied()
}

fn v6_only(attributes: &[u8]) -> Option<bool> {
    let mut attributes = NlasIterator::new(attributes).map_while(Result::ok);
    let only = attributes.find(|attribute| attribute.kind() == V6_ONLY)?;
    only.value().first().map(|flag| *flag != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    /// A listener on port 443, interface 3, 2 connections of 128 waiting, of user 1000 and inode 77.
    fn answer(family: i32, source: &[u8], attributes: &[u8]) -> Vec<u8> {
        let mut answer = vec![0; ATTRIBUTES];
        answer[FAMILY] = u8::try_from(family).unwrap_or(0);
        answer[SOURCE_PORT..][..2].copy_from_slice(&[1, 187]);
        answer[SOURCE..][..source.len()].copy_from_slice(source);
        for (at, number) in [(40, 3_u32), (56, 2), (60, 128), (64, 1000), (68, 77)] {
            answer[at..][..4].copy_from_slice(&number.to_ne_bytes());
        }
        answer.extend(attributes);
        answer
    }

    /// `struct nlattr`, two numbers of 16 bits, and the value with its padding.
    fn only(flag: u8) -> Vec<u8> {
        let header = [5_u16, V6_ONLY].map(u16::to_ne_bytes).concat();
        [header, vec![flag, 0, 0, 0]].concat()
    }

    #[test]
    fn each_fact_stands_where_the_kernel_puts_it() {
        let found = SocketFound::read(&answer(libc::AF_INET, &[127, 0, 0, 1], &[]));
        let expected = SocketFound {
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
    fn only_ipv6_can_be_alone() {
        let other = [8_u16, 99, 0, 0].map(u16::to_ne_bytes).concat();
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped();
        let cases = [
            (Ipv6Addr::LOCALHOST, only(1), "::1", Some(true)),
            (Ipv6Addr::UNSPECIFIED, only(0), "::", Some(false)),
            (
                Ipv6Addr::LOCALHOST,
                [other, only(1)].concat(),
                "::1",
                Some(true),
            ),
            (Ipv6Addr::LOCALHOST, vec![], "::1", None),
            (mapped, only(0), "127.0.0.1", None),
        ];
        for (source, attributes, address, v6_only) in cases {
            let answer = answer(libc::AF_INET6, &source.octets(), &attributes);
            let found = SocketFound::read(&answer).expect("a socket");
            assert_eq!(
                (found.address.to_string().as_str(), found.v6_only),
                (address, v6_only)
            );
        }
    }

    #[test]
    fn a_request_names_family_protocol_state_and_port() {
        let wanted = SocketsWanted {
            family: 2,
            protocol: 6,
            state: 10,
            port: 443,
        };
        let mut request = vec![9; wanted.buffer_len()];
        wanted.serialize(&mut request);
        let mut expected = vec![2, 6, 0, 0];
        expected.extend((1_u32 << 10).to_ne_bytes());
        expected.extend([1, 187]);
        expected.resize(56, 0);
        assert_eq!(request, expected);
    }

    #[test]
    fn an_answer_cut_short_is_none() {
        let whole = answer(libc::AF_INET, &[127, 0, 0, 1], &[]);
        for length in 0..whole.len() {
            assert!(SocketFound::read(&whole[..length]).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            SocketFound::read(&bytes);
        }
    }
}

//! /proc/net/{tcp,tcp6,udp,udp6} (proc(5)), where `sock_diag(7)` is not available. Without interface, backlog and
//! `IPV6_V6ONLY`.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};

use super::super::netlink::{SocketEntry, TCP_LISTEN, UDP_UNCONNECTED};
use crate::hosts::Protocol;

/// Sockets on this port. `None`: the table cannot be read.
pub(super) fn read(protocol: Protocol, port: u16) -> Option<Vec<SocketEntry>> {
    let state = match protocol {
        Protocol::Tcp => TCP_LISTEN,
        Protocol::Udp => UDP_UNCONNECTED,
        Protocol::Icmp => return None,
    };
    let table = |v6| {
        let path = format!("/proc/thread-self/net/{}{v6}", protocol.name());
        fs::read_to_string(path).ok()
    };
    // A kernel without IPv6 lacks the second table.
    let mut sockets = parse(&table("")?, state, port);
    sockets.extend(parse(&table("6").unwrap_or_default(), state, port));
    Some(sockets)
}

fn parse(table: &str, state: u8, port: u16) -> Vec<SocketEntry> {
    let lines = table.lines().skip(1).filter_map(entry);
    let matching = lines.filter(|(found, socket)| *found == state && socket.port == port);
    matching.map(|(_, socket)| socket).collect()
}

/// State and socket of one line (`get_tcp4_sock`, `net/ipv4/tcp_ipv4.c`): number, local and remote address, state,
/// `tx:rx` queues, timer, retransmissions, uid, timeout, inode.
fn entry(line: &str) -> Option<(u8, SocketEntry)> {
    let fields: Vec<_> = line.split_whitespace().collect();
    let (address, port) = fields.get(1)?.split_once(':')?;
    let (_, receive_queue) = fields.get(4)?.split_once(':')?;
    let socket = SocketEntry {
        address: ip(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        interface: None,
        v6_only: None,
        receive_queue: hex(receive_queue)?,
        send_queue: None,
        uid: fields.get(7)?.parse().ok()?,
        inode: fields.get(9)?.parse().ok()?,
    };
    Some((u8::try_from(hex(fields.get(3)?)?).ok()?, socket))
}

/// An address: words of four bytes in host byte order.
fn ip(text: &str) -> Option<IpAddr> {
    let word = |at| Some(hex(text.get(at..at + 8)?)?.to_ne_bytes());
    if text.len() == 8 {
        return word(0).map(IpAddr::from);
    }
    let octets = [word(0)?, word(8)?, word(16)?, word(24)?].concat();
    let octets: [u8; 16] = octets.try_into().ok()?;
    Some(Ipv6Addr::from(octets).to_canonical())
}

fn hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[cfg(target_endian = "little")]
    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:01BB 00000000:0000 0A 00000000:00000002 00:00000000 00000000  1000        0 77 1 0 100 0 0 10 0
   1: 0100007F:01BB 0200007F:C000 01 00000000:00000000 00:00000000 00000000  1000        0 78 1 0 20 4 30 10 -1
   2: 00000000:01BC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 79 1 0 100 0 0 10 0
   3: 00000000000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 80 1 0
   4: 0000000000000000FFFF00000100007F:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81 1 0
   5: cut
";

    #[cfg(target_endian = "little")]
    #[test]
    fn lines_are_filtered_by_port_and_state() {
        let found = parse(TABLE, TCP_LISTEN, 443).into_iter();
        let found: Vec<_> = found
            .map(|it| (it.address.to_string(), it.receive_queue, it.uid, it.inode))
            .collect();
        let expected = [
            ("127.0.0.1", 2, 1000, 77),
            ("::1", 3, 0, 80),
            ("127.0.0.1", 0, 0, 81),
        ];
        assert_eq!(
            found,
            expected.map(|(address, a, b, c)| (address.to_owned(), a, b, c))
        );
        assert_eq!(parse(TABLE, UDP_UNCONNECTED, 443), []);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(line in "[ :0-9A-Fä]{0,120}") {
            entry(&line);
        }
    }
}

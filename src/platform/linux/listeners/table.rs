//! The tables of sockets in proc(5), where the kernel does not answer questions. They tell neither the interface, nor
//! the limit of an accept queue, nor whether IPv6 is alone.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};

use super::{LISTENING, SocketFound, UNCONNECTED};
use crate::hosts::Protocol;

/// The sockets of this port. `None`: there is no such table.
pub(super) fn read(protocol: Protocol, port: u16) -> Option<Vec<SocketFound>> {
    let state = match protocol {
        Protocol::Tcp => LISTENING,
        Protocol::Udp => UNCONNECTED,
        Protocol::Icmp => return None,
    };
    let table = |v6| {
        let path = format!("/proc/thread-self/net/{}{v6}", protocol.name());
        fs::read_to_string(path).ok()
    };
    // A kernel without IPv6 has no table of it.
    let mut sockets = listed(&table("")?, state, port);
    sockets.extend(listed(&table("6").unwrap_or_default(), state, port));
    Some(sockets)
}

fn listed(table: &str, state: u8, port: u16) -> Vec<SocketFound> {
    let lines = table.lines().skip(1).filter_map(entry);
    let ours = lines.filter(|(found, socket)| *found == state && socket.port == port);
    ours.map(|(_, socket)| socket).collect()
}

/// One line (`get_tcp4_sock`, `net/ipv4/tcp_ipv4.c`): number, local and remote address, state, `tx:rx` queues, timer,
/// retransmissions, user, timeout, inode. The state comes first here.
fn entry(line: &str) -> Option<(u8, SocketFound)> {
    let words: Vec<_> = line.split_whitespace().collect();
    let (address, port) = words.get(1)?.split_once(':')?;
    let (_, waiting) = words.get(4)?.split_once(':')?;
    let socket = SocketFound {
        address: ip(address)?,
        port: u16::from_str_radix(port, 16).ok()?,
        interface: None,
        v6_only: None,
        receive_queue: hex(waiting)?,
        send_queue: None,
        uid: words.get(7)?.parse().ok()?,
        inode: words.get(9)?.parse().ok()?,
    };
    Some((u8::try_from(hex(words.get(3)?)?).ok()?, socket))
}

/// Each four bytes of the address are a number as this machine reads them.
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
    fn lines_of_the_port_and_state_are_taken() {
        let found = listed(TABLE, LISTENING, 443).into_iter();
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
        assert_eq!(listed(TABLE, UNCONNECTED, 443), []);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(line in "[ :0-9A-Fä]{0,120}") {
            entry(&line);
        }
    }
}

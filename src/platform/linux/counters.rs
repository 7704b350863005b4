//! The kernel's counters, from proc(5).

use std::collections::HashMap;
use std::fs;

use crate::platform::Counters;

/// Pairs of lines: names, then values.
const PAIRED: [&str; 2] = [
    "/proc/thread-self/net/snmp",
    "/proc/thread-self/net/netstat",
];

/// A name and a value on each line.
const LISTED: &str = "/proc/thread-self/net/snmp6";

/// The counters of this thread's network namespace. `None`: /proc shows none of them.
pub fn counters() -> Option<Counters> {
    let mut values = HashMap::new();
    for text in PAIRED
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
    {
        values.extend(paired(&text));
    }
    if let Ok(text) = fs::read_to_string(LISTED) {
        values.extend(listed(&text));
    }
    (!values.is_empty()).then(|| Counters::read(|name| values.get(name).copied()))
}

/// `Ip: OutDiscards OutNoRoutes` and `Ip: 2 0` (`snmp_seq_show`, net/ipv4/proc.c), as nstat(8) joins their names.
/// Tcp's `MaxConn` is -1, and no counter.
fn paired(text: &str) -> HashMap<String, u64> {
    let lines: Vec<_> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .collect();
    let pairs = lines.chunks_exact(2).filter(|pair| pair[0].0 == pair[1].0);
    let values = pairs.flat_map(|pair| {
        let (group, names) = pair[0];
        let values = pair[1].1.split_whitespace();
        let counted = names.split_whitespace().zip(values);
        counted
            .filter_map(move |(name, value)| Some((format!("{group}{name}"), value.parse().ok()?)))
    });
    values.collect()
}

/// `Ip6OutDiscards 2` (`snmp6_seq_show`, net/ipv6/proc.c).
fn listed(text: &str) -> HashMap<String, u64> {
    let lines = text
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace));
    let values =
        lines.filter_map(|(name, value)| Some((name.to_owned(), value.trim().parse().ok()?)));
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, UdpSocket};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn names_are_joined_with_their_group() {
        let values = paired(
            "Tcp: MaxConn InSegs OutSegs\nTcp: -1 7 18446744073709551615\nIp: A B\nIp: 1\nUdp: A\nIp: 9\nIp: A\n",
        );
        let expected = [("TcpInSegs", 7), ("TcpOutSegs", u64::MAX), ("IpA", 1)];
        assert_eq!(
            values,
            expected
                .map(|(name, value)| (name.to_owned(), value))
                .into()
        );
    }

    #[test]
    fn a_list_has_one_value_on_each_line() {
        let values = listed("Ip6OutDiscards                  \t2\nIp6OutNoRoutes\nIp6X x\n");
        assert_eq!(values, [("Ip6OutDiscards".to_owned(), 2)].into());
    }

    #[test]
    fn a_datagram_for_nobody_is_counted() {
        let before = counters().expect("/proc");
        assert!(before.listen_overflows.is_some() && before.out_no_routes_v6.is_some());
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let nobody = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|it| it.local_addr());
        let sent = socket.send_to(&[0], nobody.expect("an address"));
        assert_eq!(sent.expect("a datagram"), 1);
        let counted = || counters().expect("/proc").since(&before).udp_no_ports;
        let deadline = Instant::now() + Duration::from_secs(5);
        while counted() == Some(0) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(counted() >= Some(1), "{:?}", counted());
    }
}

//! Kernel counters from /proc/net/{snmp,netstat,snmp6} (proc(5)).

use std::collections::HashMap;
use std::fs;

use crate::platform::Counters;

/// Format: pairs of lines, names and values.
const PAIRED: [&str; 2] = [
    "/proc/thread-self/net/snmp",
    "/proc/thread-self/net/netstat",
];

/// Format: a name and a value per line.
const LISTED: &str = "/proc/thread-self/net/snmp6";

/// The counters of this thread's network namespace. `None`: no file can be read.
pub fn counters() -> Option<Counters> {
    let mut values = HashMap::new();
    for text in PAIRED
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
    {
        values.extend(parse_paired(&text));
    }
    if let Ok(text) = fs::read_to_string(LISTED) {
        values.extend(parse_listed(&text));
    }
    (!values.is_empty()).then(|| Counters::read(|name| values.get(name).copied()))
}

/// `Ip: OutDiscards OutNoRoutes` and `Ip: 2 0` (`snmp_seq_show`, net/ipv4/proc.c), with nstat(8)'s names:
/// `IpOutDiscards`. Skips Tcp's `MaxConn`, which is -1.
fn parse_paired(text: &str) -> HashMap<String, u64> {
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
fn parse_listed(text: &str) -> HashMap<String, u64> {
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
    use socket2::SockRef;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn names_have_their_group_as_prefix() {
        let values = parse_paired(
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
    fn listed_counters_are_parsed() {
        let values = parse_listed("Ip6OutDiscards                  \t2\nIp6OutNoRoutes\nIp6X x\n");
        assert_eq!(values, [("Ip6OutDiscards".to_owned(), 2)].into());
    }

    /// Increase of a counter while a socket with a small receive buffer is overrun.
    fn receive_drops(address: IpAddr, drops: impl Fn(Counters) -> Option<u64>) -> Option<u64> {
        let before = counters().expect("/proc");
        let Ok(full) = UdpSocket::bind((address, 0)) else {
            return None; // no IPv6 on this machine
        };
        let small = SockRef::from(&full).set_recv_buffer_size(1);
        small.expect("a buffer as small as the kernel allows");
        let to = full.local_addr().expect("an address");
        for _ in 0..100 {
            full.send_to(&[0; 1000], to).expect("a datagram");
        }
        let increase = || drops(counters().expect("/proc").since(&before));
        let deadline = Instant::now() + Duration::from_secs(5);
        while increase() == Some(0) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        increase()
    }

    #[test]
    fn receive_buffer_drops_are_counted_by_family() {
        let v4 = receive_drops(Ipv4Addr::LOCALHOST.into(), |it| it.udp_receive_drops);
        assert!(v4 >= Some(1), "{v4:?}");
        let v6 = receive_drops(Ipv6Addr::LOCALHOST.into(), |it| it.udp_receive_drops_v6);
        assert!(v6.is_none_or(|drops| drops >= 1), "{v6:?}");
        let found = counters().expect("/proc");
        assert!(found.listen_overflows.is_some() && found.retransmit_failures.is_some());
    }
}

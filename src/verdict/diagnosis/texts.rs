//! Words that several rules need.

use std::net::IpAddr;
use std::time::Duration;

use super::case::Case;
use super::tally::Tally;
use crate::checks::ProbeBatch;
use crate::hosts::Protocol;
use crate::outcome::{
    Handshake, IcmpError, IcmpVersion, LocalCause, Outcome, Refusal, UnreachableBy,
};
use crate::platform::Listener;

/// Said wherever packets got no answer.
pub(super) const WHICH_WAY: &str =
    "Whether the probes were lost on the way there, or their answers on the way back.";

/// Where answers that arrive may still be dropped.
pub(super) const INPUT_RULES: &str = "does a rule of INPUT drop the answers? As root: nft list ruleset (or iptables-save, ip6tables-save)";

/// Where something may be answered in another's name before it leaves.
pub(super) const OUTPUT_RULES: &str = "does a rule of OUTPUT reject, redirect or drop it? As root: nft list ruleset (or iptables-save, ip6tables-save)";

/// Three digits of a time: `0.412 ms`, `12.3 ms`, `1.02 s`.
pub(super) fn time(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        ms if ms < 0.9995 => format!("{ms:.3} ms"),
        ms if ms < 9.995 => format!("{ms:.2} ms"),
        ms if ms < 99.95 => format!("{ms:.1} ms"),
        ms if ms < 999.5 => format!("{ms:.0} ms"),
        ms => format!("{:.2} s", ms / 1e3),
    }
}

/// With a capital letter in front, as a sentence begins.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// `1 probe`, `2 probes`.
pub(super) fn probes(number: u64) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} probe{plural}")
}

/// Things in a row: `a, b and c`.
pub(super) fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How probes ended: `5 probes: 3 connected, 2 without a reply`, or `5 probes, all connected`.
pub(super) fn ends(tried: &ProbeBatch) -> String {
    let mut words: Vec<(String, u64)> = Vec::new();
    let ended = |end: &&(Outcome, u64)| end.0 != Outcome::Unfinished;
    for (outcome, count) in tried.outcomes.iter().filter(ended) {
        let word = end(tried.target.protocol, outcome);
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, known)) => *known += count,
            None => words.push((word, *count)),
        }
    }
    let total = Tally::of(tried).total();
    if let [(word, _)] = words.as_slice() {
        let all = if total == 1 { ":" } else { ", all" };
        return format!("{}{all} {word}", probes(total));
    }
    let words = words.iter().map(|(word, count)| format!("{count} {word}"));
    let words: Vec<_> = words.collect();
    format!("{}: {}", probes(total), words.join(", "))
}

fn end(protocol: Protocol, outcome: &Outcome) -> String {
    let word = match outcome {
        Outcome::Connected(Handshake::Clean) => "connected",
        Outcome::Connected(_) => "connected after more than one SYN",
        Outcome::Reply => "answered",
        Outcome::ClosedAfterConnect => "closed right after the handshake",
        Outcome::ResetAfterConnect => "reset right after the handshake",
        Outcome::Refused(Refusal::Rst) => "refused with RST",
        Outcome::Refused(Refusal::Errno) => "refused (RST or ICMP, this system does not say)",
        Outcome::Unreachable(UnreachableBy::Icmp(error)) => {
            return format!("{} from {}", icmp(error), device(error.from));
        }
        Outcome::Unreachable(UnreachableBy::Errno(errno)) => {
            return format!("{} (this system does not say from whom)", errno.name());
        }
        Outcome::NoReply => "without a reply",
        Outcome::Local(cause) => {
            return format!("stopped here: {}", local(protocol, *cause).0);
        }
        Outcome::Unfinished => "unfinished",
    };
    word.to_owned()
}

/// `ICMP admin-prohibited (3/13)`: name, type and code.
pub(super) fn icmp(error: &IcmpError) -> String {
    let version = match error.version {
        IcmpVersion::V4 => "ICMP",
        IcmpVersion::V6 => "ICMPv6",
    };
    let (reason, kind, code) = (error.reason(), error.kind, error.code);
    format!("{version} {reason} ({kind}/{code})")
}

/// An address, or words for one that nobody knows.
pub(super) fn device(address: Option<IpAddr>) -> String {
    address.map_or_else(
        || "a device that is not known".to_owned(),
        |it| it.to_string(),
    )
}

/// `nginx (pid 12) on 127.0.0.1`.
pub(super) fn listener(listener: &Listener) -> String {
    let process = listener.process.as_ref();
    let process = process.map(|it| format!("{} (pid {})", it.name, it.pid));
    let user = listener
        .uid
        .map_or_else(String::new, |uid| format!(" (user {uid})"));
    let process = process.unwrap_or_else(|| format!("a socket whose process does not show{user}"));
    let interface = listener.interface.as_ref();
    let interface = interface.map(|it| format!(" at interface {it} only"));
    let family = match (listener.address, listener.v6_only) {
        (IpAddr::V6(_), Some(true)) => " (IPv6 only)",
        _ => "",
    };
    let interface = interface.unwrap_or_default();
    format!("{process} on {}{family}{interface}", listener.address)
}

/// What to ask on a machine where something should listen.
pub(super) fn ask_listeners(case: &Case) -> String {
    let letter = if case.is_udp() { 'u' } else { 't' };
    let port = case.found.port.unwrap_or_default();
    format!("ss -l{letter}np 'sport = :{port}'")
}

/// Where what arrives waits for the service.
pub(super) struct Queue {
    /// What it is called.
    pub(super) name: &'static str,
    /// What a service does that lets it fill up.
    pub(super) slow: &'static str,
    /// What shows that it is full.
    pub(super) look: String,
}

/// What may be full at the target.
pub(super) fn queue(case: &Case) -> Queue {
    let listeners = ask_listeners(case);
    match case.found.protocol {
        Protocol::Tcp => Queue {
            name: "accept queue",
            slow: "does not accept fast enough",
            look: format!(
                "{listeners} (Recv-Q above Send-Q); nstat -az TcpExtListenOverflows TcpExtListenDrops, before and after"
            ),
        },
        Protocol::Udp => Queue {
            name: "receive buffer",
            slow: "does not read fast enough",
            look: format!(
                "{listeners} (Recv-Q); nstat -az UdpRcvbufErrors Udp6RcvbufErrors, before and after"
            ),
        },
        Protocol::Icmp => Queue {
            name: "queue",
            slow: "is busy",
            look: "nstat -az IcmpInEchos IcmpOutEchoReps, before and after".to_owned(),
        },
    }
}

/// A capture that shows whether the probes arrive.
pub(super) fn capture(case: &Case) -> String {
    let what = match (case.found.protocol, case.found.port) {
        (Protocol::Icmp, _) | (_, None) => "(icmp or icmp6)".to_owned(),
        (protocol, Some(port)) => format!("{} port {port}", protocol.name()),
    };
    let source = case.route().and_then(|route| route.source);
    match source.zip(case.address()) {
        Some((source, target)) if may_be_translated(source, target) => {
            format!("tcpdump -ni any '{what}' (from {source}, or what NAT makes of it)")
        }
        Some((source, _)) => format!("tcpdump -ni any '{what} and host {source}'"),
        None => format!("tcpdump -ni any '{what}'"),
    }
}

/// Whether packets most likely arrive from another address than they left from: few networks of others lead back to a
/// private one.
fn may_be_translated(source: IpAddr, target: IpAddr) -> bool {
    is_private(source) && !is_private(target)
}

/// RFC 1918, RFC 6598 and RFC 4193.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || matches!(v4.octets(), [100, 64..=127, ..]),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// `1 datagram`, `3 datagrams`.
pub(super) fn datagrams(number: u64) -> String {
    match number {
        1 => "1 datagram".to_owned(),
        number => format!("{number} datagrams"),
    }
}

/// What a local cause is, in a few words, and what to look at.
pub(super) fn local(protocol: Protocol, cause: LocalCause) -> (&'static str, &'static str) {
    match cause {
        LocalCause::DroppedLocally if protocol != Protocol::Tcp => (
            "a queue or a rule of this machine dropped them",
            "tc -s qdisc; ip -s link",
        ),
        LocalCause::Permission if protocol == Protocol::Icmp => (
            "this user may not open ICMP sockets",
            "allow the user's group: sysctl net.ipv4.ping_group_range; or give synack CAP_NET_RAW",
        ),
        LocalCause::NoRoute => (
            "there is no route",
            "ip route; ip -6 route: is the default route missing?",
        ),
        LocalCause::NoNeighbour => (
            "the next hop does not answer ARP or Neighbor Discovery",
            "ip neigh; check cable, VLAN and netmask",
        ),
        LocalCause::RouteUnreachable => (
            "a route or rule of type \"unreachable\" covers these packets",
            "ip rule; ip route show table all type unreachable; the same with ip -6",
        ),
        LocalCause::RouteProhibited => (
            "a route or rule of type \"prohibit\" covers these packets",
            "ip rule; ip route show table all type prohibit; the same with ip -6",
        ),
        LocalCause::RouteBlackhole => (
            "a route or rule of type \"blackhole\" covers these packets",
            "ip rule; ip route show table all type blackhole; the same with ip -6",
        ),
        LocalCause::LocalFirewall => (
            "this machine's own firewall does not let them pass",
            "as root: nft list ruleset (or iptables-save, ip6tables-save): which rule of OUTPUT rejects or drops? Only this user's (skuid)?",
        ),
        LocalCause::DroppedLocally => (
            "this machine's own output path drops them (firewall or traffic control)",
            "as root: nft list ruleset (or iptables-save, ip6tables-save): which rule of OUTPUT drops? Only this user's (skuid)? tc -s qdisc",
        ),
        LocalCause::StuckInQueue => (
            "they still wait in this machine's queue, or their route or link has gone",
            "ip -s link; tc -s qdisc",
        ),
        cause => refused(cause),
    }
}

/// The same for what a system call refuses.
fn refused(cause: LocalCause) -> (&'static str, &'static str) {
    match cause {
        LocalCause::PortsExhausted => (
            "no local port is free",
            "ss -tan state time-wait | wc -l; sysctl net.ipv4.ip_local_port_range",
        ),
        LocalCause::TooManyOpenFiles => {
            ("no file descriptor is left", "raise the limit: ulimit -n")
        }
        LocalCause::AddressNotAvailable => (
            "there is no usable source address",
            "ip address: is the source address one of this machine?",
        ),
        LocalCause::MessageTooLong => (
            "they are larger than the interface takes",
            "ip link: the MTU; choose a smaller payload",
        ),
        LocalCause::GroupTarget => (
            "a broadcast or multicast address stands for many machines",
            "name a single machine",
        ),
        LocalCause::NoSuchInterface => ("the interface does not exist", "ip link"),
        LocalCause::NetworkDown => ("the interface is down", "ip link"),
        LocalCause::FamilyNotSupported => (
            "that version of IP is switched off",
            "sysctl net.ipv6.conf.all.disable_ipv6",
        ),
        LocalCause::Permission => (
            "a policy of this machine forbids them",
            "the logs of the security module or container runtime; as root: ip xfrm policy",
        ),
        LocalCause::SelfConnect => (
            "they met themselves: their local port is the target's, and nothing else answers there",
            "choose another local port",
        ),
        LocalCause::OutOfMemory => (
            "the kernel has no memory or buffer for them",
            "dmesg; free; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
        ),
        _ => (
            "a system call fails",
            "synack HOST:PORT shows its errno; errno(3) says what that means",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_that_leave_a_private_network_may_be_translated() {
        for (source, target, expected) in [
            ("10.20.9.4", "198.51.100.7", true),
            ("100.64.0.9", "198.51.100.7", true),
            ("fd00::4", "2001:db8::7", true),
            ("10.20.9.4", "10.20.0.7", false),
            ("100.128.0.9", "198.51.100.7", false),
            ("2001:db8::4", "2001:db8::7", false),
        ] {
            let [from, to] = [source, target].map(|it| it.parse().expect("an address"));
            assert_eq!(
                may_be_translated(from, to),
                expected,
                "{source} to {target}"
            );
        }
    }
}

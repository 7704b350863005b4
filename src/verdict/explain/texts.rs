//! One short text per cause: what it means, without claiming more than was seen, and what to check.
//!
//! `{target}`, `{address}`, `{port}`, `{service}` (`tcp/443`), `{probe}` (`SYN`), `{from}`, `{next_hop}` and `{source}` are filled in
//! from what the run showed.

use crate::hosts::Protocol;
use crate::outcome::IcmpError;

/// What a cause means and what to do about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CodeText {
    /// The stable reason it belongs to.
    pub(super) code: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    /// What to check next, and where.
    pub(super) next: &'static str,
}

pub(super) const fn text(
    code: &'static str,
    meaning: &'static str,
    next: &'static str,
) -> CodeText {
    CodeText {
        code,
        meaning,
        next,
    }
}

/// Every text; `icmp-other` stands for ICMP errors without one of their own.
pub(super) const TEXTS: &[CodeText] = &[
    text(
        "after-syn-loss",
        "Some handshakes needed more than one SYN because the first got no answer: it was lost on the way there, or {target} dropped it (Linux does so when its accept queue is full). A server that uses SYN cookies looks the same when its answer is lost, and so does this machine's own firewall when it drops a single SYN. Each costs a second or more; the path itself is not slow.",
        "on the server: nstat -az TcpExtListenOverflows TcpExtListenDrops, before and after; if they stand still, a capture at both ends shows where SYNs are missing",
    ),
    text(
        "after-synack-loss",
        "Some handshakes waited for a second SYN although the first had been answered (the TCP time stamps tell): the answer of {target} was lost on the way back, dropped by this machine's own firewall, or came very late. Each costs a second or more; the path itself is not slow.",
        "in a capture on the server: does the SYN-ACK leave at once? If so it is lost on the way to {source}",
    ),
    text(
        "after-retransmission",
        "Some handshakes needed more than one SYN. Either a packet was lost (without TCP time stamps nobody can tell in which direction), or an answer that fitted no connection made the kernel send the SYN again.",
        "in a capture at both ends: which packet is missing at the other one?",
    ),
    text(
        "reset-after-connect",
        "The handshake completes and then a RST comes in the name of {target}: a proxy or balancer without a backend, a service that is full or refuses this client, or a firewall on the way.",
        "look into the log of the service (or proxy) on {target} at the times above",
    ),
    text(
        "closed-after-connect",
        "{target} completes the handshake and then closes the connection in order: the service does not want this client, has nothing to say, or was left idle for too long.",
        "look into the log of the service on {target} at the times above",
    ),
    text(
        "rst",
        "A RST came back in the name of {address}. Nothing accepts on port {port} of that host (or it is the wrong host), or a firewall, there or on the way, this machine's own included, sends RSTs in its name: from here these look the same.",
        "is {address} port {port} meant? On the server: ss -ltn 'sport = :{port}' (does anything listen, and on which address?); if something does, a capture there shows whether the SYN arrives at all",
    ),
    text(
        "refused-by-errno",
        "The connection to {target} was refused: by a RST from the host (nothing accepts on port {port}), or by a firewall. This system does not say which.",
        "on the server: does anything listen on port {port}, and on which address? A Linux machine can tell a RST from a firewall's ICMP error",
    ),
    text(
        "silence",
        "No answer came back: a firewall (here, there or between) drops the SYN or its answer, the host is down or the address wrong, there is no way there or back, or its accept queue is full (Linux drops the SYN then). From this end these look the same. A port that is merely closed would have answered with a RST.",
        "from here: synack {host}:{port},22,80,443 (if another port answers, the host is up), and a host next to it; then in a capture on the server: does the SYN arrive, does a SYN-ACK leave?",
    ),
    text(
        "port-unreachable",
        "{from} rejected the SYN with ICMP port-unreachable. A TCP stack answers a closed port with a RST, never with this: it is a firewall's reject rule (the default of REJECT).",
        "ask the owner of {from} for the firewall rules on {service} from {source}",
    ),
    text(
        "admin-prohibited",
        "{from}, a router or firewall, forbids {service} from {source} to {address}, by a rule or a prohibit route. How much else it forbids, these probes do not show.",
        "ask the owner of {from} for its rules on {service} from {source} to {address}",
    ),
    text(
        "host-prohibited",
        "{from} is a router or firewall whose rules forbid traffic to this host.",
        "ask the owner of {from} for its rules on {service} from {source} to {address}",
    ),
    text(
        "net-prohibited",
        "{from} is a router or firewall whose rules forbid traffic to this network.",
        "ask the owner of {from} for its rules on {service} from {source} to {address}",
    ),
    text(
        "policy-fail",
        "{from} rejects the packet because of its source address {source} (ingress or egress policy), or a rule there says so.",
        "ask the owner of {from} whether {source} is a source address it should let pass",
    ),
    text(
        "reject-route",
        "{from} has a route that rejects packets to {address}, or a rule that says so.",
        "ask the owner of {from} for its route to {address}",
    ),
    text(
        "host-unreachable",
        "{from} cannot reach {address}: the host does not answer that device's ARP or neighbour discovery (it is off, on another VLAN, or the address is wrong or out of date), or a rule or route there rejects it.",
        "check that {address} is up and on the network behind {from}; ask the owner of {from} for its neighbour table and rules",
    ),
    text(
        "net-unreachable",
        "{from} has no route to the network of {address}, or a rule that says so.",
        "ask the owner of {from} for its route to {address}",
    ),
    text(
        "no-route-at-router",
        "{from} has no route to {address}, or a rule that says so.",
        "ask the owner of {from} for its route to {address}",
    ),
    text(
        "protocol-unreachable",
        "{from} says that this protocol is not spoken there: practically always a firewall's reject rule.",
        "ask the owner of {from} for its rules on {service} from {source}",
    ),
    text(
        "ttl-exceeded",
        "The packet ran out of hops at {from}: a routing loop, or a TTL too small for the path.",
        "traceroute to {address}: addresses that repeat are the loop; ask the owner of {from}",
    ),
    text(
        "fragmentation-needed",
        "{from} says that the packet is too large for the next link.",
        "check the MTU settings on the way; ask the owner of {from}",
    ),
    text(
        "icmp-other",
        "{from} answered the probe with an ICMP error.",
        "ask the owner of {from} what it does with {service} from {source} to {address}",
    ),
    text(
        "unreachable-by-errno",
        "The system reports the target as unreachable but does not say who said so.",
        "run this from a Linux machine to learn which device answered",
    ),
    text(
        "no-route",
        "This machine has no route to {address} that it can use. Nothing was sent.",
        "here: ip route get {address}; ip route (is the default route missing?); ip link (is the interface up?)",
    ),
    text(
        "no-neighbour",
        "The next hop towards {address}, which is {next_hop}, has not answered ARP or neighbour discovery (Linux asks for 3 s, and all probes wait for the same answer), so none left this machine: it is off, on another VLAN, or its address or this machine's netmask is wrong.",
        "here: ip neigh; ip route get {address}; check cable, VLAN and netmask, and that {next_hop} is up",
    ),
    text(
        "route-unreachable",
        "A route of type \"unreachable\" on this machine covers {address}. Nothing was sent.",
        "here: ip route show table all type unreachable",
    ),
    text(
        "route-prohibited",
        "A route of type \"prohibit\" on this machine covers {address} (or a policy forbids it). Nothing was sent.",
        "here: ip route show table all type prohibit",
    ),
    text(
        "route-blackhole",
        "A route of type \"blackhole\" on this machine covers {address}. Nothing was sent.",
        "here: ip route show table all type blackhole",
    ),
    text(
        "local-firewall",
        "This machine's own firewall rejected the packet: the ICMP error came from an address of this machine.",
        "here, as root: nft list ruleset (or iptables-save, ip6tables-save), look for reject rules that match {service}",
    ),
    text(
        "dropped-locally",
        "This machine did not let its own SYN out: when the kernel tried to send it again, its own output path refused it (a firewall rule in OUTPUT, or traffic control).",
        "here, as root: nft list ruleset (or iptables-save, ip6tables-save), look for drop rules that match {service}; tc -s qdisc",
    ),
    text(
        "stuck-in-queue",
        "This machine could not send its SYN again: it still waits in the send queue, or the route or link has gone since.",
        "here: ip -s link (carrier, errors), tc -s qdisc",
    ),
    text(
        "ports-exhausted",
        "No local port is free for connections to {target}: other connections, or their TIME-WAIT, hold the range.",
        "here: ss -tan state time-wait | wc -l; sysctl net.ipv4.ip_local_port_range; a RST close (--close rst) leaves no TIME-WAIT",
    ),
    text(
        "too-many-open-files",
        "This process could open no further socket.",
        "raise the limit: ulimit -n",
    ),
    text(
        "address-not-available",
        "The source address is not (or no longer) one of this machine, or there is none for this kind of target.",
        "here: ip address",
    ),
    text(
        "message-too-long",
        "The probe is larger than the interface lets through whole, and --df forbids to cut it up (or it is larger than any datagram). Nothing was sent.",
        "here: ip link (mtu); choose a smaller -l",
    ),
    text(
        "group-target",
        "{address} is a broadcast or multicast address: many machines might answer, so none was asked. Nothing was sent.",
        "name a single machine",
    ),
    text(
        "no-such-interface",
        "The interface to send through does not exist (any more).",
        "here: ip link",
    ),
    text(
        "network-down",
        "The interface towards the target is down.",
        "here: ip link",
    ),
    text(
        "family-not-supported",
        "This machine has that version of IP switched off.",
        "here: sysctl net.ipv6.conf.all.disable_ipv6",
    ),
    text(
        "permission",
        "This machine does not allow it: a source port below 1024 for an ordinary user, or a policy (IPsec, seccomp, a BPF program, a security module).",
        "here: sysctl net.ipv4.ip_unprivileged_port_start; as root: ip xfrm policy; the logs of the security module or container runtime",
    ),
    text(
        "self-connect",
        "The probe was sent from the very address and port it was sent to, so TCP connected it to itself: nothing else listens on port {port}.",
        "leave the local port to this tool, or choose others with -S",
    ),
    text(
        "out-of-memory",
        "This machine's kernel had no memory or buffers for the probe.",
        "here: dmesg; free; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
    ),
    text(
        "system-error",
        "A system call failed here in a way this tool has no text for; the lines above carry its errno.",
        "here: errno(3) for the name shown",
    ),
];

/// Texts that differ for UDP.
const UDP: &[CodeText] = &[
    text(
        "silence",
        "No answer and no ICMP error reached this machine's socket. UDP does not tell more: the port may be open and leave this payload unanswered, a firewall (here, there or between) may drop it or its answer, the host may be down, it may answer from another address, or datagrams were lost. \"Open or filtered\" is all that can be said.",
        "send what the service answers (--payload, see synack --help); in a capture on the server: does the datagram arrive, does an answer leave? Try another port of {address}",
    ),
    text(
        "port-unreachable",
        "{from} rejected the datagram with ICMP port-unreachable. It is not the address that was asked, so nothing is known of the port itself: most likely a firewall's reject rule (the default of REJECT), or another address of the target or of what stands behind it.",
        "ask the owner of {from} for the firewall rules on {service} from {source}",
    ),
    text(
        "ports-exhausted",
        "No local port is free for another datagram to {target}: the ports given with -S are few and still wait for answers that could not be told apart, or others hold the range.",
        "give more ports with -S, or none; here: ss -uan | wc -l; sysctl net.ipv4.ip_local_port_range",
    ),
    text(
        "self-connect",
        "The datagram would have come from the very address and port it goes to, and would have answered itself. Nothing was sent.",
        "leave the local port to this tool, or choose others with -S",
    ),
    text(
        "local-firewall",
        "This machine's own firewall (or a policy for this process) did not let the datagram out. Nothing was sent.",
        "here, as root: nft list ruleset (or iptables-save, ip6tables-save), look for rules of OUTPUT that match {service}",
    ),
    text(
        "dropped-locally",
        "A queue of this machine dropped the datagram before it left (traffic control, or a full send queue).",
        "here: tc -s qdisc; ip -s link",
    ),
];

/// Texts that differ for ICMP echoes.
const ICMP: &[CodeText] = &[
    text(
        "silence",
        "No echo reply and no ICMP error reached this machine's socket. Many hosts and firewalls drop echo requests, so this alone does not say that {address} is down: it is down, filters pings, has no way back, or packets are lost (over IPv6 also in this machine's own firewall, which need not say so).",
        "probe a TCP port that should be open: synack tcp://{host}:443; in a capture on {address}: do echo requests arrive?",
    ),
    text(
        "port-unreachable",
        "{from} rejected the echo request with ICMP port-unreachable. A ping has no port: it is a firewall's reject rule (the default of REJECT).",
        "ask the owner of {from} for its rules on ICMP echo from {source}",
    ),
    text(
        "local-firewall",
        "This machine's own firewall (or a policy for this process) did not let the echo request out. Nothing was sent.",
        "here, as root: nft list ruleset (or iptables-save, ip6tables-save), look for rules of OUTPUT that match ICMP",
    ),
    text(
        "dropped-locally",
        "A queue of this machine dropped the echo request before it left (traffic control, or a full send queue).",
        "here: tc -s qdisc; ip -s link",
    ),
    text(
        "permission",
        "This machine does not allow it: ICMP echoes of this user, or a policy (IPsec, seccomp, a BPF program, a security module).",
        "here: sysctl net.ipv4.ping_group_range, or give synack CAP_NET_RAW; as root: ip xfrm policy",
    ),
];

/// The text of a reason. All reasons have their own, but for ICMP errors without a name.
pub(super) fn find(protocol: Protocol, code: &str) -> Option<&'static CodeText> {
    let special = match protocol {
        Protocol::Tcp => &[],
        Protocol::Udp => UDP,
        Protocol::Icmp => ICMP,
    };
    let known = |code: &str| special.iter().chain(TEXTS).find(|text| text.code == code);
    known(code).or_else(|| known("icmp-other").filter(|_| is_icmp(code)))
}

fn is_icmp(code: &str) -> bool {
    IcmpError::names().any(|name| name == code) || code.starts_with("icmp-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::LocalCause;
    use std::collections::HashSet;

    #[test]
    fn every_outcome_that_is_no_success_has_a_text_of_its_own() {
        let local = LocalCause::ALL.iter().map(|cause| cause.reason());
        let others = [
            "after-syn-loss",
            "after-synack-loss",
            "after-retransmission",
            "reset-after-connect",
            "closed-after-connect",
            "rst",
            "refused-by-errno",
            "unreachable-by-errno",
            "silence",
        ];
        for code in local.chain(others) {
            assert_eq!(find(Protocol::Tcp, code).map(|text| text.code), Some(code));
        }
    }

    #[test]
    fn every_icmp_error_has_a_text_and_nothing_else_borrows_it() {
        assert!(IcmpError::names().all(|name| find(Protocol::Tcp, name).is_some()));
        assert!(
            find(Protocol::Udp, "icmp-12-7")
                .expect("a text")
                .meaning
                .contains("{from}")
        );
        assert!(find(Protocol::Icmp, "no-such-code").is_none());
    }

    #[test]
    fn no_code_has_two_texts_and_all_are_filled() {
        for texts in [TEXTS, UDP, ICMP] {
            let codes: HashSet<_> = texts.iter().map(|text| text.code).collect();
            assert_eq!(codes.len(), texts.len());
            let filled = |text: &CodeText| !text.meaning.is_empty() && !text.next.is_empty();
            assert!(texts.iter().all(filled));
        }
    }

    #[test]
    fn a_datagram_is_not_told_about_syns() {
        let codes = TEXTS.iter().map(|text| text.code);
        let tcp_only = [
            "after-syn-loss",
            "after-synack-loss",
            "after-retransmission",
            "reset-after-connect",
            "closed-after-connect",
            "rst",
            "refused-by-errno",
            "stuck-in-queue",
        ];
        for code in codes.filter(|code| !tcp_only.contains(code)) {
            let only_udp = ["self-connect", "ports-exhausted"].contains(&code);
            let both = [Protocol::Udp, Protocol::Icmp];
            for protocol in both.into_iter().take(if only_udp { 1 } else { 2 }) {
                let text = find(protocol, code).expect(code);
                let words = format!("{} {}", text.meaning, text.next);
                let tcp = ["SYN", "tcp/", "handshake", "connection", "TCP stack"];
                assert!(
                    !tcp.iter().any(|word| words.contains(word)),
                    "{code}: {words}"
                );
            }
        }
    }
}

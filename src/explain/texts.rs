//! One short text per cause: what it means, without claiming more than was seen, and what to check.
//!
//! `{target}`, `{address}`, `{port}`, `{service}` (`tcp/443`), `{probe}` (`SYN`), `{from}` and `{source}` are filled in
//! from what the run showed.

use crate::outcome::IcmpError;
use crate::target::Protocol;

/// What a cause means and what to do about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Text {
    /// The stable reason it belongs to.
    pub(super) code: &'static str,
    /// What it means.
    pub(super) meaning: &'static str,
    /// What to check next, and where.
    pub(super) next: &'static str,
}

const fn text(code: &'static str, meaning: &'static str, next: &'static str) -> Text {
    Text {
        code,
        meaning,
        next,
    }
}

/// Every text; `icmp-other` stands for ICMP errors without one of their own.
pub(super) const TEXTS: &[Text] = &[
    text(
        "after-syn-loss",
        "Some handshakes needed more than one SYN because the first got no answer: it was lost on the way there, or {target} dropped it (Linux does so when its accept queue is full). A server that uses SYN cookies looks the same when its answer is lost, and so does this machine's own firewall when it drops a single SYN. Each costs a second or more; the path itself is not slow.",
        "on the server: nstat -az TcpExtListenOverflows TcpExtListenDrops; if they stand still, the network loses the SYN: a capture shows where",
    ),
    text(
        "after-synack-loss",
        "Some handshakes waited for a second SYN although the first had been answered: the answer of {target} was lost on the way back, or came very late.",
        "in a capture on the server: does the SYN-ACK leave at once? If so it is lost on the way to {source}",
    ),
    text(
        "after-retransmission",
        "Some handshakes needed more than one SYN. Either a packet was lost (without TCP time stamps nobody can tell in which direction), or an answer that fitted no connection made the kernel send the SYN again.",
        "in a capture at both ends: which packet is missing at the other one?",
    ),
    text(
        "reset-after-connect",
        "The handshake completes and then a RST comes in the name of {target}: a proxy or balancer without a backend, a full application, one that refuses this client, or a firewall on the way.",
        "look into the log of the service (or proxy) on {target} at the times above",
    ),
    text(
        "closed-after-connect",
        "{target} completes the handshake and then closes the connection in order: the service does not want this client, has nothing to say, or was left idle for too long.",
        "look into the log of the service on {target} at the times above",
    ),
    text(
        "rst",
        "A RST came back in the name of {address}. Either that host is up and nothing accepts on its port {port}, or a firewall on the way (this machine's own included) sends RSTs in its name: from here these look the same.",
        "on the server: ss -ltn 'sport = :{port}' (does anything listen, and on which address?); if something does, a capture there shows whether the SYN arrives at all, and {address} may be the wrong host",
    ),
    text(
        "refused-by-errno",
        "The connection to {target} was refused: by a RST from the host (nothing accepts on port {port}), or by a firewall. This system does not say which.",
        "on the server: does anything listen on port {port}, and on which address? A Linux machine can tell a RST from a firewall's ICMP error",
    ),
    text(
        "silence",
        "No answer came back. The SYN or its answer was dropped: a firewall that drops, a host that is down, a broken way back, or a full accept queue (Linux drops the SYN then). From this end these look the same.",
        "in a capture on the server: does the SYN arrive, does a SYN-ACK leave? Try another port of {address}, and another host next to it",
    ),
    text(
        "port-unreachable",
        "{from} rejected the SYN with ICMP port-unreachable. A TCP stack answers a closed port with a RST, never with this: it is a firewall's reject rule (the default of REJECT).",
        "ask the owner of {from} for the firewall rules on {service} from {source}",
    ),
    text(
        "admin-prohibited",
        "{from} is a router or firewall whose rules (or a prohibit route) forbid {service} from {source}.",
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
        "{from} cannot reach {address}: the host does not answer its neighbour lookup (off, wrong address, wrong VLAN), or a rule or route there says so.",
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
        "This machine has no route to {address}, or none that it can use (its interface is down, or it is a multicast or broadcast address). Nothing was sent.",
        "here: ip route get {address}; ip link; is the default route missing?",
    ),
    text(
        "no-neighbour",
        "The next hop towards {address} has not answered ARP or neighbour discovery (Linux asks for 3 s), so nothing gets there: the host (or gateway) is off, on another VLAN, or the address is wrong.",
        "here: ip neigh; ip route get {address}; check cable, VLAN and netmask, and that the next hop is up",
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
        "here, as root: nft list ruleset (or iptables-save), look for reject rules that match {service}",
    ),
    text(
        "dropped-locally",
        "This machine did not let its own SYN out: the kernel sent it again, and its output path (a firewall rule in OUTPUT, or traffic control) refused it.",
        "here, as root: nft list ruleset (or iptables-save), look for drop rules that match {service}; tc -s qdisc",
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
const UDP: &[Text] = &[
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
        "here, as root: nft list ruleset (or iptables-save), look for rules of OUTPUT that match {service}",
    ),
    text(
        "dropped-locally",
        "A queue of this machine dropped the datagram before it left (traffic control, or a full send queue).",
        "here: tc -s qdisc; ip -s link",
    ),
];

/// Texts that differ for ICMP echoes.
const ICMP: &[Text] = &[
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
        "here, as root: nft list ruleset (or iptables-save), look for rules of OUTPUT that match ICMP",
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

/// What a ttl-exceeded means to someone who set the TTL.
pub(super) const OWN_TTL: Text = text(
    "ttl-exceeded",
    "The probes were sent with --ttl {ttl} and ran out of hops at {from}: that is where hop {ttl} is.",
    "leave --ttl away to reach the target",
);

/// What a port-unreachable means that the target of a UDP probe sent itself.
pub(super) const CLOSED_UDP: Text = text(
    "port-unreachable",
    "ICMP port-unreachable came back in the name of {address} itself: nothing listens there on {service}, or a firewall (its own, or one on the way that answers in its name) rejects with the same message; from here these look alike.",
    "on the server: ss -lun 'sport = :{port}' (does anything listen, and on which address?), and its firewall rules",
);

/// What a too large probe means to someone who forbade to fragment it.
pub(super) const OWN_DF: Text = text(
    "fragmentation-needed",
    "{from} cannot pass the probe on whole: {mtu}. With --df that is what was asked for: larger packets that must not be cut up are lost there.",
    "find the largest size that gets through with -l (28 bytes of headers over IPv4, 48 over IPv6); lower the MTU or clamp TCP's MSS on this path",
);

/// What a too large probe means over a path whose MTU nobody knew.
pub(super) const PATH_MTU: Text = text(
    "fragmentation-needed",
    "{from} cannot pass the probe on whole: {mtu}. The first large packet finds that out (path MTU discovery) and is lost; this machine cuts the following ones to size. Only if it goes on, something is wrong.",
    "run again: are later probes answered? Else look at the MTU settings on the way",
);

/// What silence means where something came after all.
pub(super) const STRAYS: Text = text(
    "silence",
    "Something came from {address}, but it answered no probe: it repeats another identifier, or is not of this protocol. So somebody is there and did not understand what was asked, or answers of earlier probes came.",
    "is it the right service? Choose what is said with --payload; in a capture here: what comes back?",
);

/// What an ICMP error means that the target sent itself.
pub(super) const BY_TARGET: Text = text(
    "icmp-other",
    "{address} itself rejected the probe, with ICMP {icmp}: most likely a firewall of its own.",
    "ask the owner of {address} for its rules on {service} from {source}",
);

/// What silence means of a service that never answers.
pub(super) const NEVER_ANSWERS: Text = text(
    "silence",
    "This kind of service never answers, so silence is what a working one looks like too; only an ICMP error would say something. None came.",
    "on the server: look for the probe's message in its log",
);

/// What silence means where another service of the same address answered in the same run.
pub(super) fn silent_port(protocol: Protocol) -> Text {
    match protocol {
        Protocol::Tcp => SILENT_TCP,
        Protocol::Udp => SILENT_UDP,
        Protocol::Icmp => SILENT_ICMP,
    }
}

const SILENT_TCP: Text = text(
    "silence",
    "No answer came back, while in the same run {alive} at {address}. So that host is up and the way there and back works (unless something in between answers in its name). What stays is a firewall that drops {service}, on the way or on the host, or a full accept queue (Linux drops the SYN then).",
    "on the server: ss -ltn 'sport = :{port}' (a Recv-Q above the Send-Q is a full queue), and its firewall rules; in a capture there: does the SYN arrive?",
);

const SILENT_UDP: Text = text(
    "silence",
    "No answer and no ICMP error came back, while in the same run {alive} at {address}. So that host is up and the way there and back works (unless something in between answers in its name). {service} is open and leaves this payload unanswered, or filtered: UDP does not tell more.",
    "send what the service answers (--payload, see synack --help); in a capture on the server: does the datagram arrive, does an answer leave?",
);

const SILENT_ICMP: Text = text(
    "silence",
    "No echo reply came back, while in the same run {alive} at {address}. So that host is up and reachable (unless something in between answers in its name), and only pings are filtered, as many networks do.",
    "nothing, unless pings are meant to pass: then ask for the firewall rules on ICMP echo from {source}",
);

/// What a RST means where another service of the same address answered in the same run.
pub(super) const CLOSED_PORT: Text = text(
    "rst",
    "A RST came back in the name of {address}, where in the same run {alive}. So that host is up (unless something in between answers in its name) and it is about port {port}: nothing accepts there, or a firewall sends RSTs for it.",
    "on the server: ss -ltn 'sport = :{port}' (does anything listen, and on which address?); if something does, look for a firewall rule that rejects with a RST",
);

/// The text of a reason. All reasons have their own, but for ICMP errors without a name.
pub(super) fn find(protocol: Protocol, code: &str) -> Option<&'static Text> {
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
            let filled = |text: &Text| !text.meaning.is_empty() && !text.next.is_empty();
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

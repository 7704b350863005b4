//! The meaning of outcomes and reasons, a sentence or two each.

/// Name and meaning. ICMP errors: RFC 792, RFC 1122, RFC 1812, RFC 4443.
const MEANINGS: &[(&str, &str)] = &[
    // Outcomes.
    ("connected", "The TCP handshake completed."),
    (
        "reply",
        "A datagram or an ICMP echo reply answered the probe.",
    ),
    (
        "reset-after-connect",
        "The handshake completed, then a RST came.",
    ),
    (
        "closed-after-connect",
        "The handshake completed, then the peer closed the connection with FIN.",
    ),
    (
        "refused",
        "The connection was refused: a RST answered the SYN.",
    ),
    ("unreachable", "An ICMP error rejected the probe."),
    ("no-reply", "Nothing answered the probe within its timeout."),
    (
        "local",
        "The probe failed on this machine; its reason names what stopped it. It is no loss and shows nothing about the target.",
    ),
    (
        "unfinished",
        "The probe was in flight when the run was stopped. It is not counted.",
    ),
    // Handshakes.
    (
        "after-syn-loss",
        "The handshake completed after more than one SYN: the first was lost on the forward path, or the target dropped it. TCP timestamps show it (RFC 7323).",
    ),
    (
        "after-synack-loss",
        "The handshake completed after more than one SYN: the SYN-ACK to the first was lost on the return path, or came late. TCP timestamps show it (RFC 7323).",
    ),
    (
        "after-retransmission",
        "The handshake completed after more than one SYN. Without TCP timestamps the direction of the loss is unknown.",
    ),
    // Refused, or no reply.
    (
        "rst",
        "A RST answered the SYN: from the host, or from a firewall that forges it.",
    ),
    (
        "refused-by-errno",
        "ECONNREFUSED: a RST, or an ICMP error. This system does not report which.",
    ),
    (
        "silence",
        "Neither a reply nor an ICMP error came. A closed port would have answered.",
    ),
    // ICMP errors.
    (
        "net-unreachable",
        "ICMP 3/0: a router has no route to the network of the target.",
    ),
    (
        "host-unreachable",
        "ICMP 3/1 or ICMPv6 1/3: the last router gets no answer to ARP or Neighbor Discovery from the target, or a rule says so.",
    ),
    (
        "protocol-unreachable",
        "ICMP 3/2: the host does not accept this protocol, or a rule says so.",
    ),
    (
        "port-unreachable",
        "ICMP 3/3 or ICMPv6 1/4: for UDP nothing listens on the port; for TCP a firewall says so, as a host answers with RST.",
    ),
    (
        "fragmentation-needed",
        "ICMP 3/4 or ICMPv6 2/0: the packet is larger than the next link permits.",
    ),
    (
        "source-route-failed",
        "ICMP 3/5: a source route could not be followed.",
    ),
    (
        "net-unknown",
        "ICMP 3/6: the network of the target is unknown to a router.",
    ),
    (
        "host-unknown",
        "ICMP 3/7: the target is unknown to a router.",
    ),
    (
        "source-host-isolated",
        "ICMP 3/8: a router considers this machine isolated (obsolete).",
    ),
    (
        "net-prohibited",
        "ICMP 3/9: the network of the target is administratively prohibited.",
    ),
    (
        "host-prohibited",
        "ICMP 3/10: the target is administratively prohibited.",
    ),
    (
        "net-unreachable-for-tos",
        "ICMP 3/11: the network is unreachable for this type of service.",
    ),
    (
        "host-unreachable-for-tos",
        "ICMP 3/12: the host is unreachable for this type of service.",
    ),
    (
        "admin-prohibited",
        "ICMP 3/13 or ICMPv6 1/1: a firewall rule or a `prohibit` route prohibits the communication.",
    ),
    (
        "host-precedence-violation",
        "ICMP 3/14: the precedence of the packet is not permitted.",
    ),
    (
        "precedence-cutoff",
        "ICMP 3/15: the precedence of the packet is below the minimum.",
    ),
    (
        "ttl-exceeded",
        "ICMP 11/0 or ICMPv6 3/0: the TTL expired on the path: a routing loop, or a TTL that is too small.",
    ),
    (
        "reassembly-timeout",
        "ICMP 11/1 or ICMPv6 3/1: not all fragments of the packet arrived in time.",
    ),
    (
        "parameter-problem",
        "ICMP 12/0 or ICMPv6 4/0: a device cannot process a header of the packet.",
    ),
    (
        "no-route-at-router",
        "ICMPv6 1/0: a router has no route to the target.",
    ),
    (
        "beyond-scope",
        "ICMPv6 1/2: the source address has too small a scope for the target.",
    ),
    (
        "policy-fail",
        "ICMPv6 1/5: a policy rejects the source address (ingress or egress filter).",
    ),
    (
        "reject-route",
        "ICMPv6 1/6: a `prohibit` or `unreachable` route of a router rejects the target.",
    ),
    (
        "unreachable-by-errno",
        "EHOSTUNREACH or ENETUNREACH: this system does not report the ICMP error.",
    ),
    // Local errors.
    (
        "no-route",
        "This machine has no route to the target. Nothing was sent.",
    ),
    (
        "no-neighbour",
        "The next hop does not answer ARP or Neighbor Discovery, so no probe left this machine (Linux asks for 3 s).",
    ),
    (
        "route-unreachable",
        "A route of type `unreachable` on this machine matches the target. Nothing was sent.",
    ),
    (
        "route-prohibited",
        "A route of type `prohibit` on this machine matches the target, or a policy forbids it. Nothing was sent.",
    ),
    (
        "route-blackhole",
        "A route of type `blackhole` on this machine matches the target. Nothing was sent.",
    ),
    (
        "local-firewall",
        "The firewall of this machine rejected the packet: the ICMP error, or EPERM, came from this machine.",
    ),
    (
        "dropped-locally",
        "This machine dropped its own packet: the retransmission of the SYN failed in the output path.",
    ),
    (
        "stuck-in-queue",
        "The SYN was still in a queue of this machine when it had to be sent again.",
    ),
    (
        "ports-exhausted",
        "No source port is free for another connection to the target.",
    ),
    (
        "too-many-open-files",
        "The limit of open files is reached (EMFILE, ENFILE).",
    ),
    (
        "address-not-available",
        "The source address is not one of this machine, or there is none for this target (EADDRNOTAVAIL).",
    ),
    (
        "message-too-long",
        "The probe is larger than the interface permits whole (EMSGSIZE). Nothing was sent.",
    ),
    (
        "group-target",
        "The target is a broadcast or multicast address. Nothing was sent.",
    ),
    (
        "no-such-interface",
        "The interface to send from does not exist (ENODEV, ENXIO).",
    ),
    (
        "network-down",
        "The interface towards the target is down (ENETDOWN).",
    ),
    (
        "family-not-supported",
        "This IP version is disabled on this machine (EAFNOSUPPORT).",
    ),
    (
        "permission",
        "This machine forbids the probe (EPERM, EACCES): a privileged source port, ping without permission, or a policy.",
    ),
    (
        "self-connect",
        "The source port equals the target port on the same address, so TCP connected to itself: nothing else listens.",
    ),
    (
        "out-of-memory",
        "The kernel has no memory or buffers for the probe (ENOMEM, ENOBUFS).",
    ),
    (
        "system-error",
        "A system call failed with an unexpected errno.",
    ),
];

/// What an outcome or a reason means.
pub fn meaning(name: &str) -> Option<&'static str> {
    let found = MEANINGS.iter().find(|(known, _)| *known == name);
    found.map(|(_, meaning)| *meaning)
}

/// Every name with its meaning.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEANINGS.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::catalog::outcomes;
    use std::collections::HashSet;

    #[test]
    fn every_outcome_and_every_reason_has_one_meaning() {
        let mut names: HashSet<String> = HashSet::new();
        for outcome in outcomes() {
            names.insert(outcome.kind().name().to_owned());
            names.extend(outcome.reason().map(std::borrow::Cow::into_owned));
        }
        let known: Vec<_> = all().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(known.iter().cloned().collect::<HashSet<_>>(), names);
        assert_eq!(known.len(), names.len(), "a name with two meanings");
    }
}

//! Texts for causes that mean something else in the light of what was asked for, or of what else was seen.

use super::texts::{CodeText, text};
use crate::hosts::Protocol;

/// What a ttl-exceeded means to someone who set the TTL.
pub(super) const OWN_TTL: CodeText = text(
    "ttl-exceeded",
    "The probes were sent with --ttl {ttl} and ran out of hops at {from}: that is where hop {ttl} is.",
    "leave --ttl away to reach the target",
);

/// What a port-unreachable means that the target of a UDP probe sent itself.
pub(super) const CLOSED_UDP: CodeText = text(
    "port-unreachable",
    "ICMP port-unreachable came back from {address}, or from somebody in its name: nothing listens there on {service}, or a firewall rejects it in this way; from here these look alike.",
    "on the server: ss -lun 'sport = :{port}' (does anything listen, and on which address?), and its firewall rules",
);

/// What a too large probe means to someone who forbade to fragment it.
pub(super) const OWN_DF: CodeText = text(
    "fragmentation-needed",
    "{from} cannot pass the probe on whole: {mtu}. With --df that is what was asked for: larger packets that must not be cut up are lost there.",
    "find the largest size that gets through with -l (28 bytes of headers over IPv4, 48 over IPv6); lower the MTU or clamp TCP's MSS on this path",
);

/// What a too large probe means over a path whose MTU nobody knew.
pub(super) const PATH_MTU: CodeText = text(
    "fragmentation-needed",
    "{from} cannot pass the probe on whole: {mtu}. The first large packet finds that out (path MTU discovery) and is lost; this machine cuts the following ones to size. Only if it goes on, something is wrong.",
    "run again: are later probes answered? Else look at the MTU settings on the way",
);

/// What silence means where something came after all.
pub(super) const STRAYS: CodeText = text(
    "silence",
    "Something came from {address}, but it answered no probe: it repeats another identifier, or is not of this protocol. So somebody is there and did not understand what was asked, or answers of earlier probes came.",
    "is it the right service? Choose what is said with --payload; in a capture here: what comes back?",
);

/// What an ICMP error means that the target sent itself.
pub(super) const BY_TARGET: CodeText = text(
    "icmp-other",
    "{address} itself rejected the probe, with ICMP {icmp}: most likely a firewall of its own.",
    "ask the owner of {address} for its rules on {service} from {source}",
);

/// What silence means of a service that never answers.
pub(super) const NEVER_ANSWERS: CodeText = text(
    "silence",
    "This kind of service never answers, so silence is what a working one looks like too; only an ICMP error would say something. None came.",
    "on the server: look for the probe's message in its log",
);

/// What silence means where other probes to the same target were answered.
pub(super) fn silent_at_times(protocol: Protocol) -> CodeText {
    match protocol {
        Protocol::Tcp => SOMETIMES_TCP,
        Protocol::Udp => SOMETIMES_UDP,
        Protocol::Icmp => SOMETIMES_ICMP,
    }
}

const SOMETIMES_TCP: CodeText = text(
    "silence",
    "Some probes got no answer in time, others did. Their SYNs or the answers were lost on the way, or dropped: by a firewall (perhaps with a limit per client), or by a server whose accept queue is full (Linux drops the SYN then). Where none is answered any more, the host, the way or a rule may have changed at that time.",
    "on the server: nstat -az TcpExtListenOverflows TcpExtListenDrops, before and after, and ss -ltn 'sport = :{port}' (a Recv-Q above the Send-Q is a full queue); what changed at the times above?",
);

const SOMETIMES_UDP: CodeText = text(
    "silence",
    "Some datagrams got no answer in time, others did. They or their answers were lost on the way, or dropped (a full buffer, a limit per client, a firewall), or the service left them unanswered. Where none is answered any more, the host, the way or a rule may have changed at that time.",
    "on the server: nstat -az UdpRcvbufErrors, before and after; what changed at the times above?",
);

const SOMETIMES_ICMP: CodeText = text(
    "silence",
    "Some echo requests got no reply in time, others did. They or their replies were lost on the way, or dropped by somebody who limits pings. Where none is answered any more, the host, the way or a rule may have changed at that time.",
    "probe a TCP port of {address} at the same time: does it lose as much? What changed at the times above?",
);

/// What silence means where another service of the same address answered in the same run.
pub(super) fn silent_port(protocol: Protocol) -> CodeText {
    match protocol {
        Protocol::Tcp => SILENT_TCP,
        Protocol::Udp => SILENT_UDP,
        Protocol::Icmp => SILENT_ICMP,
    }
}

const SILENT_TCP: CodeText = text(
    "silence",
    "No answer came back, while in the same run {alive} at {address}. So that host is up and the way there and back works (unless something in between answers in its name). What stays is a firewall that drops {service}, on the way or on the host, or a full accept queue (Linux drops the SYN then).",
    "on the server: ss -ltn 'sport = :{port}' (a Recv-Q above the Send-Q is a full queue), and its firewall rules; in a capture there: does the SYN arrive?",
);

const SILENT_UDP: CodeText = text(
    "silence",
    "No answer and no ICMP error came back, while in the same run {alive} at {address}. So that host is up and the way there and back works (unless something in between answers in its name). {service} is open and leaves this payload unanswered, or filtered: UDP does not tell more.",
    "send what the service answers (--payload, see synack --help); in a capture on the server: does the datagram arrive, does an answer leave?",
);

const SILENT_ICMP: CodeText = text(
    "silence",
    "No echo reply came back, while in the same run {alive} at {address}. So that host is up and reachable (unless something in between answers in its name), and pings are most likely filtered, as many networks do.",
    "nothing, unless pings are meant to pass: then ask for the firewall rules on ICMP echo from {source}",
);

/// What RSTs mean where other probes of the same target connected.
pub(super) const REFUSED_AT_TIMES: CodeText = text(
    "rst",
    "Some probes were refused with a RST in the name of {address}, others connected. So the service stopped or started at that time, only some of the machines behind this address accept, or something sends RSTs above a limit.",
    "on the server: did the service restart at the times above? Its log, and ss -ltn 'sport = :{port}'; behind a balancer: is one of its servers dead?",
);

/// What a RST means where another service of the same address answered in the same run.
pub(super) const CLOSED_PORT: CodeText = text(
    "rst",
    "A RST came back in the name of {address}, where in the same run {alive}. So that host is up (unless something in between answers in its name) and it is about port {port}: nothing accepts there, or a firewall sends RSTs for it.",
    "on the server: ss -ltn 'sport = :{port}' (does anything listen, and on which address?); if something does, look for a firewall rule that rejects with a RST",
);

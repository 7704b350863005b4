//! The network between the gateway and the host.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(ForgedReset,
        "a firewall on the path refuses {service} with a forged RST",
        "The RST has the host's address and comes from nearer than the host. From the last router it begins at the host's \
         own distance.";
        Network "which rule resets {service} from {source} to {address}?[ At {hop} or just before it]",
    ),
    text!(InspectionBlocks,
        "a firewall that inspects data blocks the connection",
        "An IPS or application firewall lets the handshake pass and resets or drops what it reads.";
        Network "does a firewall inspect {service} from {source} to {address}? Check its log at this time",
    ),
    text!(PathDropsPort,
        "a firewall on the path drops {service}",
        "Other packets to the host pass.";
        Network "which rule drops {service} from {source} to {address}?[ At {hop} or beyond it]",
    ),
    text!(PathDropsHost,
        "a firewall on the path drops everything to {address}",
        "A rule, a blackhole route or scrubbing drops packets for the whole host.";
        Network "are packets from {source} to {address} dropped?[ At {hop} or beyond it]",
    ),
    text!(ReturnRouteMissing,
        "replies of {address} have no return route to {source}",
        "Probes arrive, and the host or a router near it has no route, or a wrong one, for the replies.";
        Network "is there a route from {address} to {source}? ip route get {client_ip} on the host and its routers",
        Target "do packets of {source} arrive? tcpdump '{filter}' on the host",
    ),
    text!(UplinkDead,
        "nothing beyond the gateway replies",
        "The gateway answers, and no destination behind it: its uplink, or the far end of the tunnel, is down.";
        Network "is the uplink of the gateway[ {gateway}] up?",
    ),
    text!(TcpAnswersDropped,
        "a stateful firewall on the path drops the SYN-ACKs",
        "It sees one direction only (asymmetric routing), or a stateless ACL lacks the ephemeral ports.";
        Network "do SYN and SYN-ACK take the same path? Does an ACL allow replies to ports 1024 to 65535 of {source}?",
    ),
    text!(PathRejectsPort,
        "a firewall[ at {sender}] rejects {service}",
        "A rule rejects this port with an ICMP error; other packets to the host pass, or were not tried.";
        Network "[at {sender}: ]which rule rejects {service} from {source} to {address}?",
    ),
    text!(PathRejectsHost,
        "a firewall[ at {sender}] rejects everything to {address}",
        "A rule or a prohibit route rejects the whole host, whatever the port.";
        Network "[at {sender}: ]which rule or route rejects packets from {source} to {address}?",
    ),
    text!(NoRouteAtRouter,
        "the router[ {sender}] has no route to {address}",
        "Some routers report a missing route as host unreachable. Firewalls can reject with the same error.";
        Network "[at {sender}: ]is there a route to {address}? ip route get {target_ip}",
    ),
    text!(RoutingLoop,
        "packets to {address} circulate between routers",
        "Each sends them to the next, until their TTL ends.";
        Network "[at {sender} and the routers before it: ]where does the route to {address} lead?",
        You "synack trace {argument} shows which routers repeat",
    ),
    text!(ConnectionLimit,
        "a limit on connections on the path drops some {probe}s (NAT or firewall)",
        "A NAT without free ports, a full connection tracking table or a limit per client drops new connections and leaves \
         ICMP and old connections alone.";
        Network "limits and connection tracking of the NAT or firewall for {source}: conntrack -C, ports per client, its log",
        Here "how many connections does this machine hold? ss -tan | wc -l",
    ),
    text!(LossForward,
        "packets are lost on the forward path to {address}",
        "Queues that overflow, policers, or bad links.";
        Network "errors and drops on the links towards {address}; synack trace -n 30 {argument} shows where loss begins",
    ),
    text!(LossReturn,
        "packets are lost on the return path from {address}",
        "TCP timestamps show that the first SYN was answered and its SYN-ACK did not arrive in time.";
        Network "errors and drops on the links from {address} to {source}: the return path may differ from the forward path",
    ),
    text!(OnePathOfSeveralLoses,
        "one of several parallel links loses packets (ECMP)",
        "Routers choose the link by addresses and ports, so some source ports always fail.";
        Network "which member of the ECMP group or bundle loses? synack trace --flows 8 {argument} shows the source ports",
    ),
    text!(ShortOutage,
        "there was a short outage on the path",
        "A failover, a link that came up, or a route that flapped.";
        Network "what happened at this time? Failover, link and routing events",
    ),
    text!(MtuBlackHole,
        "large packets are lost without an ICMP error (path MTU black hole)",
        "A link has a smaller MTU, and its ICMP packet-too-big is filtered. Handshakes work, data stalls.";
        Network "which link has a smaller MTU, and is ICMP type 3 code 4 (IPv6 type 2) filtered? Clamp TCP's MSS there",
        Here "until then: a smaller MTU towards {address}",
    ),
    text!(LargeEchoFiltered,
        "large ICMP echoes are filtered",
        "Some firewalls drop large echoes. TCP is not affected, if its large segments pass.";
        You "does a large transfer over {service} work? If so, nothing is wrong",
    ),
    text!(LargerThanPathMtu,
        "the probe is larger than the path MTU at {sender}",
        "The router reports it with ICMP packet too big: path MTU discovery works. The first large packet is lost, later ones \
         are sent smaller.";
        You "do smaller probes pass (-l)? The largest size that passes with --df is the path MTU, less the headers",
    ),
    text!(Interceptor,
        "a device on the path answers for every address (transparent proxy)",
        "Sidecars, captive portals and transparent proxies complete handshakes themselves, whether or not the host exists.";
        Network "which device answers {service} for {address}[, at {hop}]? It decides what becomes of the connection",
    ),
    text!(ProxyForThisHost,
        "a proxy nearer than the host answers for it",
        "A reverse proxy, balancer or DDoS protection in front of the host.";
        Network "what answers {service}[ at {hop}], and does it reach the host?",
    ),
    text!(HairpinNat,
        "the address is the gateway's own, and its NAT does not forward from inside",
        "A port forward is often valid from outside only (hairpin NAT).";
        Network "does the port forward at {address} apply to clients inside? Use the inside address",
    ),
    text!(EcnDropped,
        "a device on the path drops SYNs with ECN",
        "The first SYN asks for ECN and is lost, the second does not and connects.";
        Network "which device drops SYNs with ECE and CWR set?",
        Here "until then: sysctl net.ipv4.tcp_ecn=0",
    ),
    text!(Ipv6Broken,
        "IPv6 does not work on this network",
        "IPv4 to the same name works. Programs that try IPv6 first wait for it.";
        Network "is there an IPv6 route to the Internet? ip -6 route; router advertisements",
        You "-4 uses IPv4 only",
    ),
    text!(Ipv4Broken,
        "IPv4 does not work on this network",
        "IPv6 to the same name works.";
        Network "is there an IPv4 route to the Internet? ip route",
        You "-6 uses IPv6 only",
    ),
    text!(OtherIcmpError,
        "{sender} answers with {icmp}",
        "An ICMP error that is neither a firewall's nor a router's usual one.";
        Network "[at {sender}: ]what does it do with {service} from {source} to {address}?",
    ),
    text!(SlowReplies,
        "replies take longer than a probe waits",
        "A long path (satellite), full queues, or a slow service.";
        You "wait longer: -W 30",
        Network "is this the distance, or is a queue full?",
        Target "what takes the service so long? Its log and load",
    ),
];

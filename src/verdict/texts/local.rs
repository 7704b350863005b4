//! This machine.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(AnswersDroppedHere,
        "this machine drops arriving packets",
        "Reverse path filtering, or a rule of INPUT, drops them before a socket sees them.";
        Here "nstat -az TcpExtIPReversePathFilter; sysctl net.ipv4.conf.all.rp_filter; nft list ruleset: which rule of INPUT?",
    ),
    text!(LocalFirewallDrops,
        "the firewall of this machine drops its own {probe}s",
        "A rule of OUTPUT, or traffic control, drops the packet. For TCP, connect(2) reports no error; TCP_INFO shows that no SYN \
         left.";
        Here "which rule of OUTPUT drops {service}? As root: nft list ruleset (or iptables-save); tc -s qdisc",
    ),
    text!(LocalFirewallRejects,
        "the firewall of this machine rejects its own {probe}s",
        "A rule of OUTPUT rejects, or a policy for this process forbids (systemd IPAddressDeny, seccomp, a security module).";
        Here "which rule of OUTPUT or INPUT rejects {service}? As root: nft list ruleset (or iptables-save, ip6tables-save)",
    ),
    text!(ConntrackFullHere,
        "the connection tracking table of this machine is full",
        "New connections are dropped until old ones expire.";
        Here "dmesg (nf_conntrack: table full); sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max",
    ),
    text!(TunnelWithoutPeer,
        "the tunnel of this machine has no peer for {address}",
        "WireGuard answers with host unreachable when no peer's AllowedIPs match.";
        Here "wg show; is the tunnel up, and does it route {address}?",
    ),
    text!(NatTargetGone,
        "a NAT rule of this machine forwards {service} to a machine that is gone",
        "A published container port outlives its container.";
        Here "which rule forwards {service}? docker ps; nft list ruleset",
    ),
    text!(NoRouteHere,
        "this machine has no route to {address}",
        "The kernel finds no route: no default route, a `throw` route, or the interface is down.";
        Here "ip route get {target_ip}; ip route (default route?); ip link",
    ),
    text!(RouteForbidsHere,
        "a route of this machine forbids {address}",
        "Routes of type unreachable, prohibit and blackhole discard packets.";
        Here "ip route get {target_ip}; ip rule; ip route show table all type unreachable; the same for prohibit, blackhole",
    ),
    text!(VpnRouteMissing,
        "packets to the private address[ {address}] leave towards the Internet",
        "The VPN is not connected, or its route for that network is missing.";
        Here "is the VPN connected, and does it route {address}? ip route get {target_ip}",
    ),
    text!(NoSourceAddress,
        "this machine has no usable source address for {address}",
        "The interface has no address of that family, it is still tentative, or the one given with -S is not assigned.";
        Here "ip address (tentative, dadfailed, scope)",
    ),
    text!(NoNetwork,
        "this machine has no network",
        "No interface but loopback is up with an address.";
        Here "ip link; ip address; cable, Wi-Fi, DHCP client",
    ),
    text!(LocalStackBroken,
        "this machine cannot connect to itself",
        "Loopback is down, has no address, or a rule blocks it; many programs fail without it.";
        Here "ip address show lo; ip link set lo up; nft list ruleset",
    ),
    text!(PortsExhaustedHere,
        "this machine has no free source port for {target}",
        "Other connections, or their TIME-WAIT, hold the range; or the ports given with -S are too few.";
        Here "ss -tan state time-wait | wc -l; sysctl net.ipv4.ip_local_port_range; --close rst leaves no TIME-WAIT",
    ),
    text!(DescriptorsExhausted,
        "this process may open no more sockets",
        "The limit of open files is reached.";
        Here "ulimit -n",
    ),
    text!(LinkDown,
        "{interface} is down or has no carrier",
        "Packets to the target leave by that interface.";
        Here "ip link show {dev}; cable, radio, switch port",
    ),
    text!(OffLinkGateway,
        "the gateway[ {gateway}] is outside every network of this machine",
        "ARP for it has no network to ask in: address, netmask or gateway is wrong.";
        Here "ip address; ip route",
    ),
    text!(BridgeShadowsNetwork,
        "a bridge network of this machine covers {address}",
        "Container networks take ranges such as 172.17.0.0/16, which may be in use elsewhere.";
        Here "ip route get {target_ip}; give the bridge another range",
    ),
    text!(TtlTooSmall,
        "the TTL of the probes is too small for the path",
        "They end at {sender}, before the target.";
        You "omit --ttl, or give a larger one",
        Here "sysctl net.ipv4.ip_default_ttl net.ipv6.conf.all.hop_limit",
    ),
    text!(StuckInQueue,
        "the {probe} is stuck in a queue of this machine",
        "When its timer fires the first SYN has not left: the queue stands, or the route or link is gone since.";
        Here "ip -s link; tc -s qdisc",
    ),
    text!(MessageTooLong,
        "the probe is larger than {interface} permits",
        "With --df it may not be fragmented; or it exceeds the largest datagram.";
        You "a smaller -l; ip link (mtu)",
    ),
    text!(GroupTarget,
        "{address} is a broadcast or multicast address",
        "Many machines might answer; TCP has no such connections.";
        You "name a single machine",
    ),
    text!(NoSuchInterface,
        "the interface to send from does not exist",
        "It was given with -I, or is gone since.";
        You "is the interface there? ip link",
    ),
    text!(FamilyNotSupported,
        "this machine has that IP version disabled",
        "The kernel has no such address family.";
        Here "sysctl net.ipv6.conf.all.disable_ipv6",
    ),
    text!(PolicyForbids,
        "a policy of this machine forbids the probe",
        "A source port below 1024, ICMP echo for this user, IPsec, seccomp, a BPF program or a security module.";
        Here "sysctl net.ipv4.ip_unprivileged_port_start net.ipv4.ping_group_range; ip xfrm policy; the log of the security \
              module or container runtime",
    ),
    text!(SelfConnect,
        "the probe connected to itself: nothing listens on port {port}",
        "Source and destination were the same address and port (TCP self-connect).";
        You "leave the source port to this tool, or choose others with -S",
    ),
    text!(OutOfMemory,
        "the kernel of this machine has no memory or buffers",
        "The system call failed with ENOMEM or ENOBUFS.";
        Here "dmesg; free; sysctl net.ipv4.tcp_mem net.ipv4.udp_mem",
    ),
    text!(SystemError,
        "a system call failed on this machine",
        "The lines of the probes have its errno.";
        Here "errno(3) for the name shown",
    ),
    text!(NotListeningHere,
        "nothing on this machine listens on {service}",
        "The target is this machine itself.";
        Here "is the service running, and on which port? systemctl status; ss -ltunp",
    ),
    text!(ListensOnAnotherAddress,
        "the service listens on {service} at another address or interface",
        "A service bound to 127.0.0.1 is not reachable at other addresses.";
        Here "ss -ltunp 'sport = :{port}'; the listen address of the service",
    ),
    text!(OwnAcceptQueueFull,
        "the accept queue of the listener on {service} is full",
        "The service does not accept; the kernel drops further SYNs.";
        Here "ss -ltnp 'sport = :{port}' (Recv-Q above Send-Q: full); why does the process not accept?",
    ),
    text!(InputRulesHere,
        "a rule of this machine rejects, drops or redirects {service}",
        "The target is this machine: rules of INPUT or PREROUTING meet its own packets.";
        Here "which rule of INPUT or PREROUTING matches {service}? As root: nft list ruleset (or iptables-save, ip6tables-save)",
    ),
];

//! The host of the service, and its firewall.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(HostFirewallResets,
        "the host's own firewall refuses {service} with RST",
        "A REJECT rule with tcp-reset looks like a closed port.";
        Target "which rule matches {service} from {source}? nft list ruleset (or iptables-save, ip6tables-save)",
    ),
    text!(SynRateLimit,
        "a rate limit at the host drops some SYNs",
        "Rules with limits (ufw limit, hashlimit, recent), SYN flood protection, or a full SYN queue drop SYNs above a rate.";
        Target "does a rule limit {service} per client? nft list ruleset; nstat -az TcpExtTCPReqQFullDrop",
        You "run again slower (-i 10s): does every probe connect?",
    ),
    text!(HostOverloaded,
        "the host loses packets: interface, processor or connection tracking is overloaded",
        "Packets of every kind are lost, while hosts beside it lose none.";
        Target "ip -s link (dropped, missed); nstat -az; dmesg (nf_conntrack: table full); load",
    ),
    text!(HostFirewallDropsPort,
        "the host's own firewall drops {service}",
        "A DROP rule, a security group, or a host firewall that blocks by default.";
        Target "does a rule drop {service} from {source}? nft list ruleset (or iptables-save); security group; does the SYN \
                arrive? tcpdump '{filter}' on the host",
    ),
    text!(HostFirewallDropsAll,
        "the host's firewall drops everything from {source}",
        "Windows drops all that is not allowed by default, as security groups do; a host without a return route looks the \
         same.";
        Target "do packets arrive, do replies leave? tcpdump '{filter}' on the host; firewall or security group; \
                ip route get {client_ip}",
    ),
    text!(HostDown,
        "the host[ {address}] is down or does not have this address",
        "Nothing replies. Routers may report it with ICMP host unreachable once ARP or Neighbor Discovery has failed.";
        Target "is the host up, with its address[ {address}]? ip address; ip link",
    ),
    text!(HostRebooted,
        "the host rebooted during the run",
        "First nothing replies, then the kernel refuses, then the service accepts again.";
        Target "did the host reboot at this time? uptime; journalctl --list-boots",
    ),
    text!(HostRejectsPort,
        "the host's own firewall rejects {service}",
        "The default of REJECT is ICMP port unreachable; the error has the target's own address.";
        Target "which rule rejects {service} from {source}? nft list ruleset (or iptables-save, ip6tables-save)",
    ),
    text!(ClientBanned,
        "the host blocks {source} (fail2ban, IPS)",
        "fail2ban, an IPS or a rate limit blocks a client after too many connections, often because of the probes themselves.";
        Target "is {source} banned? fail2ban-client status; nft list ruleset",
        You "probe slower, or from another address",
    ),
    text!(OneAddressDead,
        "{service} works at some addresses of the name only",
        "Some addresses of the name work and others do not: a server is down, or a firewall treats them differently. Clients that \
         try only one address fail by chance.";
        You "how does each address fail? synack -a {any_family}",
        Target "does every address of the name serve {service}?[ {other_address} does.]",
    ),
    text!(EchoFiltered,
        "ICMP echo to {address} is filtered",
        "Many hosts and firewalls drop ICMP echo. Other services are not affected.";
        Target "does a rule drop ICMP echo from {source}? sysctl net.ipv4.icmp_echo_ignore_all; nft list ruleset",
    ),
    text!(EchoLimited,
        "the host or a router limits its ICMP echo replies",
        "Only echoes get lost. Many hosts and routers limit how many ICMP packets they send; that is no loss for others.";
        You "does the port lose probes as well? synack {argument} -n 100 -i 100ms",
    ),
];

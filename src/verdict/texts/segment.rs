//! This machine's subnet.

use super::cause_text::{CauseText, text};
use crate::verdict::causes::{Cause, Owner};

pub(super) const TEXTS: &[(Cause, CauseText)] = &[
    text!(LossOnThisSegment,
        "packets are lost between this machine and its gateway",
        "Wi-Fi, a duplex mismatch or a bad cable loses packets to every destination.";
        Here "ip -s link show {dev} (errors, dropped); signal, cable, duplex",
        Segment "errors and drops on the switch port or access point",
    ),
    text!(NeighbourAbsent,
        "nothing on this subnet answers for {address}",
        "The next hop is the target itself, and {arp} is not answered: the host is off, on another VLAN, or has another \
         address; or this machine's netmask is wrong.";
        Target "is the host up, with its address[ {address}], on this VLAN? ip address; ip link",
        Here "is the netmask of this machine right? ip address; ip route get {target_ip}; ip neigh",
    ),
    text!(AddressConflict,
        "two machines use the same address",
        "The link-layer address of the next hop changes to and fro: packets reach one machine or the other.";
        Segment "which two machines have it? ip neigh, arping -D, the switch's address table",
    ),
    text!(GatewayDead,
        "the gateway[ {gateway}] does not answer {arp}",
        "The gateway is off, on another VLAN, or another address than configured here.";
        Here "is the gateway[ {gateway}] the right one, and the netmask right? ip route; ip address; cable, VLAN",
        Segment "is the gateway[ {gateway}] up, on this VLAN?",
    ),
    text!(NextHopDead,
        "the next hop of these probes does not answer {arp}, while the gateway[ {gateway}] replies",
        "A policy rule (port, user, mark) routes them over another next hop.";
        Here "which rule routes them? ip rule; ip route show table all; ip neigh",
    ),
];

//! The host of the service, and its firewall.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    row!(HostFirewallResets, Target, Uncommon, [PortClosed];
        Port: Rst A, RstSome R, * N;
        RstFrom: Host A, OneNearer S, Nearer N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed S, Silent S;
        Place: Routed U, OnLink S, Own N;
        Protocol: Tcp A, * N;
    ),
    row!(SynRateLimit, Target, Rare, [SynRateLimit];
        Port: SilentSome U, Lossy U, IcmpSome S, RstSome R, Batches R, * N;
        Echo: Ok U, Silent S, Lossy R;
        Others: Answer U, Lossy R;
        LossScope: Port A, Tcp S, * N;
        LossDirection: Forward A, Return R;
        IcmpFrom: Target A, * R;
        // same: a SYN backlog that others fill (flood)
        Pace: SlowerWorks U, Same S;
        Course: None A, Began S, * R;
        Protocol: Tcp A, * N;
    ),
    // Its conntrack table, processor or interface.
    row!(HostOverloaded, Target, Uncommon, [PacketLoss, PacketLoss if LossScope All, SynLoss if Port Lossy];
        Port: Lossy A, SilentSome U, * N;
        Echo: Lossy A, Ok S, Silent S;
        Others: Lossy A, Mixed S, Silent R;
        LossScope: All A, Tcp S, * N;
        LossDirection: Forward U, Return S, Unknown S;
        Sibling: Answers A, * R;
        Place: Routed U, OnLink U, Own R;
    ),
    row!(HostFirewallDropsPort, Target, Common, [PortFiltered];
        Port: Silent A, * N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed U, Silent S;
        PathEnd: Front A, Early R;
        Sibling: Answers U, Silent R;
        Place: Routed U, OnLink S, Own N;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    // Windows as it comes, a security group; or the host has no route back.
    row!(HostFirewallDropsAll, Target, Uncommon, [HostSilent];
        Port: Silent A, * N;
        Echo: Silent A, * N;
        Others: Silent A, * N;
        PathEnd: Front A, Early R;
        Sibling: Answers A, Silent R;
        Place: Routed U, OnLink S, Own N;
        OtherAddress: Only A, Fails U, * R;
    ),
    row!(HostDown, Target, Common, [HostSilent, HostUnreachable if Port Icmp];
        Port: Silent U, Icmp U, * N;
        IcmpKind: Host A, * N;
        // router: which hop is the last one does not show, as the host gives no distance
        IcmpFrom: LastRouter A, Gateway U, Router U, Own S, * N;
        // a router that reports the dead host for SYNs does so for echoes
        Echo: Silent A, Rejected U, * N;
        Others: Silent A, Rejected U, * N;
        PathEnd: Front U, Early S, Gateway S;
        Sibling: Answers U, Silent R;
        // on-link without ARP is neighbour-absent; a cloud's fabric answers for the dead
        Place: Routed U, OnLink R, Own N;
        Gateway: Answers U;
        Course: None A, Began S, Ended S;
        Established: None A, * N;
        OtherAddress: Only A, Fails U, * R;
        // an intentional entry
        Name: HostsDiffers S;
    ),
    row!(HostRebooted, Target, Uncommon, [Intermittent];
        Port: SilentSome A, RstSome S, IcmpSome S, * N;
        IcmpKind: Host U, Net R, * N;
        Course: Reboot A, Stretch S, Ended S, * N;
        Echo: Lossy A, Silent S, * N;
        Others: Lossy A, Mixed S, Silent S, * N;
        LossScope: All A, * N;
    ),
    row!(HostRejectsPort, Target, Common, [FirewallRejects];
        Port: Icmp A, IcmpSome R, * N;
        IcmpKind: Port U, Prohibited U, Host R, Net R, Other R, * N;
        IcmpFrom: Target A, LastRouter R, * N;
        Echo: Ok U, Silent S, Rejected S;
        Others: Answer U, Rejected S, Mixed S, Silent S;
        Course: None A, * R;
        // The host itself says that a UDP port is closed in the same way.
        Protocol: Tcp A, Udp S, Icmp U;
    ),
    // Fail2ban, an IPS: often by the probes themselves.
    row!(ClientBanned, Target, Uncommon, [ClientBanned];
        Port: Silent U, Icmp U, Rst S, * N;
        Course: Began A, None S, * R;
        IcmpFrom: Target A, LastRouter R, * N;
        IcmpKind: Port U, Prohibited U, * R;
        Echo: Ok U, Silent S, Rejected R;
        Others: Answer U, Silent S, Rejected S, Mixed S;
        PathEnd: Front U, Early R, * R;
        Protocol: Tcp A, Udp S, Icmp S;
    ),
    row!(OneAddressDead, Target, Common, [OnlySomeAddressesWork, OnlyIpv4Works if OtherAddress OtherFamily & Family V6, OnlyIpv6Works if OtherAddress OtherFamily & Family V4, OnlyIpv4Works if OtherAddress OtherFamilyFails & Family V4, OnlyIpv6Works if OtherAddress OtherFamilyFails & Family V6], needs OtherAddress;
        OtherAddress: Works A, OtherFamily U, SomeFail A, OtherFamilyFails A, * N;
        Name: HostsDiffers N, HostsFile S;
        Port: Rst U, Silent U, Connects U, Icmp S, ClosesAfter S, * N;
    ),
    // By the host, or by a firewall in front of it.
    row!(EchoFiltered, Target, Common, [EchoFiltered];
        Protocol: Icmp A, * N;
        Port: Silent A, Icmp R, * N;
        Others: Answer A, Mixed U, Silent S;
        PathEnd: Front U, Early S, Gateway S, None S;
        Place: Routed U, OnLink S, Own R;
    ),
    // No fault: a limit on replies looks like loss.
    row!(EchoLimited, NoOne, Uncommon, [EchoFiltered];
        Protocol: Tcp A, Udp A, Icmp N;
        Port: Connects A, * N;
        Echo: Lossy A, * N;
        Others: Answer A, Mixed S, * R;
    ),
];

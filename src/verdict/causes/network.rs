//! The network between the gateway and the host.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    row!(ForgedReset, Network, Uncommon, [FirewallResets];
        Port: Rst A, RstSome R, * N;
        // host: a FORWARD chain sees only what has TTL left: the last router's RST begins at the host's own distance
        RstFrom: Host S, OneNearer U, Nearer A;
        Place: Routed A, OnLink R, Own N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed S, Silent S;
        // alike: a filter of all that leaves to this port
        Control: Dead U, Alike S, Connects N;
        Protocol: Tcp A, * N;
    ),
    // An IPS, an application firewall: lets the handshake pass, resets or drops what it reads.
    row!(InspectionBlocks, Network, Uncommon, [InspectionBlocks];
        Port: ResetsOnData A, ResetsAfter S, Hangs S, * N;
        RstFrom: Nearer A, OneNearer U, Host S;
        Place: Routed A, OnLink R, Own N;
        Protocol: Tcp A, * N;
    ),
    row!(PathDropsPort, Network, Common, [PortFiltered];
        Port: Silent A, * N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed U, Silent S;
        // front: a router answers an expired TTL before its FORWARD chain
        PathEnd: Front U, Early U, Gateway S, None S;
        Sibling: Answers U, Silent S;
        Place: Routed U, OnLink R, Own N;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    row!(PathDropsHost, Network, Uncommon, [HostSilent];
        Port: Silent A, * N;
        Echo: Silent A, * N;
        Others: Silent A, * N;
        PathEnd: Early U, Front U, Gateway S, None S;
        Sibling: Silent U, Answers S;
        Place: Routed U, OnLink R, Own N;
        Established: None A, Healthy R;
    ),
    row!(ReturnRouteMissing, Network, Uncommon, [HostSilent];
        Port: Silent A, * N;
        Echo: Silent A, * N;
        Others: Silent A, * N;
        PathEnd: Early A, Front R, Gateway S, * N;
        Sibling: Silent A, Answers R;
        Place: Routed U, Tunnel S, OnLink R, Own N;
        Established: None A, * N;
    ),
    // Nothing beyond the gateway, or beyond the tunnel.
    row!(UplinkDead, Network, Uncommon, [UplinkDead];
        // with icmp the rest is rejected too: U for both forms everywhere, or one fact counts three times
        Port: Silent U, Icmp U, Local U, * N;
        // a router beyond the gateway that still replies is no dead uplink
        IcmpFrom: Gateway A, Router R, * N;
        IcmpKind: Net U, Host U, Prohibited R, * N;
        Echo: Silent U, Rejected U, * N;
        Others: Silent U, Rejected U, * N;
        Sibling: Silent A, * N;
        Elsewhere: Fails A, * N;
        OtherAddress: Only A, Fails U, * N;
        Place: Routed U, Tunnel S, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
        OtherNames: Fail A, Resolve R;
        Established: None A, * N;
    ),
    // A stateful filter that sees one direction only; a stateless one without the ephemeral ports.
    row!(TcpAnswersDropped, Network, Uncommon, [PortFiltered];
        Port: Silent A, * N;
        Echo: Ok U, Silent S;
        Others: Silent A, * N;
        PathEnd: Front A, Early R;
        Sibling: Silent U, Answers S;
        Place: Routed U, Tunnel S, * N;
        Protocol: Tcp A, * N;
    ),
    row!(PathRejectsPort, Network, Uncommon, [FirewallRejects];
        Port: Icmp A, IcmpSome R, * N;
        IcmpKind: Prohibited U, Port U, Host R, Net R, * N;
        // target: a NAT translates what it encloses
        IcmpFrom: Router U, Gateway U, LastRouter U, Target R, Own N, Elsewhere S;
        Echo: Ok U, Silent S, Rejected S;
        Others: Answer U, Mixed S, Rejected N, Silent S;
        Control: Dead U, Alike S, Connects N;
        // a rule that was changed during the run
        Course: None A, Began S, Ended S, Stretch S, * R;
    ),
    row!(PathRejectsHost, Network, Uncommon, [FirewallRejects];
        Port: Icmp A, IcmpSome R, * N;
        IcmpKind: Prohibited A, Port S, Host S, Net R, * N;
        IcmpFrom: Router U, Gateway U, LastRouter U, Target N, Own N, Elsewhere S;
        Echo: Rejected U, Silent S, Ok N;
        Others: Rejected A, Silent R, Answer N;
        Course: None A, Began S, Ended S, Stretch S, * R;
    ),
    row!(NoRouteAtRouter, Network, Uncommon, [NoRouteAtRouter];
        Port: Icmp A, IcmpSome S, * N;
        // host: Cisco's no route
        IcmpKind: Net A, Host S, * N;
        IcmpFrom: Router A, Gateway A, LastRouter S, Own N, Target N;
        Echo: Rejected A, Silent S, Ok N;
        // silent: senders limit their ICMP errors
        Others: Rejected A, Silent S, * N;
        Course: None A, Began S, Stretch S, * R;
        // for IPv6 routes are missing more often
        OtherAddress: Only A, OtherFamily S, * R;
    ),
    row!(RoutingLoop, Network, Uncommon, [TtlExceeded, RoutingLoop if PathShape Loop];
        Port: Icmp A, Silent S, * N;
        IcmpKind: Ttl A, * N;
        Echo: Rejected U, Silent U, Ok N;
        Place: Routed U, Tunnel S, * N;
        Others: Rejected U, Silent S, * N;
        PathShape: Loop A, Straight R;
        Ttl: Default A, Limited S;
    ),
    row!(ConnectionLimit, Network, Uncommon, [ConnectionLimit];
        Port: SilentSome A, Lossy S, Silent S, Batches S, * N;
        Echo: Ok A, Silent S, Lossy R;
        Others: Lossy U, Answer U, Mixed S, Silent S;
        // port: a NAT short of ports counts them per destination and port
        LossScope: Tcp A, Port S, * N;
        LossDirection: Forward A, Return R, Unknown S;
        ConntrackOwn: Many A, Few S;
        Place: Routed U, OnLink R, Own N;
        Pace: Same U, SlowerWorks S;
        Protocol: Tcp A, Udp S, Icmp R;
    ),
    row!(LossForward, Network, Common, [PacketLoss, PacketLoss if LossScope All, SynLoss if Port Lossy];
        Port: Lossy A, SilentSome U, * N;
        Echo: Lossy A, Ok S, Silent S;
        Others: Lossy A, Answer S, Mixed S, Silent R;
        LossScope: All A, Tcp S, Port R;
        LossDirection: Forward A, Unknown S, Return N;
        Sibling: Lossy A, Answers S, * R;
        Place: Routed U, OnLink R, Own N;
    ),
    row!(LossReturn, Network, Common, [PacketLoss, PacketLoss if LossScope All, SynLoss if Port Lossy];
        Port: Lossy A, SilentSome U, * N;
        Echo: Lossy A, Ok S, Silent S;
        Others: Lossy A, Answer S, Mixed S, Silent R;
        LossScope: All A, Tcp S, Port R;
        LossDirection: Return A, Unknown S, Forward N;
        Sibling: Lossy A, Answers S, * R;
        Place: Routed U, OnLink R, Own N;
    ),
    row!(OnePathOfSeveralLoses, Network, Uncommon, [SomeFlowsFail];
        Port: Flows A, Lossy R, SilentSome S, IcmpSome S, * N;
        IcmpKind: Net S, Host S, * N;
        LossScope: All U, Tcp S, Port R;
        Echo: Ok U, Lossy S, Silent S;
        Place: Routed U, Tunnel S, * N;
    ),
    // A failover, a route that flaps.
    row!(ShortOutage, Network, Common, [Intermittent];
        Port: SilentSome U, IcmpSome S, * N;
        // reboot: after a failover the new host may refuse for a moment
        Course: Stretch A, Ended S, Reboot R, * N;
        IcmpKind: Net U, Host U, * N;
        IcmpFrom: Router U, Gateway U, * R;
        Echo: Lossy A, Silent S, * N;
        Others: Lossy A, Mixed S, Silent S, * N;
        LossScope: All A, * N;
    ),
    row!(MtuBlackHole, Network, Uncommon, [MtuBlackHole];
        Port: Connects A, Hangs S, Lossy R, * N;
        Sizes: TcpLargeLost A, IcmpLargeLost A, * N;
        Echo: Ok U, Silent S;
    ),
    row!(LargeEchoFiltered, NoOne, Uncommon, [LargeEchoFiltered], needs Sizes;
        Port: Connects A, * N;
        Sizes: IcmpLargeLost U, IcmpOnly A, * N;
    ),
    row!(LargerThanPathMtu, Network, Uncommon, [LargerThanPathMtu];
        Port: Icmp A, IcmpSome A, * N;
        IcmpKind: TooBig A, * N;
    ),
    row!(Interceptor, Network, Uncommon, [ProxyAnswers];
        Port: Connects A, ClosesAfter S, ResetsAfter S, Hangs S, * N;
        SynackFrom: FirstHop A, Nearer A, OneNearer S, Host R;
        Others: OpenAll U, Mixed S, Answer S, Silent S, Rejected S;
        Echo: Ok S, Silent U, Rejected S;
        Control: Connects A, Dead S;
        Protocol: Tcp A, * N;
    ),
    row!(ProxyForThisHost, Network, Uncommon, [ProxyAnswers];
        Port: Connects A, ClosesAfter S, ResetsAfter S, Hangs S, * N;
        SynackFrom: Nearer A, OneNearer S, FirstHop S, Host N;
        Others: Answer A, Silent S, OpenAll N;
        Echo: Ok U, Silent S;
        Protocol: Tcp A, * N;
    ),
    // A public name used inside its own network.
    row!(HairpinNat, Network, Uncommon, [HairpinNat];
        Place: AtGateway A, * N;
        Port: Rst U, Silent U, Connects S, * N;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    row!(EcnDropped, Network, Exotic, [EcnDropped], needs FirstSyn;
        Port: Lossy A, * N;
        FirstSyn: AlwaysLost A, * N;
        Protocol: Tcp A, * N;
    ),
    row!(Ipv6Broken, Network, Common, [OnlyIpv4Works], needs OtherAddress;
        OtherAddress: OtherFamily A, * N;
        Port: Silent U, Icmp U, Lossy R, * N;
        Echo: Silent U, Rejected U, * N;
        Others: Silent U, Rejected U, * N;
        IcmpKind: Net U, Host S, Prohibited S, Other S, * N;
        IcmpFrom: Gateway U, Router S, * R;
        // other IPv6 destinations
        Elsewhere: Fails U, Works S;
        Family: V6 A, V4 N;
    ),
    row!(Ipv4Broken, Network, Rare, [OnlyIpv6Works], needs OtherAddress;
        Family: V4 A, V6 N;
        OtherAddress: OtherFamily A, * N;
        Port: Silent U, Icmp U, Lossy R, * N;
        Echo: Silent U, Rejected U, * N;
        Others: Silent U, Rejected U, * N;
        IcmpKind: Net U, Host S, Prohibited S, Other S, * N;
    ),
    row!(OtherIcmpError, Network, Uncommon, [IcmpError];
        Port: Icmp A, IcmpSome A, * N;
        IcmpKind: Other A, * N;
        IcmpFrom: Own R, * U;
        Echo: Ok U, Rejected U, Silent S;
        Others: Answer U, Rejected U, Silent S, Mixed S;
    ),
    row!(SlowReplies, Network, Common, [SlowPath];
        Port: Late A, * N;
    ),
];

//! This machine.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    row!(AnswersDroppedHere, Here, Rare, [AnswersDroppedHere];
        Port: Silent A, Lossy R, * N;
        Counters: RpFilter U, InputDrops U, Quiet S;
        Echo: Silent U, Ok S;
        Others: Silent U, Answer R, Mixed S;
        PathEnd: Front U, Early S, None S;
        // own: its INPUT chain
        Place: Routed U, OnLink U, Own U;
    ),
    row!(LocalFirewallDrops, Here, Common, [DroppedLocally];
        Port: Silent A, Local A, SilentSome S, Lossy S, * N;
        Sent: DroppedHere A, * N;
    ),
    row!(LocalFirewallRejects, Here, Uncommon, [LocalFirewall];
        Port: Local A, Icmp S, Lossy R, SilentSome R, * N;
        Sent: Error U, Denied U, Left S, * N;
        IcmpFrom: Own A, * N;
        IcmpKind: Prohibited U, Port U, Host S, * R;
        Place: Routed U, OnLink U, Own U, Tunnel S;
        Kernel: LocalFirewall A, None U, * N;
    ),
    row!(ConntrackFullHere, Here, Rare, [ConntrackFullHere], needs Counters;
        Counters: Conntrack A, * R;
        Port: SilentSome A, Silent S, Lossy S, * N;
        Sent: DroppedHere A, Left R, * N;
        Echo: Lossy U, Silent S, Ok S;
        Others: Lossy U, Silent S, * R;
    ),
    row!(TunnelWithoutPeer, Here, Uncommon, [TunnelWithoutPeer];
        Port: Local A, Icmp S, * N;
        IcmpFrom: Own A, * N;
        IcmpKind: Host A, * N;
        Place: Tunnel A, * N;
        Sent: Error A, * R;
        Kernel: LocalFirewall S, None A, * N;
    ),
    row!(NatTargetGone, Here, Rare, [NatTargetGone];
        Port: Local A, Icmp S, Silent R, * N;
        IcmpFrom: Own A, * N;
        IcmpKind: Host A, * N;
        Place: Own A, * N;
        Listener: Nat A, None S;
        Kernel: LocalFirewall S, None A, * N;
    ),
    row!(NoRouteHere, Here, Common, [NoRoute];
        Port: Local A, * N;
        Sent: Error A, Denied S, * N;
        LocalNet: NoRoute A, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
    ),
    // A route of type unreachable, prohibit or blackhole.
    row!(RouteForbidsHere, Here, Common, [RouteUnreachable, RouteProhibited if Kernel RouteProhibited, RouteBlackhole if Kernel RouteBlackhole];
        Port: Local A, * N;
        Kernel: RouteUnreachable A, RouteProhibited A, RouteBlackhole A, * N;
        Sent: Error A, Denied A, * R;
    ),
    row!(VpnRouteMissing, Here, Uncommon, [VpnRouteMissing], needs Leak;
        Leak: Yes A, * N;
        Place: Routed U, * N;
        Port: Silent U, Icmp U, * N;
        IcmpFrom: Router A, Gateway S, * N;
        IcmpKind: Net U, Prohibited U, Host S, Ttl S, * R;
        Echo: Silent U, Rejected U, * N;
        Others: Silent U, Rejected U, * N;
        Sibling: Silent A, * R;
        PathEnd: Early A, Gateway S, None S, * R;
    ),
    row!(NoSourceAddress, Here, Uncommon, [AddressNotAvailable];
        Port: Local A, Silent S, Icmp S, * N;
        LocalNet: NoSource A, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
        Sent: Error U, Exhausted U, Left S;
        Kernel: AddressNotAvailable U, None U;
    ),
    row!(NoNetwork, Here, Common, [NoNetwork];
        Port: Local A, Silent R, * N;
        LocalNet: NoNetwork A, * N;
        Resolver: Ok U, Timeout U, Again S, Servfail S, * N;
        Sent: Error U, Left S, Exhausted S, * R;
        Elsewhere: Fails A, * R;
    ),
    row!(LocalStackBroken, Here, Rare, [LocalStackBroken], needs SelfTest;
        SelfTest: LoopbackFails A, OwnAddressFails A, * N;
        // The trouble is not about the target: any result goes with it.
        Port: Local U, Silent U, Connects R, * R;
        Echo: Silent A, Ok R;
        Others: Silent A, Answer R;
    ),
    row!(PortsExhaustedHere, Here, Common, [PortsExhausted];
        Port: Local A, * N;
        Sent: Exhausted A, * N;
    ),
    row!(DescriptorsExhausted, Here, Common, [TooManyOpenFiles];
        Port: Local A, * N;
        Kernel: TooManyOpenFiles A, * N;
        Sent: Exhausted A, * R;
    ),
    row!(LinkDown, Here, Common, [LinkDown];
        Port: Local A, Silent S, * N;
        LocalNet: LinkDown A, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
        Sent: Error U, Queued S, Left S;
        Elsewhere: Fails A, * R;
        Kernel: NetworkDown U, None U;
    ),
    row!(OffLinkGateway, Here, Rare, [OffLinkGateway], needs LocalNet;
        Port: Local A, Silent S, * N;
        LocalNet: OffLinkGateway A, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
        Sent: Error U, Queued U, Left S;
        Elsewhere: Fails A, * R;
    ),
    row!(BridgeShadowsNetwork, Here, Rare, [BridgeShadowsNetwork], needs LocalNet;
        Port: Local A, Rst S, Icmp S, Connects R, * R;
        LocalNet: Shadowed A, * N;
        Place: OnLink A, * N;
        Sent: Queued A, Left S, Error S;
        IcmpFrom: Own A, * R;
    ),
    row!(TtlTooSmall, Here, Rare, [TtlExceeded];
        Port: Icmp A, IcmpSome U, * N;
        IcmpKind: Ttl A, * N;
        Ttl: Limited A, Default S;
        PathShape: Straight A, Loop N;
        Echo: Rejected S, Silent S, Ok S;
        Others: Rejected S, Silent S, Answer S;
        IcmpFrom: Router A, LastRouter S, Gateway S, * N;
    ),
    row!(StuckInQueue, Here, Common, [StuckInQueue];
        Port: Local A, * N;
        Kernel: StuckInQueue A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(MessageTooLong, Here, Common, [MessageTooLong];
        Port: Local A, * N;
        Kernel: MessageTooLong A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(GroupTarget, Here, Common, [GroupTarget];
        Port: Local A, * N;
        Kernel: GroupTarget A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(NoSuchInterface, Here, Common, [NoSuchInterface];
        Port: Local A, * N;
        Kernel: NoSuchInterface A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(FamilyNotSupported, Here, Common, [FamilyNotSupported];
        Port: Local A, * N;
        Kernel: FamilyNotSupported A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(PolicyForbids, Here, Common, [Permission];
        Port: Local A, * N;
        Kernel: Permission A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(SelfConnect, Here, Common, [SelfConnect];
        Port: Local A, * N;
        Kernel: SelfConnect A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(OutOfMemory, Here, Common, [OutOfMemory];
        Port: Local A, * N;
        Kernel: OutOfMemory A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(SystemError, Here, Common, [SystemError];
        Port: Local A, * N;
        Kernel: SystemError A, * N;
        Sent: Error U, Denied U, Exhausted U, Queued U, Left S, * R;
    ),
    row!(NotListeningHere, Here, Common, [NothingListens];
        Place: Own A, * N;
        // nat: nothing listens in the container
        Listener: None A, Nat S, * N;
        Port: Rst A, * N;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    row!(ListensOnAnotherAddress, Here, Common, [ListensElsewhere];
        Place: Own A, * N;
        Listener: Elsewhere A, * N;
        Port: Rst A, * N;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    row!(OwnAcceptQueueFull, Here, Uncommon, [AcceptQueueFull];
        Place: Own A, * N;
        Listener: Full A, * N;
        Port: Silent A, Batches U, SilentSome U, Lossy S, * N;
        Protocol: Tcp A, * N;
    ),
    row!(InputRulesHere, Here, Uncommon, [ListensUnanswered];
        Port: Rst U, Icmp U, Silent U, * N;
        Place: Own A, * N;
        Listener: Here A, Nat R, * N;
        IcmpFrom: Own U, Target U, * N;
        Protocol: Tcp A, Udp S, Icmp N;
    ),
];

//! The service: what listens, and what stands before it.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    row!(ServiceNotListening, Target, Common, [PortClosed];
        // silent: Windows' and macOS' stealth mode sends no RST
        Port: Rst A, Silent S, RstSome R, * N;
        RstFrom: Host A, OneNearer R, Nearer N;
        Echo: Ok U, Silent S;
        Others: Answer U, Silent S, Mixed S;
        Place: Routed U, OnLink S, Own N;
        PathEnd: Front A, Early R;
        Sibling: Answers U, Silent R;
        Course: None A, Began S, Ended R, * R;
        Protocol: Tcp A, * N;
        OtherAddress: Only A, Fails U, * R;
    ),
    row!(UdpPortClosed, Target, Common, [PortClosed, NothingListens if Place Own & Listener None, ListensElsewhere if Place Own & Listener Elsewhere];
        Protocol: Udp A, * N;
        Port: Icmp A, IcmpSome R, * N;
        IcmpKind: Port A, * N;
        // a NAT translates what it encloses: the host's error can bear another address
        IcmpFrom: Target A, LastRouter R, Router R, * N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed S, Silent S;
        Place: Routed U, OnLink S, Own S;
        Listener: None A, Elsewhere A, Nat S, * N;
    ),
    row!(RstWhenQueueFull, Target, Rare, [RstWhenQueueFull];
        Port: RstSome U, Rst S, ResetsAfter S, * N;
        RstFrom: Host A, * N;
        Others: Answer U;
        Pace: SlowerWorks U, Same S;
        Protocol: Tcp A, * N;
    ),
    row!(RemoteAcceptQueueFull, Target, Uncommon, [RemoteAcceptQueueFull];
        Port: Batches U, Silent U, SilentSome U, Lossy U, * N;
        Echo: Ok U, Silent S, Lossy R, Rejected R;
        Others: Answer U, Silent S, Lossy N;
        LossScope: Port A, * N;
        PathEnd: Front A, * R;
        Place: Routed U, OnLink S, Own N;
        LossDirection: Forward A, Return N, Unknown S;
        // a hung process: connects until the queue is full
        Course: None U, Began U, Ended S, * R;
        Pace: Same U, SlowerWorks S;
        Protocol: Tcp A, * N;
    ),
    row!(BackendDown, Target, Uncommon, [ClosesAtOnce, ResetsAtOnce if Port ResetsAfter, HostUnreachable if Port Icmp, PortClosed if Port Rst, PortFiltered if Port Silent];
        // a balancer without healthy targets resets or drops
        Port: ClosesAfter U, ResetsAfter U, Rst S, Silent S, Icmp S, Hangs S, * N;
        PathEnd: Front A, Early R;
        IcmpFrom: Target A, * R;
        // of the forwarder itself
        IcmpKind: Host A, * R;
        Protocol: Tcp A, * N;
    ),
    // One of several behind a balancer.
    row!(OneBackendFails, Target, Uncommon, [OneBackendFails];
        Port: RstSome U, SilentSome U, Flows S, IcmpSome R, * N;
        LossScope: Port A, * N;
        Others: Answer U, Mixed S, Silent S;
        Protocol: Tcp A, Udp A, Icmp N;
    ),
    // Kubernetes: the node's rule rejects.
    row!(ServiceWithoutEndpoints, Target, Rare, [FirewallRejects];
        Port: Icmp A, Local S, * N;
        IcmpKind: Port A, * N;
        IcmpFrom: Gateway U, Target U, Own S, Router R, * N;
        Echo: Silent U, Ok U;
        Others: Silent U, Answer U, Rejected S;
        Sent: Left U, Error S, * N;
        Protocol: Tcp A, Udp A, Icmp N;
        Kernel: LocalFirewall S, None A, * N;
    ),
    row!(ServiceRefusesClient, Target, Uncommon, [ClosesAtOnce, ResetsAtOnce if Port ResetsAfter];
        Port: ClosesAfter U, ResetsAfter S, ResetsOnData S, * N;
        Protocol: Tcp A, * N;
    ),
    row!(ServiceCrashes, Target, Rare, [ClosesAtOnce, ResetsAtOnce if Port ResetsAfter];
        Port: ResetsAfter U, ClosesAfter U, ResetsOnData U, RstSome S, * N;
        Protocol: Tcp A, * N;
    ),
    row!(ServiceRestarted, Target, Common, [Intermittent];
        Port: RstSome A, * N;
        RstFrom: Host A, * N;
        Course: Stretch A, Ended S, * N;
        Others: Answer U, Mixed S, Silent S;
        LossScope: Port A, * N;
        Protocol: Tcp A, * N;
    ),
    row!(ServiceHangs, Target, Common, [ServiceHangs];
        Port: Hangs A, * N;
        Protocol: Tcp A, * N;
    ),
    row!(SynProxyWithoutBackend, Target, Rare, [SynProxyWithoutBackend], needs Window;
        Port: Connects A, Hangs S, ResetsAfter S, ClosesAfter R, * N;
        Window: Zero A, Normal R;
        Protocol: Tcp A, * N;
    ),
    row!(AnswersFromAnotherAddress, Target, Rare, [AnswersFromAnotherAddress], needs Counters;
        Port: Silent A, * N;
        Counters: OutRsts A, * R;
    ),
    row!(ConnectionsStuck, Target, Rare, [ConnectionsStuck], needs Established;
        Established: Stuck A, * N;
        Port: Connects U, Lossy S, Silent S, * R;
        Protocol: Tcp A, * N;
    ),
    // A UDP service answers only what it understands.
    row!(ServiceIgnoresRequest, Target, Common, [OpenOrFiltered];
        Protocol: Udp A, * N;
        Port: Silent A, SilentSome R, * N;
        Echo: Ok U, Silent S;
        Others: Answer U, Mixed S, Silent S;
        PathEnd: Front A, Early N, Gateway N, * R;
        Sibling: Answers U, Silent R;
        Place: Routed U, OnLink S, Own S;
        Listener: Here A, Nat S, * R;
    ),
    row!(OtherProtocol, Target, Common, [OtherProtocol];
        Protocol: Tcp N, Udp A, Icmp S;
        Port: Strays A, * N;
    ),
    row!(ServiceSaysNo, Target, Common, [ServiceSaysNo];
        Protocol: Udp A, Tcp S, * N;
        Port: Refuses A, * N;
    ),
];

//! This machine's subnet.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    // Wi-Fi, duplex, a bad cable.
    row!(LossOnThisSegment, Segment, Common, [PacketLoss, PacketLoss if LossScope All, SynLoss if Port Lossy];
        Gateway: Lossy A, Answers R, * R;
        Port: Lossy A, SilentSome S, * N;
        Echo: Lossy A, Ok S, Silent S;
        Others: Lossy A, Answer S, Mixed S, Silent R;
        LossScope: All A, Tcp S, Port R;
        Sibling: Lossy A, * R;
        Place: Routed U, OnLink U, Own N;
    ),
    row!(NeighbourAbsent, Segment, Common, [TargetAbsent];
        Port: Local A, Icmp S, Silent R, * N;
        Sent: Queued A, Error S, * N;
        Place: OnLink A, * N;
        IcmpFrom: Own A, * N;
        IcmpKind: Host A, * N;
        Course: None A, Began S, Ended S;
    ),
    // Of the target, or of the gateway.
    row!(AddressConflict, Segment, Rare, [AddressConflict], needs Neighbour;
        Neighbour: Changes A, Same S;
        Port: RstSome U, SilentSome U, Lossy S, * R;
        Echo: Ok U, Lossy U, Silent S;
        Others: Mixed U, Lossy U, Answer S, Silent S;
        LossScope: All A, * R;
        Place: OnLink U, Routed U, * N;
    ),
    row!(GatewayDead, Segment, Common, [GatewayDead];
        Port: Local A, Icmp S, Silent R, * N;
        Sent: Queued A, Error S, * N;
        Place: Routed A, * N;
        Gateway: NoArp A, Silent R, * N;
        IcmpFrom: Own A, * N;
        IcmpKind: Host A, * N;
        Resolver: Ok U, Timeout U, Servfail S, * N;
        Elsewhere: Fails A, * R;
        Established: None A, * N;
    ),
    // A rule for these packets (port, user, mark) has another next hop than the route that was looked up.
    row!(NextHopDead, Here, Rare, [NoNeighbour];
        Port: Local A, * N;
        Sent: Queued A, * N;
        Place: Routed A, OnLink N, Own N, * R;
        Gateway: Answers A, NoArp N, * R;
    ),
];

//! The name of the target.

use super::cause::Cause;
use super::code::Code;
use super::owner::Owner;
use super::row::{Row, needs, place, row};
use crate::verdict::letter::{Letter, Prior};

pub(super) const ROWS: &[Row] = &[
    row!(StaleHostsFile, Here, Common, [StaleHostsEntry], needs Name;
        Name: HostsDiffers A, HostsFile A, * N;
        Port: Silent U, Rst S, Icmp S, ClosesAfter S, Local S, Connects R;
        OtherAddress: Works A, Only S, Fails R, * R;
        IcmpKind: Host U, Net S, * R;
        IcmpFrom: LastRouter A, Gateway U, Router U;
        Echo: Ok S, Silent A, Rejected U;
        Others: Answer S, Silent A, Mixed S, Rejected U;
        Sent: Left A, Queued S, * R;
    ),
    // A wildcard of a search domain answers for the name.
    row!(SearchListMatch, Here, Rare, [SearchListMatch], needs Name;
        Name: Expanded A, * N;
        Port: Rst U, Silent U, Icmp S, ClosesAfter S, Connects R;
    ),
    row!(NameSinkholed, Here, Uncommon, [NameSinkholed], needs Name;
        Name: Sinkhole A, * N;
        Port: Rst U, Local U, Silent S, Connects R;
        Place: Own A, * R;
    ),
    row!(NameDoesNotExist, Zone, Common, [NameUnresolved], needs Resolver;
        Port: Local A, * N;
        Resolver: Nxdomain A, Nodata S, * N;
    ),
    // Split DNS: the name exists inside.
    row!(AskedWrongResolver, Here, Uncommon, [NameUnresolved], needs Resolver;
        Port: Local A, * N;
        Resolver: Disagree A, Nxdomain U, Nodata S, * N;
    ),
    // Its servers are dead, lame, or DNSSEC does not verify.
    row!(ZoneBroken, Zone, Uncommon, [NameUnresolved], needs Resolver;
        Port: Local A, * N;
        Resolver: Again U, Servfail A, Timeout U, * N;
        OtherNames: Resolve A, * N;
    ),
    row!(ResolverDown, Resolver, Common, [NameUnresolved], needs Resolver;
        Resolver: Again U, Timeout A, Refused U, Servfail R, * N;
        Port: Local A, Connects S, * N;
        OtherNames: Fail A, Resolve R;
    ),
    row!(ResolverFails, Resolver, Uncommon, [NameUnresolved], needs Resolver;
        Resolver: Again U, Servfail A, OneFamily U, * N;
        Port: Local U, Connects U, * N;
        OtherNames: Fail U, Resolve S;
    ),
];

//! Routes and neighbours, with all that is known of them.

use std::net::IpAddr;
use std::sync::Arc;

use crate::outcome::Errno;

/// What this machine would do with a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLookup {
    /// What becomes of the packet. Everything else is absent where it does not leave.
    pub kind: RouteKind,
    /// The interface it leaves by.
    pub interface: Option<Arc<str>>,
    /// The source address it leaves with.
    pub source: Option<IpAddr>,
    /// Whom it is handed to first: the gateway, or the target itself.
    pub next_hop: Option<IpAddr>,
    /// Whether the target is a neighbour: there is a route, and no gateway in it.
    pub on_link: bool,
    /// The route's own MTU in bytes (`RTAX_MTU`, rtnetlink(7)): set by an administrator, or learnt from an ICMP error
    /// on the way. Absent where the interface's holds.
    pub mtu: Option<u32>,
}

/// What becomes of a packet, by the types of routes in ip-route(8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// It goes out, to one machine.
    Unicast,
    /// It is for this machine.
    Local,
    /// It goes out, to all machines of a network.
    Broadcast,
    /// It goes out, to a group (RFC 1112).
    Multicast,
    /// It goes to the nearest of many.
    Anycast,
    /// An administrator has ruled the target out: EHOSTUNREACH.
    Unreachable,
    /// An administrator has forbidden it: EACCES.
    Prohibit,
    /// An administrator has it dropped without a word: EINVAL.
    Blackhole,
    /// An administrator has ended the lookup in that table. A packet that finds no other table has no route.
    Throw,
    /// There is none: ENETUNREACH.
    NoRoute,
    /// The system refuses for another reason: no such interface (ENODEV), or a source address that is none of this
    /// machine's (EADDRNOTAVAIL).
    Refused(Errno),
}

impl RouteKind {
    /// The word for it in ip-route(8), where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Local => "local",
            Self::Broadcast => "broadcast",
            Self::Multicast => "multicast",
            Self::Anycast => "anycast",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Blackhole => "blackhole",
            Self::Throw => "throw",
            Self::NoRoute => "no route",
            Self::Refused(_) => "refused",
        }
    }

    /// Whether a packet is sent at all.
    pub fn delivers(self) -> bool {
        use RouteKind::{Anycast, Broadcast, Local, Multicast, Unicast};
        matches!(self, Unicast | Local | Broadcast | Multicast | Anycast)
    }

    /// What the errno of a lookup, or of connect(2), means (`fib_props`, `net/ipv4/fib_semantics.c`; `ip6_route_info_create`,
    /// `net/ipv6/route.c`).
    pub fn from_errno(errno: Errno) -> Self {
        match errno {
            Errno::NetworkUnreachable => Self::NoRoute,
            Errno::HostUnreachable => Self::Unreachable,
            Errno::AccessDenied => Self::Prohibit,
            Errno::InvalidArgument => Self::Blackhole,
            other => Self::Refused(other),
        }
    }
}

impl RouteLookup {
    /// A packet that does not leave.
    pub fn nowhere(kind: RouteKind) -> Self {
        Self {
            kind,
            interface: None,
            source: None,
            next_hop: None,
            on_link: false,
            mtu: None,
        }
    }
}

/// What is known of the machine that a packet is handed to first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its address: the gateway's, or the target's.
    pub next_hop: IpAddr,
    /// The interface that it is on.
    pub interface: Arc<str>,
    /// What came of the search for it.
    pub state: NeighbourState,
    /// Its link-layer address, in hexadecimal: `02:00:00:00:00:01`. Absent where it is not known or there is none.
    pub link_address: Option<String>,
}

/// What the system knows of a neighbour, by the states of ip-neighbour(8), which are those of RFC 4861 section 7.3.2
/// and some more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeighbourState {
    /// It has answered a short while ago.
    Reachable,
    /// It has answered once; whether it is still there is not known.
    Stale,
    /// Packets go out to it again; if nothing comes back in five seconds it is asked.
    Delay,
    /// It is being asked whether it is still there.
    Probe,
    /// It is being looked for, and has not answered yet.
    Incomplete,
    /// It was looked for, and did not answer.
    Failed,
    /// An administrator has entered it.
    Permanent,
    /// Nobody needs to be found: loopback, a point-to-point link, a broadcast or a group.
    NoArp,
    /// Nobody has looked for it of late.
    None,
}

impl NeighbourState {
    /// The word for it in ip-neighbour(8).
    pub fn name(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Stale => "stale",
            Self::Delay => "delay",
            Self::Probe => "probe",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Permanent => "permanent",
            Self::NoArp => "noarp",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_the_word_of_a_route() {
        let cases = [
            (Errno::NetworkUnreachable, "no route"),
            (Errno::HostUnreachable, "unreachable"),
            (Errno::AccessDenied, "prohibit"),
            (Errno::InvalidArgument, "blackhole"),
            (Errno::NoDevice, "refused"),
        ];
        for (errno, word) in cases {
            let kind = RouteKind::from_errno(errno);
            assert_eq!((kind.name(), kind.delivers()), (word, false));
        }
    }
}

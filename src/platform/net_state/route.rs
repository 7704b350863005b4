//! Routes.

use std::net::IpAddr;
use std::sync::Arc;

use crate::outcome::Errno;

/// Next hop, source address and interface of packets to a target. Every system fills in what it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The gateway, or the target itself if it is on-link. Absent where the system does not report it.
    pub next_hop: Option<IpAddr>,
    /// The source address that the kernel selects.
    pub source: Option<IpAddr>,
    /// The outgoing interface, where the system reports it. Shared: most routes of a run have the same.
    pub interface: Option<Arc<str>>,
    /// Whether that is a point-to-point link (a tunnel), which resolves no neighbours. Known for on-link targets only.
    pub is_point_to_point: Option<bool>,
}

impl Route {
    /// The gateway to `target`; absent where it is on-link, or where the system does not report it.
    pub fn gateway(&self, target: IpAddr) -> Option<IpAddr> {
        self.next_hop.filter(|hop| *hop != target)
    }
}

/// Result of a route lookup, as `ip route get` shows it; also of one that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteLookup {
    /// Type of the route. If it does not deliver, every other field is absent.
    pub kind: RouteKind,
    /// The outgoing interface.
    pub interface: Option<Arc<str>>,
    /// The source address.
    pub source: Option<IpAddr>,
    /// The gateway, or the target itself if it is on-link.
    pub next_hop: Option<IpAddr>,
    /// Whether the target is on-link: a route without a gateway.
    pub on_link: bool,
    /// The route's MTU in bytes (`RTAX_MTU`, rtnetlink(7)): configured, or learnt by path MTU discovery. Absent: the
    /// interface's MTU applies.
    pub mtu: Option<u32>,
}

/// Route types of ip-route(8), and lookups that find no route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteKind {
    /// A single destination.
    Unicast,
    /// An address of this machine.
    Local,
    /// A broadcast address.
    Broadcast,
    /// A multicast group (RFC 1112).
    Multicast,
    /// An anycast address.
    Anycast,
    /// An `unreachable` route: EHOSTUNREACH.
    Unreachable,
    /// A `prohibit` route: EACCES.
    Prohibit,
    /// A `blackhole` route, dropped silently: EINVAL.
    Blackhole,
    /// A `throw` route ends the lookup in its table. If no other table matches, there is no route.
    Throw,
    /// No route: ENETUNREACH.
    NoRoute,
    /// Another error: no such interface (ENODEV), or a source address that is not local (EADDRNOTAVAIL).
    Refused(Errno),
}

impl RouteKind {
    /// Its name in ip-route(8), where it has one.
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

    /// Whether packets are sent.
    pub fn delivers(self) -> bool {
        use RouteKind::{Anycast, Broadcast, Local, Multicast, Unicast};
        matches!(self, Unicast | Local | Broadcast | Multicast | Anycast)
    }

    /// The meaning of a lookup's or connect(2)'s errno (`fib_props`, `net/ipv4/fib_semantics.c`;
    /// `ip6_route_info_create`, `net/ipv6/route.c`).
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
    /// A lookup without a usable route.
    pub fn failed(kind: RouteKind) -> Self {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errno_maps_to_route_type() {
        let cases = [
            (Errno::NetworkUnreachable, "no route"),
            (Errno::HostUnreachable, "unreachable"),
            (Errno::AccessDenied, "prohibit"),
            (Errno::InvalidArgument, "blackhole"),
            (Errno::NoDevice, "refused"),
        ];
        for (errno, name) in cases {
            let kind = RouteKind::from_errno(errno);
            assert_eq!((kind.name(), kind.delivers()), (name, false));
        }
    }
}

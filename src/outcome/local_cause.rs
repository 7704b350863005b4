//! Causes of local errors.

use super::Errno;

macro_rules! local_causes {
    ($($variant:ident = $reason:literal: $doc:literal,)*) => {
        /// Cause of a local error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum LocalCause {
            $(#[doc = $doc] $variant,)*
        }

        impl LocalCause {
            /// Every cause.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Stable kebab-case name.
            pub fn reason(self) -> &'static str {
                match self {
                    $(Self::$variant => $reason,)*
                }
            }
        }
    };
}

local_causes! {
    NoRoute = "no-route": "No route to the target, a `throw` route, or an interface that is down.",
    NoNeighbour = "no-neighbour": "No reply from the next hop to ARP or Neighbor Discovery.",
    RouteUnreachable = "route-unreachable": "A local `unreachable` route matches the target.",
    RouteProhibited = "route-prohibited": "A local `prohibit` route matches the target.",
    RouteBlackhole = "route-blackhole": "A local `blackhole` route matches the target.",
    LocalFirewall = "local-firewall": "The local firewall rejected or dropped the packet.",
    DroppedLocally = "dropped-locally": "Local output dropped the packets (firewall or traffic control).",
    StuckInQueue = "stuck-in-queue": "No SYN was retransmitted: the first is still in a local queue, or its route or link is gone.",
    PortsExhausted = "ports-exhausted": "No free source port for this destination.",
    TooManyOpenFiles = "too-many-open-files": "File descriptor limit reached.",
    AddressNotAvailable = "address-not-available": "No usable source address, or the given one is not (or no longer) assigned.",
    MessageTooLong = "message-too-long": "The datagram exceeds the interface MTU or the maximum datagram size.",
    GroupTarget = "group-target": "The target is a broadcast or multicast address.",
    NoSuchInterface = "no-such-interface": "The output interface does not exist (any more).",
    NetworkDown = "network-down": "The interface is down.",
    FamilyNotSupported = "family-not-supported": "The IP version is disabled.",
    Permission = "permission": "Forbidden by a local security policy.",
    SelfConnect = "self-connect": "TCP self-connect: nothing listens on that port.",
    OutOfMemory = "out-of-memory": "No kernel memory or buffers.",
    SystemError = "system-error": "Any other errno, see the evidence.",
}

impl LocalCause {
    /// The cause of an errno returned by connect(2), bind(2) or socket(2) itself.
    ///
    /// Errnos of route types: `fib_props` in `net/ipv4/fib_semantics.c`, `ip6_rt_type_to_error` in net/ipv6/route.c;
    /// each is tested in the lab. Other systems have no such routes and use these errnos differently.
    pub fn from_errno(errno: Errno) -> Self {
        let linux = cfg!(target_os = "linux");
        match errno {
            Errno::NetworkUnreachable => Self::NoRoute,
            Errno::HostUnreachable if linux => Self::RouteUnreachable,
            Errno::AccessDenied if linux => Self::RouteProhibited,
            Errno::InvalidArgument if linux => Self::RouteBlackhole,
            Errno::AddressNotAvailable | Errno::AddressInUse => Self::PortsExhausted,
            Errno::TooManyFiles | Errno::TooManyFilesInSystem => Self::TooManyOpenFiles,
            Errno::MessageTooLong => Self::MessageTooLong,
            Errno::NoDevice => Self::NoSuchInterface,
            Errno::NetworkDown => Self::NetworkDown,
            Errno::AddressFamily => Self::FamilyNotSupported,
            Errno::NotPermitted | Errno::AccessDenied => Self::Permission,
            Errno::NoBuffers | Errno::NoMemory => Self::OutOfMemory,
            _ => Self::SystemError,
        }
    }
}

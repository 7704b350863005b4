//! Causes on this very machine.

use super::Errno;

macro_rules! local_causes {
    ($($variant:ident = $reason:literal: $doc:literal,)*) => {
        /// Why this machine itself could not carry out a probe.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LocalCause {
            $(#[doc = $doc] $variant,)*
        }

        impl LocalCause {
            /// Every cause.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable kebab-case name.
            pub fn reason(self) -> &'static str {
                match self {
                    $(Self::$variant => $reason,)*
                }
            }
        }
    };
}

local_causes! {
    NoRoute = "no-route": "No route to the target, a `throw` route, or its interface is down.",
    NoNeighbour = "no-neighbour": "The next hop does not answer ARP or Neighbor Discovery.",
    RouteUnreachable = "route-unreachable": "An `unreachable` route of this machine covers the target.",
    RouteProhibited = "route-prohibited": "A `prohibit` route of this machine covers the target.",
    RouteBlackhole = "route-blackhole": "A `blackhole` route of this machine covers the target.",
    LocalFirewall = "local-firewall": "This machine's firewall rejected the packet with an ICMP error.",
    DroppedLocally = "dropped-locally": "This machine's output path swallowed the SYNs (firewall or traffic control).",
    StuckInQueue = "stuck-in-queue": "No SYN could be sent again: it still waits in this machine's queue, or its route or link is gone.",
    PortsExhausted = "ports-exhausted": "No local port is free for this destination.",
    TooManyOpenFiles = "too-many-open-files": "No file descriptor is left.",
    AddressNotAvailable = "address-not-available": "No usable source address: the given one is not ours (any more), or there is none.",
    MessageTooLong = "message-too-long": "The datagram is too large for the interface, or for any datagram.",
    GroupTarget = "group-target": "The target is a broadcast or multicast address, where many might answer.",
    NoSuchInterface = "no-such-interface": "The interface to send from does not exist (any more).",
    NetworkDown = "network-down": "The interface is down.",
    FamilyNotSupported = "family-not-supported": "This machine has that IP version switched off.",
    Permission = "permission": "A security policy of this machine forbids it.",
    SelfConnect = "self-connect": "The probe used the target's own port and met itself: nothing else answered.",
    OutOfMemory = "out-of-memory": "The kernel has no memory or buffer left.",
    SystemError = "system-error": "The system call failed in a way not listed here; the evidence has its errno.",
}

impl LocalCause {
    /// The cause behind an error that connect(2), bind(2) or socket(2) returned at once.
    ///
    /// Route types: `fib_props` in `net/ipv4/fib_semantics.c` and `ip6_rt_type_to_error` in
    /// net/ipv6/route.c turn them into these errors; each is checked in the lab.
    /// Only Linux has such routes; elsewhere the same errors can mean much else.
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

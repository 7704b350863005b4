//! Why a probe could not be sent.

use std::io;
use std::net::SocketAddr;

use crate::hosts::Protocol;
use crate::outcome::classify::{self, Classified, tcp};
use crate::outcome::{Errno, Evidence, LocalCause, Outcome};
use crate::platform::{self, FlowKey, LocalHost, errno, is_link_local};

/// An error before a probe was sent.
#[derive(Debug)]
pub(super) enum SetupError {
    /// socket(2) for ICMP, which needs permission (`net.ipv4.ping_group_range` in icmp(7)).
    OpenIcmp(io::Error),
    /// Any other socket(2), setsockopt(2) or connect(2).
    Socket(io::Error),
    /// bind(2).
    Bind(io::Error),
    /// Source and destination would be the same address and port.
    SelfConnect,
    /// Many hosts may reply to this address.
    Multicast,
}

impl From<io::Error> for SetupError {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl SetupError {
    /// Whether the local port is in use: EADDRINUSE, or EADDRNOTAVAIL from connect(2). From bind(2) EADDRNOTAVAIL
    /// means that the address is not local, whatever the port.
    pub(super) fn is_port_in_use(&self) -> bool {
        match self {
            Self::Bind(error) => error.kind() == io::ErrorKind::AddrInUse,
            Self::Socket(error) => matches!(
                error.kind(),
                io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable
            ),
            Self::OpenIcmp(_) | Self::SelfConnect | Self::Multicast => false,
        }
    }

    /// Whether closing another socket can help: out of descriptors or of local ports.
    pub(super) fn is_resource_exhausted(&self) -> bool {
        let (Self::OpenIcmp(error) | Self::Socket(error) | Self::Bind(error)) = self else {
            return false;
        };
        let out_of_descriptors = matches!(
            errno(error),
            Errno::TooManyFiles | Errno::TooManyFilesInSystem
        );
        // EAGAIN from connect(2): every port of the range is in use (`inet_autobind` in net/ipv4/af_inet.c).
        out_of_descriptors || self.is_port_in_use() || error.kind() == io::ErrorKind::WouldBlock
    }

    /// The outcome of a probe to `target` that was not sent.
    pub(super) fn classify(
        &self,
        local_host: &LocalHost,
        protocol: Protocol,
        target: SocketAddr,
    ) -> Classified {
        let local = |cause, evidence| (Outcome::Local(cause), evidence);
        let (error, is_bind) = match self {
            Self::OpenIcmp(error) | Self::Socket(error) => (error, false),
            Self::Bind(error) => (error, true),
            Self::SelfConnect => return local(LocalCause::SelfConnect, Evidence::default()),
            Self::Multicast => return local(LocalCause::GroupTarget, Evidence::default()),
        };
        let errno = errno(error);
        let flow_key = FlowKey {
            protocol,
            target,
            local: None,
        };
        let cause = match errno {
            Errno::AddressNotAvailable | Errno::InvalidArgument if is_bind => {
                LocalCause::AddressNotAvailable
            }
            Errno::AccessDenied if matches!(self, Self::OpenIcmp(_)) => LocalCause::Permission,
            // A local port below `ip_unprivileged_port_start` (ip(7)).
            Errno::AccessDenied if is_bind => LocalCause::Permission,
            // A datagram to a broadcast address needs SO_BROADCAST (`ip4_datagram_connect` in net/ipv4/datagram.c).
            Errno::AccessDenied if local_host.is_broadcast(&flow_key) => LocalCause::GroupTarget,
            // A link-local target without a zone, as a resolver may return it.
            Errno::InvalidArgument if target.is_ipv6() && is_link_local(target.ip()) => {
                LocalCause::NoRoute
            }
            // There is a route, so the source address is wrong: of another interface, or removed.
            Errno::InvalidArgument | Errno::NetworkUnreachable
                if local_host.source.is_some() && local_host.has_route(&flow_key) =>
            {
                LocalCause::AddressNotAvailable
            }
            Errno::AddressNotAvailable if platform::source_address(target).is_err() => {
                LocalCause::AddressNotAvailable
            }
            _ if error.kind() == io::ErrorKind::WouldBlock => LocalCause::PortsExhausted,
            // On BSD connect(2) over loopback fails within the call.
            Errno::ConnectionRefused | Errno::ConnectionReset | Errno::TimedOut
                if protocol == Protocol::Tcp =>
            {
                return tcp::failed(errno, false);
            }
            _ => return classify::local_error(errno),
        };
        local(cause, Evidence::errno(errno))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::plan::SocketPlan;

    #[test]
    fn eacces_for_an_icmp_socket_is_permission() {
        let local_host = LocalHost::from(&SocketPlan::default());
        let target = SocketAddr::from(([127, 0, 0, 1], 0));
        let error = SetupError::OpenIcmp(io::Error::from_raw_os_error(libc::EACCES));
        let (outcome, _) = error.classify(&local_host, Protocol::Icmp, target);
        assert_eq!(outcome, Outcome::Local(LocalCause::Permission));
        assert!(!error.is_port_in_use() && !error.is_resource_exhausted());
    }
}

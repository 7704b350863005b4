//! Probes that never got under way, and why.

use std::io;
use std::net::SocketAddr;

use crate::hosts::Protocol;
use crate::outcome::classify::{self, Classified, tcp};
use crate::outcome::{Errno, Evidence, LocalCause, Outcome};
use crate::platform::{self, FlowKey, LocalHost, errno, is_link_local};

/// What could not be done to send a probe.
#[derive(Debug)]
pub(super) enum SetupError {
    /// To open a socket that not every user may open: `net.ipv4.ping_group_range` in icmp(7).
    Open(io::Error),
    /// To open the socket, set its options, or connect it.
    Socket(io::Error),
    /// To bind it to a local address.
    Bind(io::Error),
    /// To send from another address and port than those of the target itself.
    MeetsItself,
    /// To send to a single machine: many might answer at this address.
    Group,
}

impl From<io::Error> for SetupError {
    fn from(error: io::Error) -> Self {
        Self::Socket(error)
    }
}

impl SetupError {
    /// Whether a local port was taken. bind(2) says so in one way and connect(2) in another; from bind(2)
    /// EADDRNOTAVAIL means that the address is not ours, and no other port will change that.
    pub(super) fn is_taken(&self) -> bool {
        match self {
            Self::Bind(error) => error.kind() == io::ErrorKind::AddrInUse,
            Self::Socket(error) => matches!(
                error.kind(),
                io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable
            ),
            Self::Open(_) | Self::MeetsItself | Self::Group => false,
        }
    }

    /// Whether a descriptor or a local port given up elsewhere would help.
    pub(super) fn is_shortage(&self) -> bool {
        let (Self::Open(error) | Self::Socket(error) | Self::Bind(error)) = self else {
            return false;
        };
        let out_of_descriptors = matches!(
            errno(error),
            Errno::TooManyFiles | Errno::TooManyFilesInSystem
        );
        // EAGAIN from connect(2): every port of the range is taken (`inet_autobind` in net/ipv4/af_inet.c).
        out_of_descriptors || self.is_taken() || error.kind() == io::ErrorKind::WouldBlock
    }

    /// Judges why a probe to `target` never got under way.
    pub(super) fn classify(
        &self,
        here: &LocalHost,
        protocol: Protocol,
        target: SocketAddr,
    ) -> Classified {
        let local = |cause, evidence| (Outcome::Local(cause), evidence);
        let (error, binding) = match self {
            Self::Open(error) | Self::Socket(error) => (error, false),
            Self::Bind(error) => (error, true),
            Self::MeetsItself => return local(LocalCause::SelfConnect, Evidence::default()),
            Self::Group => return local(LocalCause::GroupTarget, Evidence::default()),
        };
        let errno = errno(error);
        let flow_key = FlowKey {
            protocol,
            target,
            local: None,
        };
        let cause = match errno {
            Errno::AddressNotAvailable | Errno::InvalidArgument if binding => {
                LocalCause::AddressNotAvailable
            }
            Errno::AccessDenied if matches!(self, Self::Open(_)) => LocalCause::Permission,
            // A local port below `ip_unprivileged_port_start` (ip(7)).
            Errno::AccessDenied if binding => LocalCause::Permission,
            // A datagram to a broadcast address wants SO_BROADCAST (`ip4_datagram_connect` in net/ipv4/datagram.c).
            Errno::AccessDenied if here.is_broadcast(&flow_key) => LocalCause::GroupTarget,
            // A link-local target whose interface nobody named, as a resolver may give it.
            Errno::InvalidArgument if target.is_ipv6() && is_link_local(target.ip()) => {
                LocalCause::NoRoute
            }
            // The route is there, so it is the source address that leads nowhere: of another interface, or gone.
            Errno::InvalidArgument | Errno::NetworkUnreachable
                if here.source.is_some() && here.has_route(&flow_key) =>
            {
                LocalCause::AddressNotAvailable
            }
            Errno::AddressNotAvailable if platform::source_address(target).is_err() => {
                LocalCause::AddressNotAvailable
            }
            _ if error.kind() == io::ErrorKind::WouldBlock => LocalCause::PortsExhausted,
            // BSD answers a connect() over loopback within the call.
            Errno::ConnectionRefused | Errno::ConnectionReset | Errno::TimedOut
                if protocol == Protocol::Tcp =>
            {
                return tcp::failed(errno, false);
            }
            _ => return classify::failed_at_once(errno),
        };
        local(cause, Evidence::errno(errno))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::plan::SocketPlan;

    #[test]
    fn a_socket_that_may_not_be_opened_is_no_route() {
        let here = LocalHost::from(&SocketPlan::default());
        let target = SocketAddr::from(([127, 0, 0, 1], 0));
        let error = SetupError::Open(io::Error::from_raw_os_error(libc::EACCES));
        let (outcome, _) = error.classify(&here, Protocol::Icmp, target);
        assert_eq!(outcome, Outcome::Local(LocalCause::Permission));
        assert!(!error.is_taken() && !error.is_shortage());
    }
}

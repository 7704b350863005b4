//! Options of a probe's socket, and its local address.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{SockAddr, Socket};

use super::ProbeOverride;
use crate::plan::SocketPlan;
use crate::platform;

/// Sets the options that probes of every protocol need.
pub(super) fn set_options(
    socket: &Socket,
    target: SocketAddr,
    options: &SocketPlan,
) -> io::Result<()> {
    platform::enable_recverr(socket, target.is_ipv6())?;
    if let Some(interface) = &options.interface {
        platform::bind_to_interface(socket, interface, target.is_ipv6())?;
    }
    set_dscp_and_ttl(socket, target, options)
}

/// `source`, or the unspecified address of the target's family, with port 0.
pub(super) fn port_zero(source: Option<IpAddr>, target: SocketAddr) -> SocketAddr {
    let unspecified = match target {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(source.unwrap_or(unspecified), 0)
}

/// The DSCP is the upper six bits of the former TOS byte (RFC 2474 section 3).
fn set_dscp_and_ttl(socket: &Socket, target: SocketAddr, options: &SocketPlan) -> io::Result<()> {
    let tos = options.dscp.map(|dscp| u32::from(dscp) << 2);
    let ttl = options.ttl.map(u32::from);
    if target.is_ipv4() {
        tos.map_or(Ok(()), |tos| socket.set_tos_v4(tos))?;
        ttl.map_or(Ok(()), |ttl| socket.set_ttl_v4(ttl))
    } else {
        tos.map_or(Ok(()), |tos| platform::set_traffic_class(socket, tos))?;
        ttl.map_or(Ok(()), |hops| socket.set_unicast_hops_v6(hops))
    }
}

/// Sets the TTL of an override, and one IPv6 flow label for all its probes: Linux generates a flow label per socket
/// (`ip6_autoflowlabel` in include/net/ipv6.h), and routers hash it for ECMP (RFC 6438).
pub(super) fn apply_override(
    socket: &Socket,
    target: SocketAddr,
    probe_override: ProbeOverride,
) -> io::Result<()> {
    let ttl = probe_override.ttl.map(u32::from);
    if target.is_ipv4() {
        return ttl.map_or(Ok(()), |ttl| socket.set_ttl_v4(ttl));
    }
    // Before Linux 3.17 there are no automatic flow labels.
    let _ = platform::disable_auto_flow_label(socket);
    ttl.map_or(Ok(()), |hops| socket.set_unicast_hops_v6(hops))
}

/// Binds to a local port that connections to other destinations may use as well: without `SO_REUSEADDR` one
/// TIME-WAIT socket blocks the port for every target (socket(7)).
pub(super) fn bind(socket: &Socket, local: SocketAddr) -> io::Result<()> {
    #[cfg(unix)] // on Windows the option means something else
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(local))
}

/// EINPROGRESS, or WSAEWOULDBLOCK on Windows.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress || error.kind() == io::ErrorKind::WouldBlock
}

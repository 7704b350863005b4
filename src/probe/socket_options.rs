//! A probe's socket: opened, marked and bound as the plan wants.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{SockAddr, Socket};

use super::ProbeOverride;
use crate::plan::SocketPlan;
use crate::platform;

/// Sets every option that a probe to `target` needs, whatever its protocol.
pub(super) fn prepare(socket: &Socket, target: SocketAddr, options: &SocketPlan) -> io::Result<()> {
    platform::hear_icmp_errors(socket, target.is_ipv6())?;
    if let Some(interface) = &options.interface {
        platform::bind_to_interface(socket, interface, target.is_ipv6())?;
    }
    mark(socket, target, options)
}

/// `source`, or no address in particular of the family of `target`, and whatever port the kernel gives.
pub(super) fn any_port(source: Option<IpAddr>, target: SocketAddr) -> SocketAddr {
    let unspecified = match target {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::UNSPECIFIED),
    };
    SocketAddr::new(source.unwrap_or(unspecified), 0)
}

/// DSCP and TTL; the DSCP is the upper six bits of the old TOS byte (RFC 2474 section 3).
fn mark(socket: &Socket, target: SocketAddr, options: &SocketPlan) -> io::Result<()> {
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

/// Limits how far packets go. They all belong to one flow: by itself Linux draws another flow label for each IPv6
/// socket (`ip6_autoflowlabel` in include/net/ipv6.h), and routers choose among links by it (RFC 6438).
pub(super) fn put_on(
    socket: &Socket,
    target: SocketAddr,
    set_override: ProbeOverride,
) -> io::Result<()> {
    let ttl = set_override.ttl.map(u32::from);
    if target.is_ipv4() {
        return ttl.map_or(Ok(()), |ttl| socket.set_ttl_v4(ttl));
    }
    // Before Linux 3.17 there are none.
    let _ = platform::keep_flow_label(socket);
    ttl.map_or(Ok(()), |hops| socket.set_unicast_hops_v6(hops))
}

/// Binds to a local port that other connections may use too, as long as their destination differs:
/// without `SO_REUSEADDR` one TIME-WAIT would block the port for every target (socket(7)).
pub(super) fn bind(socket: &Socket, local: SocketAddr) -> io::Result<()> {
    #[cfg(unix)] // on Windows the option means something else
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(local))
}

/// EINPROGRESS, or Windows' word for it.
pub(super) fn is_under_way(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress || error.kind() == io::ErrorKind::WouldBlock
}

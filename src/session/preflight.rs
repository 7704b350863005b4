//! What can be checked before the first probe: source, interface, permissions, limits.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use super::RunError;
use crate::hosts::{Protocol, Target};
use crate::plan::{SchedulePlan, SocketPlan};
use crate::platform;

/// Probes in flight at once; no system has descriptors or ports for more.
pub(crate) const MAX_IN_FLIGHT: usize = 1_000_000;

/// Descriptors kept free for everything that is no probe: netlink requests.
const SPARE_DESCRIPTORS: usize = 2;

/// Open descriptors that are no probe, where the system does not report them: standard streams, the poller, signals.
const OTHER_DESCRIPTORS: usize = 12;

/// Raises the limit of open files: each probe in flight has a socket of its own. A limit that cannot be raised shows in
/// the probes that meet it.
pub(crate) fn raise_descriptor_limit() {
    platform::raise_descriptor_limit();
}

/// Sockets that may be open at once.
pub(crate) fn max_sockets() -> usize {
    let limit = platform::raise_descriptor_limit().unwrap_or(usize::MAX);
    let taken = platform::open_descriptors().unwrap_or(OTHER_DESCRIPTORS);
    limit.saturating_sub(taken + SPARE_DESCRIPTORS).max(1)
}

/// A closed loop keeps a place for each probe under way.
pub(crate) fn check_load(schedule: &SchedulePlan, targets: usize) -> Result<(), RunError> {
    let at_once = schedule.in_flight.saturating_mul(targets);
    if schedule.is_closed_loop() && at_once > MAX_IN_FLIGHT {
        return Err(RunError::TooManyAtOnce(at_once));
    }
    Ok(())
}

/// Echoes need a permission that many users have, and some have not.
pub(crate) fn check_echo(targets: &[Target]) -> Result<(), RunError> {
    let families = [true, false].map(|v4| {
        let of_family =
            |target: &&Target| target.protocol == Protocol::Icmp && target.address.is_ipv4() == v4;
        targets.iter().find(of_family)
    });
    for target in families.into_iter().flatten() {
        match platform::echo_socket(target.address) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(RunError::Echo(error));
            }
            // Everything else is the probes' to tell.
            _ => {}
        }
    }
    Ok(())
}

/// A source that cannot work is told before the first probe, not as a failure of every one.
pub(crate) fn check_source(sockets: &SocketPlan) -> Result<(), RunError> {
    if let Some(interface) = &sockets.interface
        && platform::interface_index(interface).is_none()
    {
        return Err(RunError::Interface(interface.clone()));
    }
    if let Some(source) = &sockets.source {
        let address = source.address;
        if address.is_multicast() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "it is a multicast address");
            let from = address.to_string();
            return Err(RunError::Source { from, error });
        }
        let port = source.ports.as_ref().map_or(0, |ports| *ports.start());
        // A port that is taken now may be free for the probe; one that is forbidden stays so.
        match UdpSocket::bind((address, port)) {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                let from = match port {
                    0 => address.to_string(),
                    _ => SocketAddr::new(address, port).to_string(),
                };
                return Err(RunError::Source { from, error });
            }
            _ => {}
        }
    }
    Ok(())
}

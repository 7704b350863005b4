//! Checks before the first probe: source address, interface, permissions, descriptor limit.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use super::RunError;
use super::limits::MAX_IN_FLIGHT;
use crate::hosts::{Protocol, Target};
use crate::plan::{SchedulePlan, SocketPlan};
use crate::platform;

/// Descriptors reserved for netlink requests.
const SPARE_DESCRIPTORS: usize = 2;

/// Open descriptors besides probes, where the system does not report them: standard streams, poller, signals.
const DEFAULT_OPEN_DESCRIPTORS: usize = 12;

/// Raises the soft limit of open files: each probe in flight has a socket. Probes beyond a limit that cannot be raised
/// fail with `too-many-open-files`.
pub(crate) fn raise_descriptor_limit() {
    platform::raise_descriptor_limit();
}

/// Sockets that may be open at the same time.
pub(crate) fn max_sockets() -> usize {
    let limit = platform::raise_descriptor_limit().unwrap_or(usize::MAX);
    let open = platform::open_descriptors().unwrap_or(DEFAULT_OPEN_DESCRIPTORS);
    limit.saturating_sub(open + SPARE_DESCRIPTORS).max(1)
}

/// Limits probes in flight: a closed loop allocates a slot for each.
pub(crate) fn check_load(schedule: &SchedulePlan, targets: usize) -> Result<(), RunError> {
    let in_flight = schedule.in_flight.saturating_mul(targets);
    if schedule.is_closed_loop() && in_flight > MAX_IN_FLIGHT {
        return Err(RunError::TooManyInFlight(in_flight));
    }
    Ok(())
}

/// Checks the permission to open ICMP echo sockets, once per address family.
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
            // Other errors are reported as probe outcomes.
            _ => {}
        }
    }
    Ok(())
}

/// Checks that the source interface exists and the source address can be bound.
pub(crate) fn check_source(sockets: &SocketPlan) -> Result<(), RunError> {
    if let Some(interface) = &sockets.interface
        && platform::interface_index(interface).is_none()
    {
        return Err(RunError::Interface(interface.clone()));
    }
    if let Some(source) = &sockets.source {
        let address = source.address;
        if address.is_multicast() {
            let error = io::Error::new(io::ErrorKind::InvalidInput, "a multicast address");
            let from = address.to_string();
            return Err(RunError::Source { from, error });
        }
        let port = source.ports.as_ref().map_or(0, |ports| *ports.start());
        // A port in use may be free when probed; a forbidden one is not.
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

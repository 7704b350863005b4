//! Local stack: TCP over loopback and over the own address, and all interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener};
use std::time::Duration;

use super::context::CheckContext;
use super::targets::address_target;
use super::timing::BatchTiming;
use super::{LocalFindings, ProbeBatch};
use crate::hosts::{Protocol, Target};
use crate::plan::{CloseMode, SocketPlan};
use crate::platform::{self, is_link_local};

const TIMING: BatchTiming = BatchTiming {
    count: 2,
    interval: Duration::from_millis(20),
    timeout: Duration::from_secs(1),
    hold: None,
};

pub(super) fn check(context: &CheckContext, target: &Target) -> LocalFindings {
    let loopback: IpAddr = if target.address.is_ipv4() {
        Ipv4Addr::LOCALHOST.into()
    } else {
        Ipv6Addr::LOCALHOST.into()
    };
    let own_address =
        source_address(context, target).filter(|it| *it != loopback && !is_link_local(*it));
    LocalFindings {
        loopback: connect_to_own_listener(context, loopback),
        own_address: own_address.and_then(|it| connect_to_own_listener(context, it)),
        links: platform::links(),
    }
}

/// Source address of packets to the target. Where the system reports no routes: without -S and -I.
fn source_address(context: &CheckContext, target: &Target) -> Option<IpAddr> {
    let route = context
        .local_host()
        .route_lookup(target.protocol, target.address);
    match route {
        Some(route) => route.source,
        None => platform::source_address(target.address).ok(),
    }
}

/// Connects to a listener of this process. It never accepts: the kernel completes the handshake.
fn connect_to_own_listener(context: &CheckContext, address: IpAddr) -> Option<ProbeBatch> {
    let listener = TcpListener::bind((address, 0)).ok()?;
    let address = listener.local_addr().ok()?;
    // Without -S and -I: they concern the route to the target.
    let sockets = SocketPlan {
        close: CloseMode::Rst,
        ..SocketPlan::default()
    };
    let target = address_target(Protocol::Tcp, address);
    context.probe_with(target, &sockets, &context.plan.payload, TIMING)
}

//! Path MTU: small and large ICMP echoes with DF set.

use std::thread;
use std::time::Duration;

use super::context::CheckContext;
use super::timing::BatchTiming;
use super::{ProbeBatch, SizeFindings};
use crate::hosts::Target;
use crate::plan::{PayloadPlan, SocketPlan};
use crate::platform::{self, RouteKind};

/// Smallest IPv6 MTU in bytes (RFC 8200 section 5); almost every IPv4 link has at least that.
const SMALL_BYTES: u32 = 1280;

/// MTU in bytes where the system reports none.
const ETHERNET_MTU: u32 = 1500;

const TIMING: BatchTiming = BatchTiming {
    timeout: Duration::from_secs(1),
    ..BatchTiming::AUXILIARY
};

/// Echoes to a host that answers small ones; `echo` is its target.
pub(super) fn check(context: &CheckContext, echo: &Target) -> Option<SizeFindings> {
    let route = context
        .local_host()
        .route_lookup(echo.protocol, echo.address)?;
    if route.kind != RouteKind::Unicast {
        return None;
    }
    let link = route.interface.as_deref().and_then(platform::link);
    let large_bytes = link.and_then(|link| link.mtu).unwrap_or(ETHERNET_MTU);
    if large_bytes <= SMALL_BYTES || !platform::CAN_FORBID_FRAGMENTS {
        return None;
    }
    let (small, large) = thread::scope(|scope| {
        let small = scope.spawn(|| echo_of_size(context, echo, SMALL_BYTES));
        let large = echo_of_size(context, echo, large_bytes);
        (small.join().ok().flatten(), large)
    });
    Some(SizeFindings {
        small_bytes: SMALL_BYTES,
        small_probes: small?,
        large_bytes,
        large_probes: large?,
    })
}

/// Echoes in packets of `bytes`, headers included: IPv4 20 (RFC 791), IPv6 40 (RFC 8200), ICMP 8.
fn echo_of_size(context: &CheckContext, echo: &Target, bytes: u32) -> Option<ProbeBatch> {
    let headers = if echo.address.is_ipv4() { 28 } else { 48 };
    let payload = PayloadPlan {
        size: usize::try_from(bytes.saturating_sub(headers)).ok(),
        ..context.plan.payload.clone()
    };
    let sockets = SocketPlan {
        dont_fragment: true,
        ..context.plan.sockets.clone()
    };
    context.probe_with(echo.clone(), &sockets, &payload, TIMING)
}

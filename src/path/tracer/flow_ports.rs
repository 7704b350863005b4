//! Source ports of flows.

use crate::hosts::Target;
use crate::plan::PathPlan;
use crate::probe::free_ports;

/// One source port (or ICMP echo identifier) per flow: the chosen ones, or free ones. Fewer where not enough are left.
pub(super) fn flow_ports(target: &Target, plan: &PathPlan) -> Vec<u16> {
    let source = plan.sockets.source.as_ref();
    let chosen = source.and_then(|source| source.ports.clone());
    let count = usize::from(plan.flows);
    if let Some(first) = plan.source_port {
        return (first..=u16::MAX).take(count).collect();
    }
    if let Some(chosen) = chosen {
        return chosen.take(count).collect();
    }
    let address = source.map(|source| source.address);
    free_ports(target.protocol, target.address, address, count)
}

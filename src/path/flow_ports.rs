//! Which source ports flows have.

use crate::hosts::Target;
use crate::plan::PathPlan;
use crate::probe::free_ports;

/// A local port, or an identifier of ICMP echoes, for each flow: those that were chosen, or free ones. Fewer than wanted
/// where there are no more.
pub(super) fn flow_ports(target: &Target, plan: &PathPlan) -> Vec<u16> {
    let source = plan.sockets.source.as_ref();
    let chosen = source.and_then(|source| source.ports.clone());
    let wanted = usize::from(plan.flows);
    if let Some(first) = plan.port {
        return (first..=u16::MAX).take(wanted).collect();
    }
    if let Some(chosen) = chosen {
        return chosen.take(wanted).collect();
    }
    let from = source.map(|source| source.address);
    free_ports(target.protocol, target.address, from, wanted)
}

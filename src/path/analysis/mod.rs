//! Conclusions from the measurements of a path. Pure.

mod dead_flows;
mod ecmp;
mod hop_loss;
mod loss_count;
mod loss_onset;
mod merged_hops;
mod path_end;
mod rate_limit;
mod responder;
mod routing_loop;

use super::{FinalReply, Hop, Path};
use dead_flows::dead_flows;
use hop_loss::path_end_loss;
use loss_onset::find_loss_onset;
use path_end::find_path_end;
use rate_limit::rate_limited_hops;
use responder::find_responder;

pub use hop_loss::loss_per_hop;
pub use loss_count::LossCount;
pub use loss_onset::LossOnset;
pub use merged_hops::merged_hops;
pub use path_end::{PathEnd, describe_rejecting_hop};
pub use responder::Responder;
pub use routing_loop::RoutingLoop;
pub(super) use routing_loop::find_routing_loop;

/// Conclusions about a path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathAnalysis {
    /// Where the path ends.
    pub end: PathEnd,
    /// Hop distance of the responder compared with that of the host.
    pub responder: Option<Responder>,
    /// Further conclusions.
    pub notes: Vec<PathNote>,
}

impl PathAnalysis {
    /// TTLs of hops that rate-limit their ICMP errors.
    pub fn rate_limited(&self) -> &[u8] {
        let limited = self.notes.iter().find_map(|note| match note {
            PathNote::RateLimited(ttls) => Some(ttls.as_slice()),
            _ => None,
        });
        limited.unwrap_or_default()
    }
}

/// A further conclusion about a path.
#[derive(Clone, Debug, PartialEq)]
pub enum PathNote {
    /// These hops rate-limit their ICMP errors: they forward probes that they leave unanswered.
    RateLimited(Vec<u8>),
    /// Packet loss up to the path end.
    Loss {
        /// Hops between which it begins; absent where it could not be located.
        onset: Option<LossOnset>,
        /// Probes without a reply from the path end.
        lost: u64,
        /// Probes sent.
        sent: u64,
    },
    /// Missing replies of a path end that answers with ICMP errors: hosts and routers rate-limit these.
    RateLimitedEnd {
        /// Probes without a reply.
        lost: u64,
        /// Probes sent.
        sent: u64,
    },
    /// ECMP: flows take different paths after this hop.
    Divergence {
        /// Last common hop; 0: this machine.
        after: u8,
    },
    /// Source ports that never get a reply from the path end, while others do.
    DeadFlows(Vec<u16>),
    /// ECMP: the discovery sweep, with a source port per probe, met other routers than the flow.
    OtherRouters,
    /// DNAT: time exceeded at this hop came from the target's own address. The device forwards the probes to another
    /// machine or into a container.
    Dnat(u8),
}

/// Analyzes a path.
pub fn analyze(path: &Path) -> PathAnalysis {
    let hops = merged_hops(path);
    let end = find_path_end(path, &hops);
    PathAnalysis {
        responder: find_responder(path, &end),
        notes: notes(path, &hops, &end),
        end,
    }
}

fn notes(path: &Path, hops: &[Hop], end: &PathEnd) -> Vec<PathNote> {
    let end_loss = path_end_loss(path);
    let rate_limited = rate_limited_hops(path, end_loss);
    let dead_flows = if is_icmp_error(end) {
        Vec::new()
    } else {
        dead_flows(&path.flows)
    };
    let loss = loss_note(path, end, end_loss, &rate_limited).filter(|_| dead_flows.is_empty());
    let mut notes = Vec::new();
    if !rate_limited.is_empty() {
        notes.push(PathNote::RateLimited(rate_limited));
    }
    notes.extend(loss);
    notes.extend(ecmp::last_common_hop(&path.flows).map(|after| PathNote::Divergence { after }));
    if !dead_flows.is_empty() {
        notes.push(PathNote::DeadFlows(dead_flows));
    }
    if path.flows.len() == 1 && ecmp::discovery_met_other_routers(path, hops) {
        notes.push(PathNote::OtherRouters);
    }
    notes.extend(dnat_hop(path, hops).map(PathNote::Dnat));
    notes
}

fn loss_note(
    path: &Path,
    end: &PathEnd,
    LossCount { lost, sent }: LossCount,
    rate_limited: &[u8],
) -> Option<PathNote> {
    // All rounds may be lost while the discovery sweep got a reply.
    let end_replies = matches!(end, PathEnd::FinalReply { .. } | PathEnd::Rejected { .. });
    let is_loop = matches!(end, PathEnd::Loop(_));
    if lost == 0 || (lost == sent && !end_replies) || is_loop {
        return None;
    }
    Some(if is_icmp_error(end) {
        PathNote::RateLimitedEnd { lost, sent }
    } else {
        PathNote::Loss {
            onset: find_loss_onset(path, rate_limited),
            lost,
            sent,
        }
    })
}

/// Whether the path end answers with ICMP errors.
fn is_icmp_error(end: &PathEnd) -> bool {
    use FinalReply::PortUnreachable;
    matches!(
        end,
        PathEnd::Rejected { .. }
            | PathEnd::FinalReply {
                reply: PortUnreachable,
                ..
            }
    )
}

/// TTL of the hop that sends time exceeded from the target's address.
fn dnat_hop(path: &Path, hops: &[Hop]) -> Option<u8> {
    let target = Some(path.target.address.ip());
    hops.iter().find(|hop| hop.router() == target)?.ttl
}

#[cfg(test)]
mod tests;
